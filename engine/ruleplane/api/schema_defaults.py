"""Defaults that a custom kind's own schema gives: the ``default`` of a property that is absent.

A link of admission, as ``defaults.py`` is for built-in kinds. As in Kubernetes, a default is given where the property
is absent (null counts as absent unless the property is nullable), parents first: the defaults below a default hold.
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas
    from ruleplane.store.base import Json

_ROOT = frozenset(("apiVersion", "kind", "metadata"))  # never defaulted


class SchemaDefaults:
    """See ``api.admission.Admission``. Built-in kinds pass untouched."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """The object with its defaults; the same one if there is nothing to give."""
        if not kind.custom:
            return obj
        try:
            schema = self._schemas.raw(kind.definition)
        except (KeyError, RuleplaneError):
            return obj
        found: Json = filled({**schema, "properties": _without_root(schema)}, obj)
        return found

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """Defaults refuse nothing."""


def _without_root(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: raw for name, raw in (schema.get("properties") or {}).items() if name not in _ROOT}


def filled(schema: dict[str, Any], value: Any) -> Any:
    """The value with what its schema gives; the same one if that is nothing.

    >>> filled({"properties": {"size": {"default": 1}, "at": {"properties": {"port": {"default": 80}}}}}, {"at": {}})
    {'at': {'port': 80}, 'size': 1}
    """
    if value.__class__ is dict:
        out = value
        for name, raw in (schema.get("properties") or {}).items():
            if "default" in raw and (name not in value or (value[name] is None and not raw.get("nullable"))):
                out = {**out, name: filled(raw, deepcopy(raw["default"]))}
            elif name in value:
                out = _with(out, name, filled(raw, value[name]))
        rest = schema.get("additionalProperties")
        if isinstance(rest, dict):
            known = schema.get("properties") or {}
            for name in value:
                if name not in known:
                    out = _with(out, name, filled(rest, value[name]))
        return out
    items = schema.get("items")
    if value.__class__ is list and isinstance(items, dict):
        elements = [filled(items, item) for item in value]
        return value if all(one is other for one, other in zip(elements, value, strict=True)) else elements
    return value


def _with(out: dict[str, Any], name: str, new: Any) -> dict[str, Any]:
    return out if new is out[name] else {**out, name: new}
