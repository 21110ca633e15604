"""The specification's wrapper messages (``google.protobuf.Int32Value{value: 1}``): plain values, checked for range.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#protocol-buffer-data-conversion
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import Uint

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZES: Final = {"Int32": (-(1 << 31), (1 << 31) - 1), "Int64": (-(1 << 63), (1 << 63) - 1)}
_UNSIGNED: Final = {"UInt32": (1 << 32) - 1, "UInt64": (1 << 64) - 1}


def _message(name: str, kind: str, result: str, convert: Callable[[Any], Any], empty: Any) -> None:
    standard(f"@google.protobuf.{name}({kind}) -> {result}")(convert)
    standard(f"@google.protobuf.{name}() -> {result}")(lambda: empty)


def _ranged(name: str, low: int, high: int) -> Callable[[int], int]:
    def convert(value: int) -> int:
        if not low <= value <= high:
            raise CelError(f"{name}Value: {value} is out of range")
        return value

    return convert


def _single(value: float) -> float:
    """Rounded to 32 bits."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


for _name, (_low, _high) in _SIZES.items():
    _message(f"{_name}Value", "int", "int", _ranged(_name, _low, _high), 0)
for _name, _high in _UNSIGNED.items():
    _message(f"{_name}Value", "uint", "uint", _ranged(_name, 0, _high), Uint(0))
_message("FloatValue", "double", "double", _single, 0.0)
_message("DoubleValue", "double", "double", lambda value: value, 0.0)
_message("BoolValue", "bool", "bool", lambda value: value, False)
_message("StringValue", "string", "string", lambda value: value, "")
_message("BytesValue", "bytes", "bytes", lambda value: value, b"")
_message("Value", "null", "dyn", lambda value: value, None)
