"""The shape of a kind's objects as one JSON Schema: what the fast check of every write is compiled from.

Accepts at most what walk.py accepts: an object that passes here is right and in the form that is stored (no nulls, no
unknown fields, times in whole seconds), one that does not is looked at again, field by field, by the walk, which
decides and words the mistakes. So this schema may be too strict, never too lax.

Refinements are what the published types do not say (``rules/apiserver/validation.yaml``): definition -> field -> any
of ``nonempty``, ``enum``, ``min``, ``max``, ``format``, ``keys``, ``maxLength``, ``maxItems``. Empty text is as good as
none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema_rs

from ruleplane.api.text_format import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.model.schema import Schemas

Raw: TypeAlias = dict[str, Any]
Refinements: TypeAlias = "Mapping[str, Mapping[str, Mapping[str, Any]]]"

_INTEGERS = {
    "int32": {"minimum": -(1 << 31), "maximum": (1 << 31) - 1},
    "int64": {"minimum": -(1 << 63), "maximum": (1 << 63) - 1},
}
# Numbers that are surely in canonical form: no fraction, no 000 at the end that a greater suffix could take, before a
# binary suffix no multiple of four (let alone of 1024) unless it is small, and none too large to be.
_WHOLE = "([1-9][0-9]{0,14})?[1-9][0-9]{0,2}"
_SHORT = "([1-9][0-9]{0,2})?[1-9][0-9]{0,2}"
_BINARY = "[1-9]([0-9]{0,2}|[0-9]{0,4}([13579]|[02468][26]))"
_TEXTS = {
    "quantity": f"^(0|-?({_WHOLE}[num]?|{_SHORT}[kMGT]|{_BINARY}[KMGT]i))$",
    "date-time": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$",
    "micro-time": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z$",
    "byte": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
# Keywords of custom kinds' schemas that JSON Schema draft 4 and OpenAPI 3.0 share.
_KEYWORDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "enum", "allOf", "anyOf", "oneOf", "not",
)  # fmt: skip


def compile_shape(schemas: Schemas, definition: str, refinements: Refinements) -> Callable[[Any], bool]:
    """The fast check of a kind: object -> is it right in every respect that its shape tells.

    Raises:
        ValueError: a custom kind's schema is none (a pattern that is no regular expression, for one).
    """
    builder = _Builder(schemas, refinements)
    root = builder.reference(definition)
    document = {"$schema": "http://json-schema.org/draft-04/schema#", **root, "definitions": builder.definitions}
    options = jsonschema_rs.RegexOptions(size_limit=1 << 26, dfa_size_limit=1 << 26)
    validator = jsonschema_rs.Draft4Validator(document, pattern_options=options)
    is_valid: Callable[[Any], bool] = validator.is_valid
    return is_valid


def meets(schema: Raw, value: Any) -> bool:
    """Does a value meet a schema that stands by itself (a branch of ``anyOf``)?

    >>> meets({"required": ["a"]}, {"b": 1})
    False
    """
    valid: bool = jsonschema_rs.Draft4Validator(schema).is_valid(value)
    return valid


class _Builder:
    """Translates definitions, each once, following references."""

    def __init__(self, schemas: Schemas, refinements: Refinements) -> None:
        self.definitions: dict[str, Raw] = {}
        self._schemas = schemas
        self._refinements = refinements

    def reference(self, name: str) -> Raw:
        if name not in self.definitions:
            self.definitions[name] = {}  # taken: definitions may refer to themselves
            self.definitions[name] = self._schema(self._schemas.raw(name), self._refinements.get(name, {}))
        leaf = self.definitions[name]
        # small ones are written out: a reference costs a jump in the compiled validator
        return leaf if leaf and "properties" not in leaf else {"$ref": f"#/definitions/{name}"}

    def _schema(self, raw: Raw, refined: Mapping[str, Mapping[str, Any]]) -> Raw:
        if "$ref" in raw:
            return self.reference(raw["$ref"])
        type_, format_ = raw.get("type", ""), raw.get("format", "")
        if format_ == "int-or-string" or raw.get("x-kubernetes-int-or-string"):
            more = {key: raw[key] for key in _KEYWORDS if key in raw}
            return {"type": ["integer", "string"], **_INTEGERS["int32"], **({"allOf": [more]} if more else {})}
        out: Raw = {key: raw[key] for key in _KEYWORDS if key in raw}
        if type_ == "object":
            out |= self._object(raw, refined)
        elif type_ == "array":
            out["type"] = "array"
            if "items" in raw:
                out["items"] = self._schema(raw["items"], {})
        elif type_:
            out["type"] = type_
            out |= _INTEGERS.get(format_, {}) if type_ == "integer" else {}
            if type_ == "string" and format_ in _TEXTS:
                out["pattern"] = _TEXTS[format_]
        if raw.get("nullable") and type_:
            out["type"] = [type_, "null"]
        return out

    def _object(self, raw: Raw, refined: Mapping[str, Mapping[str, Any]]) -> Raw:
        out: Raw = {"type": "object"}
        properties = raw.get("properties")
        values = raw.get("additionalProperties")
        if properties:
            out["properties"] = {
                name: _refine(self._schema(one, {}), refined.get(name, {})) for name, one in properties.items()
            }
            if not raw.get("x-kubernetes-preserve-unknown-fields") and not values:
                out["additionalProperties"] = False
        if isinstance(values, dict):
            out["additionalProperties"] = self._schema(values, {})
        required = set(raw.get("required", ())) | {name for name, one in refined.items() if one.get("nonempty")}
        if required:
            out["required"] = sorted(required)
        return out


def _refine(schema: Raw, rule: Mapping[str, Any]) -> Raw:
    """The schema with a refinement's keywords; a reference gets them beside it, in an ``allOf``."""
    if not rule:
        return schema
    more: Raw = {}
    if rule.get("nonempty"):
        more |= {"minItems": 1, "minLength": 1, "minProperties": 1}  # each says nothing of other types
    empty = () if rule.get("nonempty") else ("",)
    if "enum" in rule:
        more["enum"] = [*rule["enum"], *empty]
    for ours, theirs in (("min", "minimum"), ("max", "maximum"), ("maxLength", "maxLength"), ("maxItems", "maxItems")):
        if ours in rule:
            more[theirs] = rule[ours]
    if "format" in rule:
        pattern, more["maxLength"] = PATTERNS[rule["format"]]
        more["pattern"] = f"^$|{pattern}" if empty else pattern
    if "keys" in rule:
        more |= {"patternProperties": {PATTERNS[rule["keys"]][0]: {}}, "additionalProperties": False}
    return {"allOf": [schema, more]}
