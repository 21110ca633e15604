"""How numbers are written as text.

Go's ``strconv.FormatFloat(x, 'g', -1, 64)`` with CEL's names for what is no number.
"""

from __future__ import annotations

from decimal import Decimal
from math import isinf, isnan


def number_text(value: float) -> str:
    """The text of a bool, int, uint or double: the shortest that reads back the same.

    >>> [number_text(v) for v in (True, 3, 1.0, 0.1, 1234567.0, -4.5e-3, 1e-7, float("inf"))]
    ['true', '3', '1', '0.1', '1.234567e+06', '-0.0045', '1e-07', '+Inf']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    places = len(digits) + int(exponent) - 1
    text = "".join(map(str, digits)).rstrip("0") or "0"
    minus = "-" if sign else ""
    if text != "0" and not -4 <= places < 6:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{'-' if places < 0 else '+'}{abs(places):02d}"
    return minus + format(abs(Decimal(repr(value))), "f").removesuffix(".0")
