"""Kubernetes' quantity library. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library

Beyond it, quantities also take ``+ - * < <= > >=`` (operators.py).
"""

from __future__ import annotations

from ruleplane.lang.cel.quantity import Quantity
from ruleplane.lang.cel.quantity import quantity as parse
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError


@standard("quantity(string) -> quantity")
def quantity(text: str) -> Quantity:
    """Of text such as ``500m`` or ``1Gi``."""
    try:
        return parse(text)
    except ValueError as error:
        raise CelError(f"quantity(): {error}") from None


@standard("quantity(int) -> quantity")
def whole_quantity(units: int) -> Quantity:
    """Of whole units: JSON has them as numbers too."""
    return parse(str(units))


@standard("quantity(quantity) -> quantity")
def unchanged(value: Quantity) -> Quantity:
    """The same quantity."""
    return value


@standard("isQuantity(string) -> bool")
def is_quantity(text: str) -> bool:
    """Whether the text is a quantity."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


@standard("string(quantity) -> string")
def text(value: Quantity) -> str:
    """The canonical text."""
    return str(value)


@standard("(quantity).sign() -> int", "sign(quantity) -> int")
def sign(value: Quantity) -> int:
    """-1, 0 or 1."""
    return value.sign


@standard("(quantity).isInteger() -> bool")
def is_integer(value: Quantity) -> bool:
    """Whether asInteger() would give a value."""
    return value.as_integer() is not None


@standard("(quantity).asInteger() -> int")
def as_integer(value: Quantity) -> int:
    """Whole units; an error if there are fractions or it does not fit an int."""
    whole = value.as_integer()
    if whole is None:
        raise CelError(f"asInteger(): {value} is no int")
    return whole


@standard("(quantity).asApproximateFloat() -> double")
def as_float(value: Quantity) -> float:
    """The nearest double."""
    return value.as_float()


@standard("(quantity).add(quantity) -> quantity")
def add(a: Quantity, b: Quantity) -> Quantity:
    """The sum."""
    return a + b


@standard("(quantity).add(int) -> quantity")
def add_units(a: Quantity, units: int) -> Quantity:
    """The sum with whole units."""
    return a + parse(str(units))


@standard("(quantity).sub(quantity) -> quantity")
def sub(a: Quantity, b: Quantity) -> Quantity:
    """The difference."""
    return a - b


@standard("(quantity).sub(int) -> quantity")
def sub_units(a: Quantity, units: int) -> Quantity:
    """The difference from whole units."""
    return a - parse(str(units))


@standard("(quantity).isLessThan(quantity) -> bool")
def is_less_than(a: Quantity, b: Quantity) -> bool:
    """``a < b``."""
    return a < b


@standard("(quantity).isGreaterThan(quantity) -> bool")
def is_greater_than(a: Quantity, b: Quantity) -> bool:
    """``a > b``."""
    return a > b


@standard("(quantity).compareTo(quantity) -> int")
def compare_to(a: Quantity, b: Quantity) -> int:
    """-1, 0 or 1."""
    return (a > b) - (a < b)
