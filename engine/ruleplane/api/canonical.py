"""The canonical text of quantities and times: how Kubernetes stores what clients may write in several ways.

https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

from __future__ import annotations

import re
from functools import lru_cache

from ruleplane.clock import parse_rfc3339, rfc3339, rfc3339_micro

_QUANTITY = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+|)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_SUFFIXES = {power: name for name, power in _DECIMAL.items()}
_BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_ONE = 10**9  # amounts are counted in billionths, the smallest there are
_MOST = ((1 << 63) - 1) * _ONE
_DIGITS = 400  # nobody means more


def quantity_text(value: str | float) -> str:
    """The canonical text of a quantity: no fraction, the greatest suffix that allows that, its own kind of suffix.

    Raises:
        ValueError: it is none.

    >>> [quantity_text(one) for one in (0.5, "1000m", "1024Mi", "1.5Gi", "1e3", "0.1n", "1e99")]
    ['500m', '1', '1Gi', '1536Mi', '1e3', '1n', '9223372036854775807']
    """
    amount, suffix = _read(value)
    if suffix[1:] == "i":
        return _binary(amount)
    return _decimal(amount, exponent=len(suffix) > 1)


@lru_cache(maxsize=4096)
def quantity_value(value: str | float) -> int:
    """How much a quantity is, in billionths. Raises ValueError where it is none.

    >>> quantity_value("1Ki") == quantity_value("1.024k") == 1024 * 10**9
    True
    """
    return _read(value)[0]


def _read(value: str | float) -> tuple[int, str]:
    """The amount, rounded away from zero and no greater than can be, and the suffix as written."""
    match = _QUANTITY.fullmatch(value if isinstance(value, str) else repr(value))
    if match is None or not 0 < len(match[2]) + len(match[3]) <= _DIGITS or len(match[4]) > _DIGITS:
        raise ValueError(_BAD_QUANTITY)
    sign, suffix = -1 if match[1] == "-" else 1, match[4]
    digits = int(match[2] + match[3])
    if suffix[1:] == "i":
        digits *= 1024 ** _BINARY.index(suffix)
        power = 0
    else:
        power = int(suffix[1:]) if len(suffix) > 1 else _DECIMAL[suffix]
    power += 9 - len(match[3])
    if not digits:
        return 0, suffix
    if power >= 0:
        amount = _MOST if power > 2 * _DIGITS else digits * 10**power
    else:
        amount = 1 if power < -2 * _DIGITS else -(-digits // 10**-power)
    return sign * min(amount, _MOST), suffix


def _binary(amount: int) -> str:
    if -1024 * _ONE < amount < 1024 * _ONE:
        return _decimal(amount, exponent=False)  # too small for a binary suffix
    number, power = -(-abs(amount) // _ONE), 0
    while number % 1024 == 0 and power < 6:
        number, power = number // 1024, power + 1
    return f"{'-' if amount < 0 else ''}{number}{_BINARY[power]}"


def _decimal(amount: int, *, exponent: bool) -> str:
    if not amount:
        return "0"
    power = -9
    while power < 18 and amount % 1000 == 0:
        amount, power = amount // 1000, power + 3
    if exponent:
        return f"{amount}e{power}" if power else str(amount)
    return f"{amount}{_SUFFIXES[power]}"


def time_text(value: str, *, micro: bool) -> str:
    """The canonical text of a time: UTC, whole seconds or six digits.

    Raises:
        ValueError: it is none, in the words of Kubernetes' decoder.

    >>> time_text("2026-01-01T01:00:00.5+01:00", micro=False)
    '2026-01-01T00:00:00Z'
    """
    try:
        instant = parse_rfc3339(value)
    except ValueError:
        layout = "2006-01-02T15:04:05.000000Z07:00" if micro else "2006-01-02T15:04:05Z07:00"
        raise ValueError(f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"') from None
    return rfc3339_micro(instant) if micro else rfc3339(instant)
