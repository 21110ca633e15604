"""Is the schema of a custom kind one that objects can be held to? Structure, list types, expressions, defaults.

Called by the rules of ``rules/apiserver/validation.yaml`` when a definition is written: what is let in here can be
compiled later. Kubernetes' structural schemas, in its words:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.api.schema_rules import KEYWORD, compile_rule
from ruleplane.api.shape import meets
from ruleplane.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

Raw: TypeAlias = dict[str, Any]

_ROOT_ONLY = ("must not be empty at the root", "must not be empty for specified object fields")
_LIST_TYPES = ("atomic", "map", "set")


def schema_mistakes(schema: Raw, path: str) -> list[Raw]:
    """The mistakes of a whole schema that stands at ``path``, as rows of a rule's ``find``.

    >>> schema_mistakes({"type": "object", "properties": {"a": {}}}, "schema")[0]["path"]
    'schema.properties[a].type'
    """
    found = list(_node(schema, path, _ROOT_ONLY[0]))
    if schema.get("type") not in (None, "", "object"):
        found.append(_invalid(f"{path}.type", schema["type"], "must be object at the root"))
    about = (schema.get("properties") or {}).get("metadata") or {}
    if set(about.get("properties") or {}) - {"name", "generateName"} or "additionalProperties" in about:
        text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        found.append(_row(f"{path}.properties[metadata]", "Forbidden", text))
    return found


def _node(raw: Raw, path: str, untyped: str) -> Iterator[Raw]:
    yield from _type(raw, path, untyped)
    yield from _list(raw, path)
    yield from _texts(raw, path)
    for name, one in (raw.get("properties") or {}).items():
        yield from _node(one, f"{path}.properties[{name}]", _ROOT_ONLY[1])
    for name, text in (
        ("items", "must not be empty for specified array items"),
        ("additionalProperties", _ROOT_ONLY[1]),
    ):
        if isinstance(raw.get(name), dict):
            yield from _node(raw[name], f"{path}.{name}", text)


def _type(raw: Raw, path: str, untyped: str) -> Iterator[Raw]:
    either = raw.get("x-kubernetes-int-or-string")
    if "$ref" in raw:
        yield _row(f"{path}.$ref", "Forbidden", "$ref is not supported")
    elif either and raw.get("type"):
        yield _invalid(f"{path}.type", raw["type"], "must be empty if x-kubernetes-int-or-string is true")
    elif not either and not raw.get("type") and not raw.get("x-kubernetes-preserve-unknown-fields"):
        yield _row(f"{path}.type", "Required", untyped)
    if raw.get("type") == "array" and not raw.get("items"):
        yield _row(f"{path}.items", "Required", "must be specified")
    if raw.get("properties") and raw.get("additionalProperties"):
        text = "additionalProperties and properties are mutual exclusive"
        yield _row(f"{path}.additionalProperties", "Forbidden", text)
    if raw.get("x-kubernetes-embedded-resource") and raw.get("type") != "object":
        text = "must be object if x-kubernetes-embedded-resource is true"
        yield _invalid(f"{path}.type", raw.get("type", ""), text)


def _list(raw: Raw, path: str) -> Iterator[Raw]:
    list_type, keys = raw.get("x-kubernetes-list-type"), raw.get("x-kubernetes-list-map-keys")
    if list_type is not None and raw.get("type") != "array":
        yield _invalid(f"{path}.type", raw.get("type", ""), "must be array if x-kubernetes-list-type is specified")
    if list_type is not None and list_type not in _LIST_TYPES:
        names = ", ".join(f'"{name}"' for name in _LIST_TYPES)
        yield _row(f"{path}.x-kubernetes-list-type", "NotSupported", f"supported values: {names}", list_type)
    if list_type == "map" and not keys:
        text = "must not be empty if x-kubernetes-list-type is map"
        yield _row(f"{path}.x-kubernetes-list-map-keys", "Required", text)
    known = (raw.get("items") or {}).get("properties") or {}
    for index, key in enumerate(keys or ()):
        if key not in known:
            text = f"entries must all be names of item properties{'' if known else ', of which there are none'}"
            yield _invalid(f"{path}.x-kubernetes-list-map-keys[{index}]", key, text)


def _texts(raw: Raw, path: str) -> Iterator[Raw]:
    """What is written in a language of its own: regular expressions, rules, defaults."""
    if "pattern" in raw:
        try:
            re.compile(raw["pattern"])
            meets({"pattern": raw["pattern"]}, "")
        except (re.error, ValueError) as error:
            text = f"must be a valid regular expression, but isn't: {error}"
            yield _invalid(f"{path}.pattern", raw["pattern"], text)
            return
    for index, rule in enumerate(raw.get(KEYWORD) or ()):
        at = f"{path}.{KEYWORD}[{index}]"
        if not rule.get("rule", "").strip():
            yield _row(f"{at}.rule", "Required", "rule is not specified")
            continue
        try:
            compile_rule(rule)
        except SourceError as error:
            yield _invalid(f"{at}.rule", rule["rule"], f"compilation failed: {error}")
    if "default" in raw and not (raw["default"] is None and raw.get("nullable")) and not _meets_itself(raw):
        yield _invalid(f"{path}.default", raw["default"], "must meet the schema that it is a default of")


def _meets_itself(raw: Raw) -> bool:
    try:
        return meets({key: value for key, value in raw.items() if key != "default"}, raw["default"])
    except ValueError:
        return True  # a pattern further in is none: it is told there


def _row(path: str, reason: str, message: str, *value: Any) -> Raw:
    return {"path": path, "reason": reason, "message": message, **({"value": value[0]} if value else {})}


def _invalid(path: str, value: Any, message: str) -> Raw:
    return _row(path, "Invalid", message, value)
