"""The canonical text of quantities and times: how Kubernetes stores what clients may write in several ways.

https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

from ruleplane.clock import parse_rfc3339, rfc3339, rfc3339_micro

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+|)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_NANO = Decimal("1e-9")


def quantity_text(value: str | float) -> str:
    """The canonical text of a quantity: no fraction, the greatest suffix that allows that, its own kind of suffix.

    Raises:
        ValueError: it is none.

    >>> [quantity_text(one) for one in (0.5, "1000m", "1024Mi", "1.5Gi", "1e3")]
    ['500m', '1', '1Gi', '1536Mi', '1e3']
    """
    amount, suffix = _read(value)
    if suffix in _BINARY:
        return _binary(amount)
    exponent = suffix[:1] in ("e", "E") and suffix != "E"
    return _decimal(amount.quantize(_NANO, rounding=ROUND_UP) if amount % _NANO else amount, exponent=exponent)


@lru_cache(maxsize=4096)
def quantity_value(value: str | float) -> Decimal:
    """How much a quantity is. Raises ValueError where it is none.

    >>> quantity_value("1Ki") == quantity_value("1.024k") == 1024
    True
    """
    return _read(value)[0]


def _read(value: str | float) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(value if isinstance(value, str) else repr(value))
    if match is None:
        raise ValueError(_BAD_QUANTITY)
    number, suffix = Decimal(match[1]), match[2]
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix], suffix
    exponent = suffix[:1] in ("e", "E") and suffix != "E"
    return number.scaleb(int(suffix[1:]) if exponent else _DECIMAL[suffix]), suffix


def _binary(amount: Decimal) -> str:
    if amount % 1:
        amount = amount.to_integral_value(rounding=ROUND_UP)
    if -1024 < amount < 1024:
        return _decimal(amount, exponent=False)  # too small for a binary suffix
    number, power = int(amount), 0
    while number and number % 1024 == 0 and power < 6:
        number, power = number // 1024, power + 1
    return f"{number}{('', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei')[power]}"


def _decimal(amount: Decimal, *, exponent: bool) -> str:
    if not amount:
        return "0"
    power = 18
    while amount.scaleb(-power) % 1:
        power -= 3
    number = int(amount.scaleb(-power))
    if exponent:
        return f"{number}e{power}" if power else str(number)
    return f"{number}{next(name for name, one in _DECIMAL.items() if one == power)}"


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
