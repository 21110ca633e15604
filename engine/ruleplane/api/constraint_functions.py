"""Functions that the rules of ``validation.yaml`` have beside CEL's own: verbs over lists and maps, no kinds.

Each has a doctest that says all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.canonical import quantity_value
from ruleplane.lang.cel import Function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def without(value: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The map less some of its entries.

    >>> without({"a": 1, "b": 2}, ["b", "c"])
    {'a': 1}
    """
    return {key: one for key, one in value.items() if key not in names}


def repeated(items: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[int]:
    """The places of the elements whose fields ``names`` all equal an earlier one's; a missing field equals none.

    >>> repeated([{"n": 1}, {"n": 2}, {"n": 1}, {}, {}], ["n"])
    [2]
    """
    if len(items) < 2:
        return []
    seen: set[tuple[Any, ...]] = set()
    found = []
    for index, item in enumerate(items):
        key = tuple([item.get(name) for name in names])
        if key in seen:
            found.append(index)
        elif None not in key:
            seen.add(key)
    return found


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str] | None) -> bool:
    """Does a label selector match labels? One that is not there matches nothing, an empty one everything.

    >>> selects({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, {"a": "1"})
    True
    """
    if selector is None:
        return False
    labels = labels or {}
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_meets(one, labels) for one in selector.get("matchExpressions") or ())


def unmounted(
    volumes: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]], path: str
) -> list[dict[str, str]]:
    """The mounts (and devices) of containers that name no volume, as mistakes found below ``path``.

    >>> unmounted([{"name": "a"}], [{"volumeMounts": [{"name": "a"}, {"name": "b"}]}], "containers")
    [{'path': 'containers[0].volumeMounts[1].name', 'value': 'b'}]
    """
    names = {volume["name"] for volume in volumes}
    return [
        {"path": f"{path}[{at}].{field}[{index}].name", "value": mount["name"]}
        for at, container in enumerate(containers)
        for field in ("volumeMounts", "volumeDevices")
        for index, mount in enumerate(container.get(field) or ())
        if mount["name"] not in names
    ]


def exceeding(values: Mapping[str, Any], limits: Mapping[str, Any]) -> list[str]:
    """The keys of quantities that are over the limit of the same key.

    >>> exceeding({"cpu": "2", "memory": "64Mi"}, {"cpu": "1500m", "memory": "1Gi"})
    ['cpu']
    """
    return [
        key
        for key, one in values.items()
        if key in limits and one != limits[key] and quantity_value(one) > quantity_value(limits[key])
    ]


def same(one: Any, other: Any) -> bool:
    """Are two values alike? As ``==``, much faster on large ones; 1 and 1.0 and true are alike here.

    >>> same({"a": [1]}, {"a": [1]})
    True
    """
    return one is other or bool(one == other)


def total_size(values: Mapping[str, str]) -> int:
    """How many bytes a map of texts holds (those of base64 count as they are written).

    >>> total_size({"a": "xyz", "b": "é"})
    5
    """
    return sum(len(one) if one.isascii() else len(one.encode()) for one in values.values())


def _meets(requirement: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    operator, value = requirement["operator"], labels.get(requirement["key"])
    if operator in ("In", "NotIn"):
        listed: bool = value in (requirement.get("values") or ())
        return listed == bool(operator == "In")
    return (value is not None) == bool(operator == "Exists")


FUNCTIONS: dict[str, Function] = {
    function.__name__: Function(function.__name__, function)
    for function in (without, repeated, selects, unmounted, exceeding, same, total_size)
}
