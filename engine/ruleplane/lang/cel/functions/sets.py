"""Lists as sets. https://pkg.go.dev/github.com/google/cel-go/ext#Sets"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.lang.cel.operators import contains
from ruleplane.lang.cel.registry import standard

if TYPE_CHECKING:
    from collections.abc import Sequence


@standard("sets.contains(list(T), list(T)) -> bool")
def contains_all(items: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether every element of ``wanted`` is in ``items``."""
    return all(contains(item, items) for item in wanted)


@standard("sets.equivalent(list(T), list(T)) -> bool")
def equivalent(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Whether each contains the other."""
    return contains_all(a, b) and contains_all(b, a)


@standard("sets.intersects(list(T), list(T)) -> bool")
def intersects(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Whether they share an element.

    >>> intersects([1, 2], [2.0])
    True
    """
    return any(contains(item, b) for item in a)
