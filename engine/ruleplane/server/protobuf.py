"""Reads ``application/vnd.kubernetes.protobuf`` bodies into the JSON objects that they stand for.

Only requests: answers are JSON, which every client that sends protobuf accepts. :mod:`ruleplane.server.bodies` calls
it. kubectl 1.32 and later sends what its generators make (``create configmap``, ``create token``, ``auth can-i``) in
this form, and does not ask again in JSON.

The envelope is ``k8s\\0`` + ``runtime.Unknown{typeMeta, raw}``. Field numbers are data
(``schemas/protobuf-<version>.json``); what Go's JSON does otherwise than the protobuf text says is data too
(``schemas/protobuf-json.yaml``): which messages are inlined in their parent, which fields have another name, and
which zero values mean "not set".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from ruleplane.clock import SECOND, rfc3339, rfc3339_micro
from ruleplane.errors import BadRequest, RuleplaneError
from ruleplane.model.data import data_dir
from ruleplane.server.protobuf_wire import SCALARS, ProtobufError, as_bytes, boolean, read_value, signed, text, varint

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"k8s\x00"
_MAX_DEPTH = 64
_META = "k8s.io.apimachinery.pkg.apis.meta.v1."


def decode(body: bytes, group: str = "", version: str = "", kind: str = "") -> dict[str, Any]:
    """The object in ``body``; the envelope's own apiVersion and kind count where it has them, the arguments otherwise.

    Raises:
        BadRequest: not an envelope, a kind without known fields, or damaged bytes.
    """
    try:
        return _envelope(body, group, version, kind)
    except ProtobufError as error:
        raise BadRequest(f"unable to decode protobuf body: {error}") from error


def _envelope(body: bytes, group: str, version: str, kind: str) -> dict[str, Any]:
    if not body.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    unknown = _message("k8s.io.apimachinery.pkg.runtime.Unknown").decode(memoryview(body)[len(MAGIC) :], 0)
    type_meta = unknown.get("typeMeta") or {}
    api_version = type_meta.get("apiVersion") or (f"{group}/{version}" if group else version)
    kind = type_meta.get("kind") or kind
    content_type = unknown.get("contentType", "")
    raw: bytes = unknown.get("raw", b"")
    if content_type and "json" in content_type:
        loaded: dict[str, Any] = _json(raw)
        return loaded
    message = _message_of(api_version, kind)
    obj = message.decode(memoryview(raw), 0)
    return {"apiVersion": api_version, "kind": kind, **obj}


def _message_of(api_version: str, kind: str) -> _Message:
    names = _tables().kinds.get((api_version, kind))
    if names is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}" in protobuf')
    return _message(names)


@dataclass(frozen=True, slots=True)
class _Tables:
    """``fields``: message -> field -> (number, type). ``kinds``: (apiVersion, kind) -> message."""

    fields: dict[str, dict[str, tuple[int, str]]]
    kinds: dict[tuple[str, str], str]
    inlined: frozenset[str]
    renamed: dict[str, str]
    unset: frozenset[str]


@cache
def _tables() -> _Tables:
    directory = data_dir("schemas")
    files = sorted(directory.glob("protobuf-[0-9]*.json"))
    if not files:
        raise RuleplaneError(f"looking for protobuf field numbers: no protobuf-<version>.json in {directory}")
    fields = orjson.loads(files[-1].read_bytes())["messages"]
    go: dict[str, Any] = yaml.safe_load((directory / "protobuf-json.yaml").read_text())
    groups: dict[str, str] = go["groups"]
    kinds: dict[tuple[str, str], str] = {}
    for name in fields:
        package, _, kind = name.rpartition(".")
        path, _, version = package.rpartition(".")
        short = path.rpartition(".")[2]
        group = groups.get(short, f"{short}.k8s.io")
        if group == "meta":  # options and Table: of every group's version
            kinds["v1", kind] = kinds["meta.k8s.io/v1", kind] = name
            continue
        kinds.setdefault((f"{group}/{version}" if group else version, kind), name)
    return _Tables(fields, kinds, frozenset(go["inlined"]), go["renamed"], frozenset(go["unset"]))


def is_known(api_version: str, kind: str) -> bool:
    """Whether protobuf bodies of this kind can be read."""
    return (api_version, kind) in _tables().kinds


# --- messages -------------------------------------------------------------------------------------------------------


class _Field:
    """How one field number becomes one member of the JSON object."""

    __slots__ = ("convert", "inlined", "kind", "message", "name", "unset")

    def __init__(self, owner: str, name: str, typ: str) -> None:
        tables = _tables()
        path = f"{owner.rpartition('.')[2]}.{name}"
        self.kind = "one"
        if typ.startswith("repeated "):
            self.kind, typ = "list", typ.removeprefix("repeated ")
        elif typ.startswith("map<"):
            self.kind, typ = "map", typ[len("map<string,") : -1]
        self.name = tables.renamed.get(path) or tables.renamed.get(name) or name
        self.unset = self.kind == "one" and (typ == "string" or name in tables.unset or path in tables.unset)
        self.convert = SCALARS.get(typ)
        self.message = "" if self.convert else typ
        self.inlined = bool(self.message) and (name in tables.inlined or path in tables.inlined)

    def value(self, raw: int | memoryview, depth: int) -> Any:
        if self.convert is not None:
            return self.convert(raw)
        return _decoder(self.message)(as_bytes(raw), depth)


class _Message:
    """A decoder of one message type."""

    __slots__ = ("fields", "name")

    def __init__(self, name: str, fields: dict[str, tuple[int, str]]) -> None:
        self.name = name
        self.fields = {number: _Field(name, field, typ) for field, (number, typ) in fields.items()}

    def decode(self, data: memoryview, depth: int) -> dict[str, Any]:
        """The JSON object in ``data``; unknown fields are skipped, as newer clients may send them."""
        if depth > _MAX_DEPTH:
            raise ProtobufError("nested too deeply")
        result: dict[str, Any] = {}
        at, end = 0, len(data)
        while at < end:
            tag, at = varint(data, at)
            raw, at = read_value(data, at, tag & 7)
            field = self.fields.get(tag >> 3)
            if field is not None:
                _place(result, field, raw, tag & 7, depth + 1)
        return result


def _place(result: dict[str, Any], field: _Field, raw: int | memoryview, wire: int, depth: int) -> None:
    if field.kind == "list":
        items = result.setdefault(field.name, [])
        if wire == 2 and field.convert in (signed, boolean):  # packed numbers
            items.extend(_packed(as_bytes(raw), field))
        else:
            items.append(field.value(raw, depth))
    elif field.kind == "map":
        key, value = _map_entry(as_bytes(raw), field, depth)
        result.setdefault(field.name, {})[key] = value
    else:
        value = field.value(raw, depth)
        if field.inlined:
            result.update(value)
        elif value is not None and not (field.unset and not value):
            result[field.name] = value


def _packed(data: memoryview, field: _Field) -> list[Any]:
    numbers, at = [], 0
    while at < len(data):
        number, at = varint(data, at)
        numbers.append(field.value(number, 0))
    return numbers


def _map_entry(data: memoryview, field: _Field, depth: int) -> tuple[str, Any]:
    key, raw, at = "", None, 0
    while at < len(data):
        tag, at = varint(data, at)
        part, at = read_value(data, at, tag & 7)
        if tag >> 3 == 1:
            key = text(part)
        elif tag >> 3 == 2:
            raw = part
    if raw is None:  # the value is its type's zero
        raw = 0 if field.convert in (signed, boolean) else memoryview(b"")
    return key, field.value(raw, depth)


@cache
def _message(name: str) -> _Message:
    fields = _tables().fields.get(name)
    if fields is None:
        raise ProtobufError(f"no message {name} is known")
    if name == "k8s.io.apimachinery.pkg.runtime.Unknown":
        message = _Message(name, fields)
        message.fields[fields["raw"][0]].convert = bytes
        return message
    return _Message(name, fields)


# --- types that JSON writes otherwise -------------------------------------------------------------------------------


def _time(data: memoryview, depth: int) -> str | None:
    instant = _instant(data, depth)
    return None if instant is None else rfc3339(instant)


def _micro_time(data: memoryview, depth: int) -> str | None:
    instant = _instant(data, depth)
    return None if instant is None else rfc3339_micro(instant)


def _instant(data: memoryview, depth: int) -> int | None:
    parts = _message(f"{_META}Time").decode(data, depth)
    seconds, nanos = parts.get("seconds", 0), parts.get("nanos", 0)
    return None if not seconds and not nanos else seconds * SECOND + nanos


def _duration(data: memoryview, depth: int) -> str:
    nanos = _message(f"{_META}Duration").decode(data, depth).get("duration", 0)
    return go_duration(nanos)


def go_duration(nanos: int) -> str:
    """A duration as Go prints it.

    >>> go_duration(90_000_000_000), go_duration(1_500_000), go_duration(0)
    ('1m30s', '1.5ms', '0s')
    """
    if nanos == 0:
        return "0s"
    sign, rest = ("-", -nanos) if nanos < 0 else ("", nanos)
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if rest < size * 1000:
            return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    if not part:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{part:0{digits}d}".rstrip("0")


def _quantity(data: memoryview, depth: int) -> str:
    text: str = _message("k8s.io.apimachinery.pkg.api.resource.Quantity").decode(data, depth).get("string", "")
    return text or "0"


def _int_or_string(data: memoryview, depth: int) -> int | str:
    parts = _message("k8s.io.apimachinery.pkg.util.intstr.IntOrString").decode(data, depth)
    value: int | str = parts.get("strVal", "") if parts.get("type") else parts.get("intVal", 0)
    return value


def _raw_json(data: memoryview, depth: int) -> Any:
    """A message whose single bytes field (number 1) holds JSON, or an envelope again."""
    at = 0
    raw = b""
    while at < len(data):
        tag, at = varint(data, at)
        part, at = read_value(data, at, tag & 7)
        if tag >> 3 == 1:
            raw = bytes(as_bytes(part))
    if raw.startswith(MAGIC):
        return _envelope(raw, "", "", "")
    return _json(raw) if raw else None


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ProtobufError(f"embedded JSON: {error}") from None


_SPECIAL: dict[str, Callable[[memoryview, int], Any]] = {
    f"{_META}Time": _time,
    f"{_META}MicroTime": _micro_time,
    f"{_META}Duration": _duration,
    f"{_META}FieldsV1": _raw_json,
    "k8s.io.apimachinery.pkg.api.resource.Quantity": _quantity,
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "k8s.io.apimachinery.pkg.runtime.RawExtension": _raw_json,
}


@cache
def _decoder(name: str) -> Callable[[memoryview, int], Any]:
    special = _SPECIAL.get(name)
    if special is not None:
        return special
    message = _message(name)
    if len(message.fields) == 1:
        field = next(iter(message.fields.values()))
        if field.name == "items" and field.kind == "list" and field.convert is text:  # Go's named slices
            return lambda data, depth: message.decode(data, depth).get("items", [])
    return message.decode
