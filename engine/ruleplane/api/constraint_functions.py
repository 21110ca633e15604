"""Functions that the rules of ``validation.yaml`` have beside CEL's own: verbs over lists and maps, no kinds.

Each has a doctest that says all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.canonical import quantity_value
from ruleplane.api.schema_mistakes import schema_mistakes
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


def dangling(
    holder: Mapping[str, Any], lists: Sequence[str], inner: Sequence[str], targets: str
) -> list[dict[str, str]]:
    """The references by name that name nothing: in the ``inner`` lists of the elements of ``holder``'s ``lists``, to
    elements of its list ``targets``.

    >>> dangling({"volumes": [{"name": "a"}], "boxes": [{"mounts": [{"name": "a"}, {"name": "b"}]}]},
    ...          ["boxes"], ["mounts"], "volumes")
    [{'path': 'boxes[0].mounts[1].name', 'value': 'b'}]
    """
    names: set[str] | None = None
    found: list[dict[str, str]] = []
    for field in lists:
        for at, element in enumerate(holder.get(field) or ()):
            for below in inner:
                references = element.get(below)
                if not references:
                    continue
                if names is None:
                    names = {target["name"] for target in holder.get(targets) or ()}
                for index, one in enumerate(references):
                    if one["name"] not in names:
                        found.append({"path": f"{field}[{at}].{below}[{index}].name", "value": one["name"]})
    return found


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
    for function in (without, repeated, selects, dangling, exceeding, same, schema_mistakes, total_size)
}
