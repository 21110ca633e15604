"""cel-go's math extension: extremes, rounding, signs, bits.

https://pkg.go.dev/github.com/google/cel-go/ext#Math
"""

from __future__ import annotations

from math import ceil, floor, isfinite, isinf, isnan, sqrt, trunc
from typing import TYPE_CHECKING, Any

from ruleplane.lang.cel.operators import checked_int, less
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError, no_overload
from ruleplane.lang.cel.values import UINT_MAX, Uint, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = ("int", "uint", "double")


def _extreme(name: str, better: Callable[[Any, Any], bool]) -> None:
    """``math.name(a, …)`` and ``math.name([a, …])``, declared for up to eight operands."""

    def pick(*values: Any) -> Any:
        if len(values) == 1 and kind_of(values[0]) == "list":
            values = tuple(values[0])
            if not values:
                raise CelError(f"{name}() of an empty list")
        for value in values:
            if kind_of(value) not in _NUMBERS:
                raise no_overload(name, kind_of(value))
        best = values[0]
        for value in values[1:]:
            if better(value, best):
                best = value
        return best

    standard(*(f"{name}({', '.join(['dyn'] * count)}) -> dyn" for count in range(1, 9)))(pick)


_extreme("math.greatest", lambda value, best: less(best, value))
_extreme("math.least", less)


def _rounding(name: str, whole: Callable[[float], float]) -> None:
    def apply(value: float) -> float:
        return float(whole(value)) if isfinite(value) else value

    standard(f"math.{name}(double) -> double")(apply)


def _round_half_away(value: float) -> float:
    result = trunc(value)
    return result + (1 if value > 0 else -1) if abs(value - result) >= 0.5 else result


_rounding("ceil", ceil)
_rounding("floor", floor)
_rounding("trunc", trunc)
_rounding("round", _round_half_away)


@standard("math.abs(int) -> int", "math.abs(uint) -> uint", "math.abs(double) -> double")
def absolute(value: float) -> float:
    """The magnitude; an overflow for the least int."""
    if value.__class__ is int:
        return checked_int(abs(value))
    return value if value.__class__ is Uint else abs(value)


@standard("math.sign(int) -> int", "math.sign(uint) -> uint", "math.sign(double) -> double")
def sign(value: float) -> float:
    """-1, 0 or 1, in the operand's type."""
    if value != value:
        return value
    result = (value > 0) - (value < 0)
    return type(value)(result)


@standard("math.sqrt(int) -> double", "math.sqrt(uint) -> double", "math.sqrt(double) -> double")
def square_root(value: float) -> float:
    """The square root; NaN of what is negative."""
    return sqrt(value) if value >= 0 else float("nan")


@standard("math.isNaN(double) -> bool")
def is_nan(value: float) -> bool:
    """Whether it is no number."""
    return isnan(value)


@standard("math.isInf(double) -> bool")
def is_inf(value: float) -> bool:
    """Whether it is an infinity."""
    return isinf(value)


@standard("math.isFinite(double) -> bool")
def is_finite(value: float) -> bool:
    """Whether it is neither NaN nor an infinity."""
    return isfinite(value)


def _bits(name: str, combine: Callable[[int, int], int]) -> None:
    standard(f"math.{name}(int, int) -> int")(combine)
    standard(f"math.{name}(uint, uint) -> uint")(lambda a, b: Uint(combine(int(a), int(b))))


_bits("bitAnd", int.__and__)
_bits("bitOr", int.__or__)
_bits("bitXor", int.__xor__)


@standard("math.bitNot(int) -> int")
def bit_not(value: int) -> int:
    """All bits flipped."""
    return ~value


@standard("math.bitNot(uint) -> uint")
def bit_not_unsigned(value: Uint) -> Uint:
    """All 64 bits flipped."""
    return Uint(int(value) ^ UINT_MAX)


def _shift(value: int, by: int, *, left: bool) -> int:
    """64-bit shift without sign extension; the bits of an int are read as Go's uint64."""
    if by < 0:
        raise CelError(f"math.bitShift{'Left' if left else 'Right'}() negative offset: {by}")
    bits = int(value) & UINT_MAX
    shifted = (bits << by if by < 64 else 0) & UINT_MAX if left else bits >> min(by, 64)
    if value.__class__ is Uint:
        return Uint(shifted)
    return shifted - (1 << 64) if shifted >> 63 else shifted


@standard("math.bitShiftLeft(int, int) -> int", "math.bitShiftLeft(uint, int) -> uint")
def shift_left(value: int, by: int) -> int:
    """Bits moved up; what leaves 64 bits is lost."""
    return _shift(value, by, left=True)


@standard("math.bitShiftRight(int, int) -> int", "math.bitShiftRight(uint, int) -> uint")
def shift_right(value: int, by: int) -> int:
    """Bits moved down, zeros in from above."""
    return _shift(value, by, left=False)
