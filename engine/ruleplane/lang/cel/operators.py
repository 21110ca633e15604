"""What the operators mean, exactly: arithmetic, comparison, equality, membership, selection.

The interpreter calls these for every operator, compiled code where its guards do not hold. They raise
:class:`~ruleplane.lang.cel.source.CelError`, without position.
https://github.com/google/cel-spec/blob/master/doc/langdef.md#equality
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import copysign, inf, nan
from typing import Any, Final

from ruleplane.lang.cel.quantity import Quantity
from ruleplane.lang.cel.source import CelError, no_overload
from ruleplane.lang.cel.values import (
    INT_MAX,
    INT_MIN,
    MISSING,
    NONE,
    UINT_MAX,
    Duration,
    MixedMap,
    Optional,
    Timestamp,
    Uint,
    kind_of,
)

Operator = Callable[[Any, Any], Any]

TIME_MIN: Final = -62_135_596_800_000_000_000
TIME_MAX: Final = 253_402_300_799_999_999_999

# --- arithmetic -----------------------------------------------------------------------------------------------------


def checked_int(value: int) -> int:
    """``value`` if it fits an int64."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise CelError("integer overflow")


def checked_uint(value: int) -> Uint:
    """``value`` if it fits a uint64."""
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise CelError("unsigned integer overflow")


def timestamp_of(ns: int) -> Timestamp:
    """An instant within the years 1 to 9999."""
    if TIME_MIN <= ns <= TIME_MAX:
        return Timestamp(ns)
    raise CelError("timestamp out of range (years 1 to 9999)")


def duration_of(ns: int) -> Duration:
    """A span of at most about 292 years (an int64 of nanoseconds)."""
    if INT_MIN <= ns <= INT_MAX:
        return Duration(ns)
    raise CelError("duration out of range (int64 nanoseconds)")


def _quotient(a: int, b: int) -> int:
    if b == 0:
        raise CelError("divide by zero")
    return abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b))


def _remainder(a: int, b: int) -> int:
    if b == 0:
        raise CelError("modulus by zero")
    return abs(a) % abs(b) if a >= 0 else -(abs(a) % abs(b))


def _divide_floats(a: float, b: float) -> float:
    if b:
        return a / b
    if not a or a != a:
        return nan
    return copysign(inf, a) * copysign(1.0, b)


def _join_lists(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    return [*a, *b]


_ADD: Final[dict[tuple[str, str], Operator]] = {
    ("int", "int"): lambda a, b: checked_int(a + b),
    ("uint", "uint"): lambda a, b: checked_uint(int(a) + int(b)),
    ("double", "double"): operator.add,
    ("string", "string"): operator.add,
    ("bytes", "bytes"): operator.add,
    ("list", "list"): _join_lists,
    ("timestamp", "duration"): lambda a, b: timestamp_of(a.ns + b.ns),
    ("duration", "timestamp"): lambda a, b: timestamp_of(a.ns + b.ns),
    ("duration", "duration"): lambda a, b: duration_of(a.ns + b.ns),
    ("quantity", "quantity"): operator.add,
}
_SUBTRACT: Final[dict[tuple[str, str], Operator]] = {
    ("int", "int"): lambda a, b: checked_int(a - b),
    ("uint", "uint"): lambda a, b: checked_uint(int(a) - int(b)),
    ("double", "double"): operator.sub,
    ("timestamp", "timestamp"): lambda a, b: duration_of(a.ns - b.ns),
    ("timestamp", "duration"): lambda a, b: timestamp_of(a.ns - b.ns),
    ("duration", "duration"): lambda a, b: duration_of(a.ns - b.ns),
    ("quantity", "quantity"): operator.sub,
}
_MULTIPLY: Final[dict[tuple[str, str], Operator]] = {
    ("int", "int"): lambda a, b: checked_int(a * b),
    ("uint", "uint"): lambda a, b: checked_uint(int(a) * int(b)),
    ("double", "double"): operator.mul,
    ("quantity", "int"): Quantity.times,
    ("int", "quantity"): lambda a, b: b.times(a),
}
_DIVIDE: Final[dict[tuple[str, str], Operator]] = {
    ("int", "int"): lambda a, b: checked_int(_quotient(a, b)),
    ("uint", "uint"): lambda a, b: checked_uint(_quotient(int(a), int(b))),
    ("double", "double"): _divide_floats,
}
_MODULO: Final[dict[tuple[str, str], Operator]] = {
    ("int", "int"): _remainder,
    ("uint", "uint"): lambda a, b: checked_uint(_remainder(int(a), int(b))),
}


def _arithmetic(name: str, table: dict[tuple[str, str], Operator]) -> Operator:
    chosen: dict[tuple[type, type], Operator] = {}

    def choose(a: Any, b: Any) -> Operator:
        kinds = kind_of(a), kind_of(b)
        if kinds not in table:
            raise no_overload(name, *kinds)
        chosen[a.__class__, b.__class__] = table[kinds]
        return table[kinds]

    def apply(a: Any, b: Any) -> Any:
        return (chosen.get((a.__class__, b.__class__)) or choose(a, b))(a, b)

    apply.__doc__ = f"``a {name} b``."
    return apply


add = _arithmetic("+", _ADD)
subtract = _arithmetic("-", _SUBTRACT)
multiply = _arithmetic("*", _MULTIPLY)
divide = _arithmetic("/", _DIVIDE)
modulo = _arithmetic("%", _MODULO)


def negate(a: Any) -> Any:
    """``-a``."""
    kind = kind_of(a)
    if kind == "int":
        return checked_int(-a)
    if kind == "double" or kind == "quantity":
        return -a
    if kind == "duration":
        return duration_of(-a.ns)
    raise no_overload("-", kind)


# --- comparison -----------------------------------------------------------------------------------------------------

_PLAIN: Final = frozenset({int, str, bool, float, bytes, Uint, type(None), Timestamp, Duration, Quantity})
_NUMBERS: Final = frozenset({"int", "uint", "double"})
_ORDERED: Final = frozenset({"bool", "string", "bytes", "timestamp", "duration", "quantity", "semver"})


def _compare_numbers(compare: Operator, a: float, b: float) -> bool:
    """An int meets a double as a double: past 2**53 they may be equal though Python says otherwise."""
    if a.__class__ is float or b.__class__ is float:
        return bool(compare(float(a), float(b)))
    return bool(compare(a, b))


def equal(a: Any, b: Any) -> bool:
    """``a == b``: numbers by value across types, lists and maps by element, everything else within its type only.

    >>> equal(1, 1.0), equal(1, True), equal([1], (1,)), equal({"a": 1}, {"a": True})
    (True, False, True, False)
    """
    cls = a.__class__
    if cls is b.__class__ and cls in _PLAIN:
        return bool(a == b)
    kind, other = kind_of(a), kind_of(b)
    if kind != other:
        return kind in _NUMBERS and other in _NUMBERS and _compare_numbers(operator.eq, a, b)
    if kind == "list":
        return len(a) == len(b) and all(map(equal, a, b))
    if kind == "map":
        return len(a) == len(b) and all(equal(value, lookup(b, key)) for key, value in a.items())
    if kind == "optional":
        if a.content is MISSING or b.content is MISSING:
            return a.content is b.content
        return equal(a.content, b.content)
    return bool(a == b)


def _ordering(name: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    chosen: dict[tuple[type, type], Callable[[Any, Any], bool]] = {}

    def choose(a: Any, b: Any) -> Callable[[Any, Any], bool]:
        kind, other = kind_of(a), kind_of(b)
        if kind in _NUMBERS and other in _NUMBERS:
            picked = compare if kind == other else partial(_compare_numbers, compare)
        elif kind == other and kind in _ORDERED:
            picked = compare
        else:
            raise no_overload(name, kind, other)
        chosen[a.__class__, b.__class__] = picked
        return picked

    def apply(a: Any, b: Any) -> bool:
        return (chosen.get((a.__class__, b.__class__)) or choose(a, b))(a, b)

    apply.__doc__ = f"``a {name} b``."
    return apply


less = _ordering("<", operator.lt)
less_equal = _ordering("<=", operator.le)
greater = _ordering(">", operator.gt)
greater_equal = _ordering(">=", operator.ge)


def contains(element: Any, container: Any) -> bool:
    """``element in container``: an equal element of a list, or a key of a map."""
    kind = kind_of(container)
    if kind == "map" and (element.__class__ is str or kind_of(element) in _LOOKED_UP):
        return lookup(container, element) is not MISSING
    if kind != "list":
        raise no_overload("in", kind_of(element), kind)
    if element.__class__ is str:
        return element in container
    return any(equal(element, item) for item in container)


# --- selection ------------------------------------------------------------------------------------------------------

KEY_KINDS: Final = frozenset({"bool", "int", "uint", "string"})

_LOOKED_UP: Final = KEY_KINDS | {"double"}


def lookup(container: Any, key: Any) -> Any:
    """The value of a map at ``key``, or MISSING; numbers find each other across types, bools only bools."""
    cls = key.__class__
    if cls is str:
        return container.get(key, MISSING)
    kind = kind_of(key)
    if kind not in KEY_KINDS and kind != "double":
        return MISSING
    if container.__class__ is dict:
        if cls is bool:
            return next((value for other, value in container.items() if other is key), MISSING)
        if key in (0, 1):
            return next((v for k, v in container.items() if k == key and k.__class__ is not bool), MISSING)
    return container.get(key, MISSING)


def element_at(items: Sequence[Any], index: Any) -> Any:
    """The list element at an int, uint or whole double, or MISSING if there is none; an index of another type is an
    error.
    """
    kind = kind_of(index)
    if kind == "double" and index.is_integer():
        index, kind = int(index), "int"
    if kind not in ("int", "uint"):
        raise CelError(f"invalid list index: {kind}")
    return items[index] if 0 <= index < len(items) else MISSING


def find(container: Any, key: Any) -> Any:
    """What ``container[key]`` finds in a map or list, or MISSING; what can be no key (null, a list) is an error."""
    kind = kind_of(container)
    if kind == "map":
        if key.__class__ is not str and kind_of(key) not in _LOOKED_UP:
            raise no_overload("[]", kind, kind_of(key))
        return lookup(container, key)
    if kind == "list":
        return element_at(container, key)
    raise no_overload("[]", kind, kind_of(key))


def _absent(container: Any, key: Any) -> CelError:
    if kind_of(container) == "list":
        return CelError(f"index out of bounds: {key}")
    return CelError(f"no such key: {key}")


def index(container: Any, key: Any) -> Any:
    """``container[key]``; of an optional, an optional."""
    if container.__class__ is Optional:
        return optional_index(container, key)
    found = find(container, key)
    if found is MISSING:
        raise _absent(container, key)
    return found


def optional_index(container: Any, key: Any) -> Optional:
    """``container[?key]``."""
    if container.__class__ is Optional:
        if container.content is MISSING:
            return NONE
        container = container.content
    found = find(container, key)
    return NONE if found is MISSING else Optional(found)


def select(container: Any, field: str) -> Any:
    """``container.field``; of an optional, an optional."""
    if container.__class__ is dict:
        found = container.get(field, MISSING)
        if found is MISSING:
            raise CelError(f"no such key: {field}")
        return found
    if container.__class__ is Optional:
        return optional_select(container, field)
    if kind_of(container) != "map":
        raise CelError(f"type {kind_of(container)} has no fields (.{field})")
    return index(container, field)


def optional_select(container: Any, field: str) -> Optional:
    """``container.?field``."""
    if container.__class__ is Optional:
        if container.content is MISSING:
            return NONE
        container = container.content
    if kind_of(container) != "map":
        raise CelError(f"type {kind_of(container)} has no fields (.?{field})")
    found = container.get(field, MISSING)
    return NONE if found is MISSING else Optional(found)


def has_field(container: Any, field: str) -> bool:
    """``has(container.field)``."""
    return optional_select(container, field).content is not MISSING


# --- containers -----------------------------------------------------------------------------------------------------


def make_map(entries: Iterable[tuple[Any, Any]]) -> Mapping[Any, Any]:
    """A map of keys (bool, int, uint, string) to values; a repeated key (``1`` and ``1u`` are the same) is an error."""
    items = list(entries)
    kinds = {kind_of(key) for key, _ in items}
    if not kinds <= KEY_KINDS:
        raise CelError(f"unsupported key type: {', '.join(sorted(kinds - KEY_KINDS))}")
    mapping: Mapping[Any, Any] = MixedMap(items) if "bool" in kinds and kinds & _NUMBERS else dict(items)
    if len(mapping) < len(items):
        seen: list[Any] = []
        for key, _ in items:
            if any(equal(key, other) for other in seen):
                raise CelError(f"repeated key: {key}")
            seen.append(key)
    return mapping


def elements(container: Any) -> Iterable[Any]:
    """What a one-variable macro runs over: a list's elements, a map's keys."""
    if container.__class__ is list or kind_of(container) in ("list", "map"):
        return container  # type: ignore[no-any-return]
    raise no_overload("a macro", kind_of(container))


def pairs(container: Any) -> Iterable[tuple[Any, Any]]:
    """What a two-variable macro runs over: ``(index, element)`` of a list, ``(key, value)`` of a map."""
    kind = kind_of(container)
    if kind == "list":
        return enumerate(container)
    if kind == "map":
        return container.items()  # type: ignore[no-any-return]
    raise no_overload("a macro", kind)


BINARY: Final[dict[str, Operator]] = {
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": modulo,
    "_==_": equal,
    "_!=_": lambda a, b: not equal(a, b),
    "_<_": less,
    "_<=_": less_equal,
    "_>_": greater,
    "_>=_": greater_equal,
    "@in": contains,
    "_[_]": index,
    "_[?_]": optional_index,
}
"""The strict binary operators by internal name; ``&&``, ``||`` and ``?:`` are the interpreter's."""
