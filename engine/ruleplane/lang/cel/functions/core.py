"""The specification's functions on text, bytes and containers, and the type conversions.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.operators import checked_int, checked_uint
from ruleplane.lang.cel.regex import pattern
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.text import number_text
from ruleplane.lang.cel.values import Type, Uint, type_of

if TYPE_CHECKING:
    from collections.abc import Sized

_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DOUBLE: Final = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf(inity)?|nan)", re.ASCII | re.I
)
_TRUTH: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


@standard(
    *(f"size({kind}) -> int" for kind in ("string", "bytes", "list(T)", "map(K, V)")),
    *(f"({kind}).size() -> int" for kind in ("string", "bytes", "list(T)", "map(K, V)")),
)
def size(value: Sized) -> int:
    """Code points of a string, bytes, elements or keys.

    >>> size("héé"), size({"a": 1})
    (3, 1)
    """
    return len(value)


@standard("(string).contains(string) -> bool")
def contains(text: str, part: str) -> bool:
    """Whether ``part`` occurs in ``text``."""
    return part in text


@standard("(string).startsWith(string) -> bool")
def starts_with(text: str, prefix: str) -> bool:
    """Whether ``text`` begins with ``prefix``."""
    return text.startswith(prefix)


@standard("(string).endsWith(string) -> bool")
def ends_with(text: str, suffix: str) -> bool:
    """Whether ``text`` ends with ``suffix``."""
    return text.endswith(suffix)


@standard("matches(string, string) -> bool", "(string).matches(string) -> bool")
def matches(text: str, expression: str) -> bool:
    """Whether the RE2 expression is found anywhere in ``text``."""
    return pattern(expression).search(text) is not None


@standard("type(T) -> type(T)")
def type_function(value: Any) -> Type:
    """The type of a value."""
    return type_of(value)


@standard("dyn(T) -> dyn")
def dyn(value: Any) -> Any:
    """The value itself; tells the checker not to know its type."""
    return value


@standard("bool(bool) -> bool", "bool(string) -> bool")
def to_bool(value: bool | str) -> bool:
    """Of the texts that Go's ``strconv.ParseBool`` takes."""
    if isinstance(value, bool):
        return value
    if value not in _TRUTH:
        raise CelError(f"bool(): {value!r} is not a truth value")
    return _TRUTH[value]


@standard("int(int) -> int", "int(uint) -> int", "int(double) -> int", "int(string) -> int")
def to_int(value: float | str) -> int:
    """Of a number (rounded toward zero) or decimal text, if it fits an int64.

    >>> to_int(-1.9), to_int("42")
    (-1, 42)
    """
    if isinstance(value, float):
        # The bounds themselves are refused: a double that large may stand for an int beyond them.
        if not -(2.0**63) < value < 2.0**63:
            raise CelError(f"int(): {number_text(value)} is out of range")
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value) is None:
        raise CelError(f"int(): {value!r} is not an integer")
    return checked_int(int(value))


@standard("uint(int) -> uint", "uint(uint) -> uint", "uint(double) -> uint", "uint(string) -> uint")
def to_uint(value: float | str) -> Uint:
    """Of a number that is not negative, or decimal text."""
    if isinstance(value, float):
        if not 0.0 <= value < 2.0**64:
            raise CelError(f"uint(): {number_text(value)} is out of range")
        return Uint(int(value))
    if isinstance(value, str) and (_INTEGER.fullmatch(value) is None or value[0] in "+-"):
        raise CelError(f"uint(): {value!r} is not an unsigned integer")
    return checked_uint(int(value))


@standard("double(int) -> double", "double(uint) -> double", "double(double) -> double", "double(string) -> double")
def to_double(value: float | str) -> float:
    """Of a number or its text (``NaN`` and ``Infinity`` too)."""
    if isinstance(value, str) and _DOUBLE.fullmatch(value) is None:
        raise CelError(f"double(): {value!r} is not a number")
    return float(value)


@standard(*(f"string({kind}) -> string" for kind in ("string", "bool", "int", "uint", "double", "bytes")))
def to_string(value: Any) -> str:
    """The text of a scalar; bytes must be UTF-8.

    >>> to_string(1e20), to_string(True)
    ('1e+20', 'true')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise CelError("string(): these bytes are not UTF-8") from None
    return number_text(value)


@standard("bytes(bytes) -> bytes", "bytes(string) -> bytes")
def to_bytes(value: str | bytes) -> bytes:
    """The UTF-8 bytes of a text."""
    return value.encode() if isinstance(value, str) else value
