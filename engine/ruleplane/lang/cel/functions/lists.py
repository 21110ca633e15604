"""cel-go's list extension and Kubernetes' list library.

https://pkg.go.dev/github.com/google/cel-go/ext#Lists and
https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ruleplane.lang.cel.aggregate import greatest, least, sort_by, total
from ruleplane.lang.cel.operators import equal, less_equal
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@standard("(list(T)).isSorted() -> bool")
def is_sorted(items: Sequence[Any]) -> bool:
    """Whether no element is greater than the next.

    >>> is_sorted([1, 1, 2]), is_sorted(["b", "a"])
    (True, False)
    """
    return all(less_equal(a, b) for a, b in pairwise(items))


@standard("(list(T)).sum() -> T")
def sum_of(items: Sequence[Any]) -> Any:
    """The sum of numbers, durations or quantities; 0 of nothing."""
    return total(items)


@standard("(list(T)).min() -> T")
def min_of(items: Sequence[Any]) -> Any:
    """The least; an error of an empty list."""
    return least(items)


@standard("(list(T)).max() -> T")
def max_of(items: Sequence[Any]) -> Any:
    """The greatest; an error of an empty list."""
    return greatest(items)


@standard("(list(T)).indexOf(T) -> int")
def index_of(items: Sequence[Any], item: Any) -> int:
    """Where an equal element first stands; -1 if nowhere."""
    return next((at for at, other in enumerate(items) if equal(item, other)), -1)


@standard("(list(T)).lastIndexOf(T) -> int")
def last_index_of(items: Sequence[Any], item: Any) -> int:
    """Where an equal element last stands; -1 if nowhere."""
    return next((at for at in range(len(items) - 1, -1, -1) if equal(item, items[at])), -1)


@standard("(list(T)).distinct() -> list(T)")
def distinct(items: Sequence[Any]) -> list[Any]:
    """Every element once, in order of first appearance.

    >>> distinct([1, True, 1.0, "a", "a"])
    [1, True, 'a']
    """
    seen: set[str] = set()
    result: list[Any] = []
    others: list[Any] = []
    for item in items:
        if item.__class__ is str:
            if item not in seen:
                seen.add(item)
                result.append(item)
        elif not any(equal(item, other) for other in others):
            others.append(item)
            result.append(item)
    return result


@standard("(list(T)).flatten() -> list(dyn)", "(list(T)).flatten(int) -> list(dyn)")
def flatten(items: Sequence[Any], depth: int = 1) -> list[Any]:
    """Lists within replaced by their elements, ``depth`` levels down."""
    if depth < 0:
        raise CelError(f"flatten(): negative depth {depth}")
    result: list[Any] = []
    for item in items:
        if depth and kind_of(item) == "list":
            result.extend(flatten(item, depth - 1))
        else:
            result.append(item)
    return result


@standard("lists.range(int) -> list(int)")
def range_of(count: int) -> list[int]:
    """0, 1, … up to, not including, ``count``."""
    if count > 1_000_000:
        raise CelError(f"lists.range(): {count} elements are too many")
    return list(range(count))


@standard("(list(T)).reverse() -> list(T)")
def reverse(items: Sequence[Any]) -> list[Any]:
    """In reverse order."""
    return [items[at] for at in range(len(items) - 1, -1, -1)]


@standard("(list(T)).slice(int, int) -> list(T)")
def part(items: Sequence[Any], start: int, end: int) -> list[Any]:
    """From ``start`` up to, not including, ``end``."""
    if not 0 <= start <= end <= len(items):
        raise CelError(f"slice({start}, {end}) of a list of {len(items)}")
    return [items[at] for at in range(start, end)]


@standard("(list(T)).sort() -> list(T)")
def sort(items: Sequence[Any]) -> list[Any]:
    """In ascending order; stable."""
    return sort_by(items, list(items))
