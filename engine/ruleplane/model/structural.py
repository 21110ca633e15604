"""The shapes of rule files as structural OpenAPI schemas: what the API serves RuleSets and Libraries by.

Made from the pydantic models when first asked for, so that a key of the language and its description are written once.
A structural schema has no references and no unions: a union of types becomes free-form here, and the model, which is
asked at admission, decides. Called by whoever serves these kinds (``reconcile/cluster.py``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.model.ruleset import LibrarySpec, RuleSetSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

Raw: TypeAlias = dict[str, Any]

_FREE = "x-kubernetes-preserve-unknown-fields"
_KEPT = ("type", "enum", "pattern", "minLength", "maxLength", "minItems", "minimum", "maximum")
_SPECS: dict[str, type[BaseModel]] = {"RuleSet": RuleSetSpec, "Library": LibrarySpec}


@cache
def spec_schema(kind: str) -> Raw:
    """The schema of the ``spec`` of objects of this kind. Not to be changed."""
    document = _SPECS[kind].model_json_schema(by_alias=True)
    return _structural(document, document.get("$defs", {}))


def _structural(schema: Raw, definitions: Raw) -> Raw:
    told = schema.get("description", "")
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    branches = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if len(branches) == 1:  # only `| None`: a key that may be left out
        return _described(_structural(branches[0], definitions), told)
    if branches or "type" not in schema:
        return _described({_FREE: True}, told or schema.get("description", ""))
    out = {key: schema[key] for key in _KEPT if key in schema}
    if "const" in schema:
        out["enum"] = [schema["const"]]
    if schema["type"] == "array":
        out["items"] = _structural(schema.get("items", {}), definitions)
    if schema["type"] == "object":
        out |= _object(schema, definitions)
    return _described(out, told or schema.get("description", ""))


def _object(schema: Raw, definitions: Raw) -> Raw:
    out: Raw = {}
    values = schema.get("additionalProperties")
    for values_by_name in (schema.get("patternProperties") or {}).values():
        values = values_by_name  # the names are held to their pattern by the model
    properties = {name: _structural(one, definitions) for name, one in schema.get("properties", {}).items()}
    if properties:
        out["properties"] = properties
    elif isinstance(values, dict) and values:
        out["additionalProperties"] = _structural(values, definitions)
        values = None
    if values is True or (not properties and not out):
        out[_FREE] = True
    if schema.get("required"):
        out["required"] = sorted(schema["required"])
    return out


def _described(schema: Raw, text: str) -> Raw:
    return {**schema, "description": " ".join(text.split())} if text else schema
