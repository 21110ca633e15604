"""The OpenAPI v3 documents: what ``kubectl explain``, ``create`` and ``apply`` read before they act.

``/openapi/v3`` is an index of group versions with hashes; each group version's document is made when first asked for. A
hash tells when to ask again, without making the document. The v2 document describes nothing, and exists as protobuf
alone: kubectl asks for it where v3 does not know a kind, and goes on to say so only if it gets one.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ruleplane.model.builtin import KUBERNETES_VERSION, kubernetes_data
from ruleplane.model.schema import descriptions
from ruleplane.server.discovery import Document
from ruleplane.server.openapi_paths import paths

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas

Json: TypeAlias = dict[str, Any]

_LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
_PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
_REFS = "#/components/schemas/"
# formats of ours -> how OpenAPI documents show such a field
_SHOWN: dict[str, Json] = {
    "quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "int-or-string": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "micro-time": {"type": "string", "format": "date-time"},
}


PROTOBUF_V2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
ASKED_V2 = PROTOBUF_V2.replace(".v1.0", "@v1.0")  # what clients still call it, though it is no media type


def _field(number: int, content: bytes) -> bytes:
    """A short field of protobuf that has a length."""
    return bytes((number << 3 | 2, len(content))) + content


class OpenApi:
    """The documents of one registry and its schemas."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry = registry
        self._schemas = schemas
        self._generation = -1
        self._kinds: dict[str, list[Kind]] = {}  # "api/v1", "apis/apps/v1" -> kinds
        self._hashes: dict[str, str] = {}
        self._documents: dict[str, tuple[str, Document]] = {}  # path -> the hash it was made at, document

    def index(self) -> Document:
        """``/openapi/v3``."""
        self._refresh()
        rows = {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={tag}"} for path, tag in self._hashes.items()}
        body = orjson.dumps({"paths": rows})
        return Document(body, f'"{hashlib.sha256(body).hexdigest().upper()}"')

    def empty_v2(self) -> bytes:
        """``/openapi/v2`` as protobuf: ``swagger`` (1), ``info`` (2) of ``title`` and ``version``, ``paths`` (8).

        https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
        """
        info = _field(1, b"Kubernetes") + _field(2, f"v{KUBERNETES_VERSION}".encode())
        return _field(1, b"2.0") + _field(2, info) + _field(8, b"")

    def document(self, path: str) -> Document | None:
        """``/openapi/v3/PATH`` (``api/v1``, ``apis/apps/v1``); None where there is no such group version."""
        self._refresh()
        tag = self._hashes.get(path)
        if tag is None:
            return None
        made = self._documents.get(path)
        if made is None or made[0] != tag:
            body = orjson.dumps(self._make(self._kinds[path]))
            made = self._documents[path] = (tag, Document(body, f'"{tag}"'))
        return made[1]

    def _refresh(self) -> None:
        if self._generation == self._registry.generation:
            return
        self._generation = self._registry.generation
        kinds: dict[str, list[Kind]] = {}
        for kind in self._registry:
            kinds.setdefault(f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}", []).append(kind)
        self._kinds = kinds
        self._hashes = {path: self._hash(rows) for path, rows in kinds.items()}

    def _hash(self, kinds: list[Kind]) -> str:
        digest = hashlib.sha256(KUBERNETES_VERSION.encode())
        for kind in kinds:
            digest.update(repr((kind.ref, kind.plural, kind.namespaced, sorted(kind.subresources))).encode())
            if kind.custom:
                digest.update(orjson.dumps(self._schemas.raw(kind.definition), option=orjson.OPT_SORT_KEYS))
        return digest.hexdigest().upper()

    def _make(self, kinds: list[Kind]) -> Json:
        wanted = [_DELETE_OPTIONS, _STATUS, _LIST_META, _PATCH]
        for kind in kinds:
            wanted.append(kind.definition)
            wanted += [self._body(one.ref) for one in kind.details if self._body(one.ref)]
        components: Json = {}
        while wanted:
            name = wanted.pop()
            if name not in components:
                components[name] = self._component(name, wanted)
        for kind in kinds:
            if kind.definition in components:
                gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
                components[kind.definition]["x-kubernetes-group-version-kind"] = [gvk]
            components[f"{kind.definition}List"] = _list_component(kind)
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": f"v{kubernetes_data()['version']}"},
            "paths": {path: item for kind in kinds for path, item in paths(kind, self._body).items()},
            "components": {"schemas": dict(sorted(components.items()))},
        }

    def _body(self, ref: str) -> str:
        """The definition of the kind ``ref``, or "" where only its name is known (options in a query)."""
        kind = self._registry.get(ref)
        if kind is not None:
            return kind.definition
        return _BODIES.get(ref, "")

    def _component(self, name: str, wanted: list[str]) -> Json:
        raw = self._schemas.raw(name)
        texts = descriptions().get(name, {})
        component = _shown(raw, wanted)
        if "" in texts:
            component["description"] = texts[""]
        for field, schema in component.get("properties", {}).items():
            if field in texts:
                schema["description"] = texts[field]
        return component


_BODIES: dict[str, str] = {
    f"{gvk['group']}/{gvk['version']}/{gvk['kind']}": name
    for name, raw in kubernetes_data()["definitions"].items()
    for gvk in raw.get("x-kubernetes-group-version-kind", ())
    if gvk["group"]
}


def _shown(raw: Json, wanted: list[str]) -> Json:
    """A schema as OpenAPI v3 shows it; definitions that it refers to are added to ``wanted``."""
    if "$ref" in raw:
        wanted.append(raw["$ref"])
        rest = {key: value for key, value in raw.items() if key != "$ref"}
        return {"allOf": [{"$ref": _REFS + raw["$ref"]}], **rest}
    out = dict(raw)
    special = _SHOWN.get(out.get("format", ""))
    if special is not None:
        out.pop("type", None)
        out.pop("format")
        out |= special
    if isinstance(out.get("properties"), dict):
        out["properties"] = {name: _shown(one, wanted) for name, one in out["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = _shown(out[key], wanted)
    return out


def _list_component(kind: Kind) -> Json:
    return {
        "type": "object",
        "description": f"{kind.list_kind} is a list of {kind.kind} objects.",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": _REFS + _LIST_META}]},
            "items": {"type": "array", "items": {"allOf": [{"$ref": _REFS + kind.definition}]}},
        },
        "x-kubernetes-group-version-kind": [{"group": kind.group, "version": kind.version, "kind": kind.list_kind}],
    }
