"""Request bodies: reads at most 3 MiB, decodes JSON, YAML or protobuf, finds duplicate keys.

:mod:`ruleplane.server.resources` calls it before it calls a verb. Patch bodies keep their shape (a JSON patch is a
list).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
import yaml

from ruleplane.errors import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from ruleplane.server import protobuf

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

LIMIT = 3 * 1024 * 1024
PATCH_TYPES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_JSON_TYPES = ("", "application/json", "*/*")
_YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml")
_MAX_NODES = 1_000_000  # of a YAML document after its aliases are expanded


@dataclass(slots=True)
class Body:
    """``value`` is what was sent; ``duplicates`` are the paths of keys that were sent twice (the last one counts)."""

    value: Any
    duplicates: list[str] = field(default_factory=list)


async def read(request: BaseRequest) -> bytes:
    """The body's bytes.

    Raises:
        RequestEntityTooLarge: over 3 MiB, whether announced or not.
    """
    length = request.content_length
    if length is not None and length > LIMIT:
        raise _too_large()
    if not request.body_exists:
        return b""
    content = request.content
    data = bytearray()
    while chunk := await content.readany():
        data += chunk
        if len(data) > LIMIT:
            raise _too_large()
    return bytes(data)


def content_type(request: BaseRequest) -> str:
    """The media type of the body without its parameters, "" where none was sent."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def decode(data: bytes, media_type: str, *, group: str = "", version: str = "", kind: str = "") -> Body:
    """The object in ``data``; group, version and kind are what a protobuf body without a type stands for.

    Raises:
        BadRequest: malformed, not UTF-8, or empty.
        UnsupportedMediaType: neither JSON, YAML nor protobuf.
    """
    if media_type in _JSON_TYPES:
        return decode_json(data)
    if media_type in _YAML_TYPES:
        return decode_yaml(data)
    if media_type == _PROTOBUF:
        return Body(protobuf.decode(data, group, version, kind))
    raise UnsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )


def decode_patch(data: bytes, media_type: str) -> tuple[str, Body]:
    """The type of a patch ("json", "merge", "strategic", "apply") and the patch itself.

    Raises:
        BadRequest: malformed.
        UnsupportedMediaType: no patch type.
    """
    patch_type = PATCH_TYPES.get(media_type)
    if patch_type is None:
        raise UnsupportedMediaType(
            f"the body of the request was in an unknown format - accepted media types include: {', '.join(PATCH_TYPES)}"
        )
    # YAML is a superset of JSON in what matters here; most clients send JSON as an apply patch
    if patch_type == "apply" and data.lstrip()[:1] != b"{":
        return patch_type, decode_yaml(data)
    return patch_type, decode_json(data)


def decode_json(data: bytes) -> Body:
    """One JSON value.

    Raises:
        BadRequest: malformed or not UTF-8.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"json parse error: {error}") from error
    # Go clients send compact JSON: equal length proves in a microsecond that nothing was dropped
    if len(orjson.dumps(value)) == len(data.rstrip()):
        return Body(value)
    return Body(value, _duplicates(data))


def decode_yaml(data: bytes) -> Body:
    """One YAML document, with the types of YAML that JSON has.

    Raises:
        BadRequest: malformed, not UTF-8, several documents, or aliases that expand to more than a million nodes.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"yaml: invalid UTF-8 at byte {error.start}") from error
    try:
        loader = _Loader(text)
        value = loader.get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadRequest(f"error converting YAML to JSON: yaml: {_one_line(error)}") from error
    _count_nodes(value, {}, 0)
    return Body(value, loader.duplicates)


def _too_large() -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"Request entity too large: limit is {LIMIT}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _duplicates(data: bytes) -> list[str]:
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    found.append(key)
                seen.add(key)
        return result

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"json parse error: {error}") from error
    return found


def _count_nodes(value: Any, seen: dict[int, int], depth: int) -> int:
    """How many nodes ``value`` has when its aliases are written out."""
    if depth > 500:
        raise BadRequest("error converting YAML to JSON: exceeded max depth")
    if not isinstance(value, dict | list):
        return 1
    known = seen.get(id(value))
    if known is not None:
        if known < 0:
            raise BadRequest("error converting YAML to JSON: yaml: anchor contains itself")
        return known
    seen[id(value)] = -1
    total = 1
    for child in value.values() if isinstance(value, dict) else value:
        total += _count_nodes(child, seen, depth + 1)
    if total > _MAX_NODES:
        raise BadRequest("error converting YAML to JSON: yaml: document contains excessive aliasing")
    seen[id(value)] = total
    return total


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the C loader where PyYAML has it
    """Makes only what JSON has: no dates, no base-60 numbers, text keys; notes duplicate keys."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[str] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        """A mapping with text keys, as JSON has them."""
        self.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                if not isinstance(key, bool | int | float):
                    raise yaml.constructor.ConstructorError(
                        None, None, "a mapping's key must be text", key_node.start_mark
                    )
                key = str(key).lower() if isinstance(key, bool) else str(key)
            if key in result:
                self.duplicates.append(key)
            result[key] = self.construct_object(value_node, deep=deep)
        return result


_INT = re.compile(r"^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_BASES = {"0b": 2, "0x": 16, "0o": 8}


def _integer(loader: Any, node: Any) -> int:
    text: str = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.lstrip("+-")
    base = _BASES.get(digits[:2], 8 if digits.startswith("0") and len(digits) > 1 else 10)
    number = int(digits[2:] if digits[:2] in _BASES else digits, base)
    return -number if text.startswith("-") else number


def _float(loader: Any, node: Any) -> float:
    return float(loader.construct_scalar(node))


def _build_loader() -> None:
    tags = [f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "float")]
    for first, resolvers in _Base.yaml_implicit_resolvers.items():
        _Loader.yaml_implicit_resolvers[first] = [pair for pair in resolvers if pair[0] not in tags]
    for first in "+-0123456789":
        _Loader.yaml_implicit_resolvers.setdefault(first, []).append((tags[1], _INT))
    for first in "+-.0123456789":
        _Loader.yaml_implicit_resolvers.setdefault(first, []).append((tags[2], _FLOAT))
    _Loader.add_constructor(tags[1], _integer)
    _Loader.add_constructor(tags[2], _float)


_build_loader()
