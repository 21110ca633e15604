"""What the macros do to a whole list: sort, total, tally, group. Shared by the interpreter and compiled code.

Each takes elements and the values of the macro's expression over them, in the same order, and raises CelError for
values that cannot be compared or added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.operators import KEY_KINDS, add, checked_int, less, make_map
from ruleplane.lang.cel.source import CelError, no_overload
from ruleplane.lang.cel.values import MISSING, kind_of, kind_of_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_COMPARABLE: Final = frozenset({"bool", "string", "bytes", "timestamp", "duration", "quantity", "semver"})
_SCALARS: Final = frozenset({bool, int, float, str, bytes})
_NUMBERS: Final = frozenset({"int", "uint", "double"})


def sort_by(items: Iterable[Any], keys: list[Any]) -> list[Any]:
    """The items in ascending order of their keys; equal keys keep their order.

    >>> sort_by("abc", [[1, "y"], [0, "z"], [1, "x"]])
    ['b', 'c', 'a']
    """
    _check_comparable(keys)
    values = list(items)
    if not all(key.__class__ in _SCALARS for key in keys):
        keys = [_plain(key) for key in keys]
    return [values[at] for at in sorted(range(len(values)), key=keys.__getitem__)]


def _plain(key: Any) -> Any:
    """Lists that are no Python lists (views, tuples), made such: Python compares lists with lists only."""
    if key.__class__ in _SCALARS or kind_of(key) != "list":
        return key
    if key.__class__ is list and all(part.__class__ in _SCALARS for part in key):
        return key
    return [_plain(part) for part in key]


def _check_comparable(keys: Sequence[Any]) -> None:
    """Refuse what Python would order though the language does not (bools among numbers), or not in the same way."""
    classes = set(map(type, keys))
    if len(classes) == 1 and classes <= _SCALARS:
        return
    kinds = set(map(kind_of_class, classes))
    if kinds == {"list"}:
        lengths = set(map(len, keys))
        if len(lengths) == 1:
            for column in zip(*keys, strict=True):
                _check_comparable(column)
            return
        for place in range(max(lengths)):
            _check_comparable([key[place] for key in keys if place < len(key)])
    elif kinds and not kinds <= _NUMBERS and not (len(kinds) == 1 and kinds <= _COMPARABLE):
        raise no_overload("sortBy", *sorted(kinds))


def total(values: Iterable[Any]) -> Any:
    """The sum; 0 of nothing."""
    result: Any = MISSING
    for value in values:
        if result is MISSING:
            if kind_of(value) not in ("int", "uint", "double", "duration", "quantity"):
                raise no_overload("sum", kind_of(value))
            result = value
        else:
            result = add(result, value)
    return 0 if result is MISSING else result


def least(values: Sequence[Any]) -> Any:
    """The smallest; an error of nothing."""
    return _extreme("min", values, smallest=True)


def greatest(values: Sequence[Any]) -> Any:
    """The largest; an error of nothing."""
    return _extreme("max", values, smallest=False)


def _extreme(name: str, values: Sequence[Any], *, smallest: bool) -> Any:
    if not len(values):
        raise CelError(f"{name}() of an empty list")
    best: Any = MISSING
    for value in values:
        if best is MISSING:
            less(value, value)
            best = value
        elif less(value, best) if smallest else less(best, value):
            best = value
    return best


def tally(maps: Iterable[Mapping[Any, Any]]) -> dict[Any, Any]:
    """The maps summed key by key.

    >>> tally([{"a": 1, "b": 2}, {"a": 3}])
    {'a': 4, 'b': 2}
    """
    sums: dict[Any, Any] = {}
    for one in maps:
        if one.__class__ is not dict and kind_of(one) != "map":
            raise no_overload("tally", kind_of(one))
        for key, value in one.items():
            if key.__class__ is not str:
                raise CelError(f"tally(): keys must be strings, not {kind_of(key)}")
            known = sums.get(key, MISSING)
            if known is MISSING:
                if kind_of(value) not in ("int", "uint", "double", "duration", "quantity"):
                    raise no_overload("tally", kind_of(value))
                sums[key] = value
            elif known.__class__ is int and value.__class__ is int:
                sums[key] = checked_int(known + value)
            else:
                sums[key] = add(known, value)
    return sums


def group_by(items: Iterable[Any], keys: list[Any]) -> Mapping[Any, list[Any]]:
    """Key -> the items that have it, keys in order of first appearance.

    >>> group_by([1, 2, 3], ["odd", "even", "odd"])
    {'odd': [1, 3], 'even': [2]}
    """
    groups: dict[Any, tuple[Any, list[Any]]] = {}
    for item, key in zip(items, keys, strict=True):
        if key.__class__ is not str and kind_of(key) not in KEY_KINDS:
            raise CelError(f"unsupported key type: {kind_of(key)}")
        groups.setdefault((key.__class__ is bool, key), (key, []))[1].append(item)
    return make_map(groups.values())


def flatten(lists: Iterable[Any]) -> list[Any]:
    """The lists joined."""
    result: list[Any] = []
    for one in lists:
        if one.__class__ is not list and kind_of(one) != "list":
            raise no_overload("flatMap", kind_of(one))
        result.extend(one)
    return result


def merge_entries(maps: Iterable[Any]) -> Mapping[Any, Any]:
    """The maps joined (``transformMapEntry``); a key of two of them is an error."""
    items: list[tuple[Any, Any]] = []
    for one in maps:
        if kind_of(one) != "map":
            raise no_overload("transformMapEntry", kind_of(one))
        items.extend(one.items())
    return make_map(items)
