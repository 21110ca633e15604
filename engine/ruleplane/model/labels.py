"""Label selectors as objects hold them (``metav1.LabelSelector``): do these labels match?

Not here: the text form that requests carry (``api/selectors.py``).
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_selector(value: Mapping[str, Any]) -> bool:
    """Whether a map is a LabelSelector rather than a plain map of labels (a Service's selector, for one)."""
    return "matchLabels" in value or "matchExpressions" in value


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, Any] | None) -> bool:
    """Whether ``labels`` match ``selector``: a LabelSelector, or a plain map that means ``matchLabels``.

    An absent selector matches nothing, an empty one everything. Raises EvaluationError for an unknown operator.

    >>> matches({"matchLabels": {"app": "web"}}, {"app": "web", "tier": "front"})
    True
    >>> matches({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, {})
    True
    """
    if selector is None:
        return False
    labels = labels or {}
    if not is_selector(selector):
        return all(labels.get(key) == value for key, value in selector.items())
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_meets(requirement, labels) for requirement in selector.get("matchExpressions") or ())


def _meets(requirement: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, operator = str(requirement.get("key")), requirement.get("operator")
    values: list[Any] = requirement.get("values") or []
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator in ("Gt", "Lt"):  # node selectors only
        try:
            have, bound = int(labels[key]), int(values[0])
        except (KeyError, ValueError, IndexError, TypeError):
            return False
        return have > bound if operator == "Gt" else have < bound
    raise EvaluationError(f"label selector: operator {operator!r} is not one of In, NotIn, Exists, DoesNotExist")


def bucket_of(selector: Mapping[str, Any]) -> tuple[str, ...]:
    """The narrowest label bucket that holds everything the selector matches: (key, value), (key,), or () for all.

    >>> bucket_of({"app": "web"})
    ('app', 'web')
    >>> bucket_of({"matchExpressions": [{"key": "app", "operator": "Exists"}]})
    ('app',)
    """
    plain = selector if not is_selector(selector) else selector.get("matchLabels") or {}
    if plain:
        key = min(plain)
        return key, plain[key]
    for requirement in selector.get("matchExpressions") or ():
        if requirement.get("operator") == "In" and len(requirement.get("values") or ()) == 1:
            return requirement["key"], requirement["values"][0]
    for requirement in selector.get("matchExpressions") or ():
        if requirement.get("operator") in ("In", "Exists"):
            return (requirement["key"],)
    return ()


def buckets_of(labels: Mapping[str, Any] | None) -> list[tuple[str, ...]]:
    """Every bucket that an object with these labels lies in."""
    found: list[tuple[str, ...]] = [()]
    for key, value in (labels or {}).items():
        found.append((key,))
        found.append((key, value))
    return found
