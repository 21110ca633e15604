"""Kubernetes quantities (``500m``, ``1Gi``, ``1e3``): exact, immutable, fast.

A value is an integer count of nano-units with the suffix family it was written in, as
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ describes: digits past the ninth
decimal round away from zero, and the canonical text is the one Kubernetes prints. Parsing is cached: a cluster has
few distinct texts.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Any, ClassVar, Final

from ruleplane.lang.cel.values import INT_MAX, INT_MIN

NANO: Final = 1_000_000_000
_QUANTITY = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?[0-9]+))?", re.ASCII
)
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_LIMIT: Final = INT_MAX * NANO


class Family(IntEnum):
    """Which suffixes a quantity is printed with."""

    DECIMAL = 0
    BINARY = 1
    EXPONENT = 2


class Quantity:
    """An exact number of nano-units. Compares and adds among quantities only.

    >>> a, b = quantity("1500m"), quantity("0.5")
    >>> str(a + b), a > b, str(quantity("1Gi") - quantity("512Mi"))
    ('2', True, '512Mi')
    """

    __slots__ = ("family", "nano")
    cel_kind: ClassVar[str] = "quantity"

    def __init__(self, nano: int, family: Family = Family.DECIMAL) -> None:
        self.nano = nano
        self.family = family

    def __add__(self, other: Any) -> Quantity:
        if other.__class__ is not Quantity:
            return NotImplemented
        return Quantity(self.nano + other.nano, self.family if self.nano else other.family)

    def __sub__(self, other: Any) -> Quantity:
        if other.__class__ is not Quantity:
            return NotImplemented
        return Quantity(self.nano - other.nano, self.family if self.nano else other.family)

    def __neg__(self) -> Quantity:
        return Quantity(-self.nano, self.family)

    def times(self, factor: int) -> Quantity:
        """``factor`` times as much."""
        return Quantity(self.nano * factor, self.family)

    def __eq__(self, other: object) -> bool:
        return other.__class__ is Quantity and other.nano == self.nano

    def __hash__(self) -> int:
        return hash((Quantity, self.nano))

    def __lt__(self, other: Any) -> bool:
        return bool(self.nano < other.nano) if other.__class__ is Quantity else NotImplemented

    def __le__(self, other: Any) -> bool:
        return bool(self.nano <= other.nano) if other.__class__ is Quantity else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return bool(self.nano > other.nano) if other.__class__ is Quantity else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return bool(self.nano >= other.nano) if other.__class__ is Quantity else NotImplemented

    def __repr__(self) -> str:
        return f"quantity({str(self)!r})"

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.nano > 0) - (self.nano < 0)

    def as_integer(self) -> int | None:
        """Whole units as an int64, or None if there are fractions or it does not fit."""
        whole, rest = divmod(self.nano, NANO)
        # The largest int is what greater numbers were cut down to: as Kubernetes, never take it for exact.
        return whole if rest == 0 and INT_MIN < whole < INT_MAX else None

    def as_float(self) -> float:
        """Units as the nearest double."""
        return self.nano / NANO

    def __str__(self) -> str:
        """The canonical text: no fraction, the largest suffix that allows that.

        >>> [str(quantity(t)) for t in ("0.1", "1024Ki", "1000", "1e3", "1.5Gi", "0.5Ki", "-2000m", "123456789")]
        ['100m', '1Mi', '1k', '1e3', '1536Mi', '512', '-2', '123456789']
        """
        if not self.nano:
            return "0"
        number, minus = abs(self.nano), "-" if self.nano < 0 else ""
        whole, rest = divmod(number, NANO)
        if self.family is Family.BINARY and rest == 0 and whole >= 1024:
            level = 0
            while level < 6 and whole % 1024 == 0:
                whole //= 1024
                level += 1
            return f"{minus}{whole}{_BINARY_SUFFIX[level]}"
        exponent = -9
        while exponent < 18 and number % 1000 == 0:
            number //= 1000
            exponent += 3
        if self.family is Family.EXPONENT:
            return f"{minus}{number}e{exponent}" if exponent else f"{minus}{number}"
        return f"{minus}{number}{_DECIMAL_SUFFIX[exponent]}"


@lru_cache(maxsize=65_536)
def quantity(text: str) -> Quantity:
    """Parse a quantity; ValueError says what was not understood.

    >>> quantity("1Mi").nano // NANO
    1048576
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"{text!r} is not a quantity (such as 500m, 2, 1.5Gi or 1e3)")
    sign, whole, fraction, binary, decimal, exponent = match.groups()
    digits, places = int((whole or "") + (fraction or "") or "0"), len(fraction or "")
    if exponent is not None and abs(int(exponent)) > 1000:
        raise ValueError(f"{text!r}: the exponent of a quantity must lie within 1000")
    power = 9 - places + (int(exponent) if exponent is not None else _DECIMAL[decimal or ""])
    scaled = digits << _BINARY[binary] if binary else digits
    # Digits past the ninth round up (away from zero), as Kubernetes does.
    nano = scaled * 10**power if power >= 0 else -(-scaled // 10**-power)
    # Kubernetes caps what does not fit an int64 of units.
    nano = min(nano, _LIMIT)
    family = Family.BINARY if binary else Family.EXPONENT if exponent is not None else Family.DECIMAL
    return Quantity(-nano if sign == "-" else nano, family)
