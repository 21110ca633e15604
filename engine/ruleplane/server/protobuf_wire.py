"""The wire format of protobuf: numbers, chunks and the scalars that they stand for.

Nothing of Kubernetes is here; :mod:`ruleplane.server.protobuf` reads messages with it. Every function raises
:class:`ProtobufError` where the bytes are damaged. https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ProtobufError(ValueError):
    """The bytes are not a message of this type."""


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """An unsigned integer of up to 64 bits at ``at``, and where it ends."""
    result = shift = 0
    while True:
        if at >= len(data):
            raise ProtobufError("unexpected EOF")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise ProtobufError("integer overflow")


def chunk(data: memoryview, at: int) -> tuple[memoryview, int]:
    """A length-delimited value at ``at``, and where it ends."""
    size, at = varint(data, at)
    end = at + size
    if end > len(data):
        raise ProtobufError("unexpected EOF")
    return data[at:end], end


def read_value(data: memoryview, at: int, wire: int) -> tuple[int | memoryview, int]:
    """One value of any wire type: varints as unsigned integers, everything else as its bytes."""
    if wire == 0:
        return varint(data, at)
    if wire == 2:
        return chunk(data, at)
    size = {1: 8, 5: 4}.get(wire)
    if size is None:
        raise ProtobufError(f"illegal wire type {wire}")
    if at + size > len(data):
        raise ProtobufError("unexpected EOF")
    return data[at : at + size], at + size


def signed(value: int | memoryview) -> int:
    """A varint as a signed 64-bit integer."""
    if not isinstance(value, int):
        raise ProtobufError("an integer was expected")
    return value - (1 << 64) if value >> 63 else value


def as_bytes(value: int | memoryview) -> memoryview:
    """A length-delimited value."""
    if isinstance(value, int):
        raise ProtobufError("a length-delimited value was expected")
    return value


def text(value: int | memoryview) -> str:
    """A string; ProtobufError where it is not UTF-8."""
    try:
        return str(as_bytes(value), "utf-8")
    except UnicodeDecodeError as error:
        raise ProtobufError(f"invalid UTF-8 in a string: {error.reason}") from None


def boolean(value: int | memoryview) -> bool:
    """Any varint but 0."""
    return signed(value) != 0


def double(value: int | memoryview) -> float:
    """A 64-bit float; whole numbers as integers, as JSON has them."""
    data = as_bytes(value)
    if len(data) != 8:
        raise ProtobufError("a 64-bit value was expected")
    number: float = struct.unpack("<d", data)[0]
    return int(number) if number.is_integer() else number


def base64(value: int | memoryview) -> str:
    """Bytes as JSON has them."""
    return b64encode(as_bytes(value)).decode()


SCALARS: dict[str, Callable[[int | memoryview], Any]] = {
    "bool": boolean,
    "string": text,
    "int32": signed,
    "int64": signed,
    "bytes": base64,
    "double": double,
}
