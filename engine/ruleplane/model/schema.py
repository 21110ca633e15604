"""The types of the fields of kinds: a graph of nodes that is walked by field name.

Guarantees: nodes are made when first asked for and then kept, so a node is the same object every time (callers may
cache by it); a definition that several fields share is one node, recursive ones too; a lookup is one dictionary access.

Not here: checking objects against it (``api/validate.py``), and what OpenAPI documents show (``server/openapi.py``).
Built-in kinds come from the generated data, custom ones through :meth:`Schemas.add`; both speak OpenAPI v3 keywords.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ruleplane.errors import RuleplaneError
from ruleplane.model.builtin import KUBERNETES_VERSION, kubernetes_data
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruleplane.model.kind import Kind

Raw: TypeAlias = dict[str, Any]

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_COMMON = "io.k8s.apimachinery.pkg."
_REF = "$ref"
# beside a $ref these make the field another type than the definition's other uses
_OVERRIDES = frozenset(
    "x-kubernetes-" + word for word in ("list-type", "map-type", "patch-merge-key", "patch-strategy")
)


class SchemaNode:
    """The type of one field, list element or map value.

    Attributes:
        name: its definition's full name (``io.k8s.api.core.v1.PodSpec``), "" where it has none of its own.
        type: ``object``, ``array``, ``string``, ``integer``, ``number``, ``boolean``, or "" for anything.
        format: ``int32``, ``int64``, ``double``, ``byte``, ``date-time``, ``micro-time``, ``quantity``,
            ``int-or-string``, or "".
        required: names of the fields that must be there.
        list_type: ``map``, ``set``, ``atomic`` or None (server-side apply treats None as atomic).
        list_keys: the fields that identify an element of a ``map`` list.
        patch_strategy: as published: "", ``merge``, ``retainKeys``, ``merge,retainKeys``, ``replace``.
        patch_merge_key: "" or the field by which a strategic merge patch finds elements.
        map_type: ``granular``, ``atomic`` or None.
        preserve_unknown: fields beyond the listed ones are kept and are no mistake.
    """

    __slots__ = (
        "_fields", "_items", "_properties", "_schemas", "_values", "format", "int_or_string", "list_keys", "list_type",
        "map_type", "name", "patch_merge_key", "patch_strategy", "preserve_unknown", "quantity", "raw", "required",
        "type",
    )  # fmt: skip

    def __init__(self, schemas: Schemas, raw: Raw, name: str = "") -> None:
        self._schemas = schemas
        self.raw = raw
        self.name = name
        self.format: str = raw.get("format", "")
        self.int_or_string: bool = self.format == "int-or-string" or raw.get("x-kubernetes-int-or-string", False)
        self.type: str = raw.get("type", "")
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))
        self.list_type: str | None = raw.get("x-kubernetes-list-type")
        self.list_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys", ()))
        self.patch_strategy: str = raw.get("x-kubernetes-patch-strategy", "")
        self.patch_merge_key: str = raw.get("x-kubernetes-patch-merge-key", "")
        self.map_type: str | None = raw.get("x-kubernetes-map-type")
        self.quantity: bool = self.format == "quantity"
        self.preserve_unknown: bool = bool(raw.get("x-kubernetes-preserve-unknown-fields", False))
        self._properties: Mapping[str, Raw] = raw.get("properties") or {}
        self._fields: dict[str, SchemaNode] = {}
        self._items: SchemaNode | None = None
        self._values: SchemaNode | None = None

    def field(self, name: str) -> SchemaNode | None:
        """The type of field ``name``; None where the type has no such field (see ``values`` for maps)."""
        node = self._fields.get(name)
        if node is None:
            raw = self._properties.get(name)
            if raw is None:
                return None
            node = self._fields[name] = self._schemas._node(raw)
        return node

    @property
    def names(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._properties)

    @property
    def items(self) -> SchemaNode | None:
        """The type of a list's elements; None for what is no list."""
        node = self._items
        if node is None:
            raw = self.raw.get("items")
            if raw is not None:
                node = self._items = self._schemas._node(raw)
        return node

    @property
    def values(self) -> SchemaNode | None:
        """The type of a map's values; None for what is no map."""
        node = self._values
        if node is None:
            raw = self.raw.get("additionalProperties")
            if isinstance(raw, dict):
                node = self._values = self._schemas._node(raw)
        return node

    @property
    def description(self) -> str:
        """What the definition says of itself (reads the file of descriptions when first asked)."""
        return self.raw.get("description") or (descriptions().get(self.name, {}).get("", "") if self.name else "")

    def describe(self, name: str) -> str:
        """What is said of field ``name`` here."""
        raw = self._properties.get(name, {})
        return raw.get("description") or (descriptions().get(self.name, {}).get(name, "") if self.name else "")

    def __repr__(self) -> str:
        return f"SchemaNode({self.name or self.type or 'any'})"


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """Definition -> field ("" for the definition itself) -> text. 0.7 MB, read when first asked."""
    path = data_dir("schemas") / f"kubernetes-{KUBERNETES_VERSION}-descriptions.json"
    texts: dict[str, dict[str, str]] = orjson.loads(path.read_bytes())["descriptions"]
    return texts


class Schemas:
    """The field types of every kind that is served."""

    def __init__(self, definitions: Mapping[str, Raw]) -> None:
        self._definitions: dict[str, Raw] = dict(definitions)
        self._nodes: dict[str, SchemaNode] = {}
        self._by_ref: dict[str, SchemaNode] = {}

    @classmethod
    def builtin(cls) -> Schemas:
        """Those of the built-in kinds (a new collection: custom kinds may be added to it)."""
        return cls(kubernetes_data()["definitions"])

    @classmethod
    def common(cls) -> Schemas:
        """What every kind has, and no kind: for one who asks a server what its kinds are like."""
        definitions = kubernetes_data()["definitions"]
        return cls({name: raw for name, raw in definitions.items() if name.startswith(_COMMON)})

    def node(self, kind: Kind) -> SchemaNode:
        """The type of a kind's objects.

        Raises:
            RuleplaneError: nobody told the types of this kind.
        """
        node = self._by_ref.get(kind.ref)
        if node is None:
            node = self._by_ref[kind.ref] = self.definition(kind.definition)
        return node

    def knows(self, kind: Kind) -> bool:
        """Whether somebody told the types of this kind."""
        return kind.ref in self._by_ref or kind.definition in self._definitions

    def definition(self, name: str) -> SchemaNode:
        """The type of a definition, by its full name. Raises RuleplaneError where there is none."""
        node = self._nodes.get(name)
        if node is None:
            raw = self._definitions.get(name)
            if raw is None:
                raise RuleplaneError(
                    f"looking for the field types of {name or 'a kind without definition'}: there are none"
                )
            node = self._nodes[name] = SchemaNode(self, raw, name)
        return node

    def add(self, kind: Kind, schema: Raw) -> SchemaNode:
        """Tell (or replace) the types of a custom kind, as an ``openAPIV3Schema``; ``apiVersion``, ``kind`` and
        ``metadata`` are what they are for every kind, whatever it says of them."""
        root = self._definitions[kind.definition] = complete(schema)
        node = self._nodes[kind.definition] = self._by_ref[kind.ref] = SchemaNode(self, root, kind.definition)
        return node

    def define(self, name: str, raw: Raw) -> None:
        """Tell a definition that types refer to; one that is known already stays."""
        self._definitions.setdefault(name, raw)

    def remove(self, kind: Kind) -> None:
        """Forget the types of a custom kind; unknown is no error."""
        self._by_ref.pop(kind.ref, None)
        self._nodes.pop(kind.definition, None)
        self._definitions.pop(kind.definition, None)

    def raw(self, name: str) -> Raw:
        """A definition's own text, references unresolved (``$ref`` holds the bare name). Not to be changed."""
        return self._definitions[name]

    def _node(self, raw: Raw) -> SchemaNode:
        ref = raw.get(_REF)
        if ref is None:
            if raw.get("x-kubernetes-embedded-resource"):
                raw = complete(raw)
            return SchemaNode(self, raw)
        if _OVERRIDES.isdisjoint(raw):
            return self.definition(ref)
        merged = {**self._definitions[ref], **{key: value for key, value in raw.items() if key != _REF}}
        return SchemaNode(self, merged, ref)


def complete(schema: Raw) -> Raw:
    """A custom schema with the three fields that every object has."""
    properties = dict(schema.get("properties") or {})
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = {_REF: OBJECT_META}
    return {**schema, "type": "object", "properties": properties}
