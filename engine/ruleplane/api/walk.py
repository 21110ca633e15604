"""The exact check of an object's shape, field by field: what is unknown, of the wrong type, missing or out of bounds.

Slow by design (tens of microseconds): only objects that the fast check (shape.py) refuses come here. It also brings
the object into the form that is stored, as Kubernetes' decoders do: nulls and unknown fields are dropped, quantities
and times become canonical. The given object is never changed; unchanged parts are shared.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from ruleplane.api.canonical import quantity_text, time_text
from ruleplane.api.field_error import FieldError, field_error, invalid_value, not_supported, quote, required
from ruleplane.api.shape import meets
from ruleplane.api.text_format import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.api.shape import Refinements
    from ruleplane.model.schema import SchemaNode

_DROP = object()
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_GO_SCALARS = {"string": "string", "boolean": "bool", "number": "float64"}
_BOUNDS = {"int32": 1 << 31, "int64": 1 << 63, "": 1 << 63}


class Walk:
    """One object's check. ``unknown``: paths of unknown fields; ``undecodable``: why it is no object of its kind
    (a sentence of the decoder; empty: it is one); ``errors``: everything else."""

    def __init__(self, refinements: Refinements, *, custom: bool = False) -> None:
        self.unknown: list[str] = []
        self.undecodable: list[str] = []
        self.errors: list[FieldError] = []
        self._refinements = refinements
        self._custom = custom

    def run(self, value: dict[str, Any], node: SchemaNode) -> dict[str, Any]:
        """Check a whole object; the form that is stored of it."""
        value = self._object(value, node, "", "", "")
        if self._custom:
            self._bounds(value, node.raw, "")
        return value

    # path: spec.containers[0].name; go: the same without indices; struct: the innermost Go type (for decoder sentences)
    def _value(self, value: Any, node: SchemaNode, path: str, go: str, struct: str, rule: Mapping[str, Any]) -> Any:
        if node.int_or_string or node.quantity or not node.type:
            loose = self._loose(value, node, path, go, struct)
            if self._custom:
                self._bounds(value, node.raw, path)
            return loose
        if value is None and node.raw.get("nullable"):
            return None
        if not _is(value, node.type):
            return self._wrong(value, node, path, go, struct)
        if node.type == "object":
            value = self._object(value, node, path, go, struct)
        elif node.type == "array":
            value = self._array(value, node, path, go, struct)
        elif node.type == "string":
            value = self._text(value, node, path)
        elif node.type == "integer" and not -_BOUNDS[node.format] <= value < _BOUNDS[node.format]:
            return self._wrong(value, node, path, go, struct)
        if self._custom:
            self._bounds(value, node.raw, path)
        if rule:
            self._refined(value, rule, path)
        return value

    def _object(self, value: dict[str, Any], node: SchemaNode, path: str, go: str, struct: str) -> dict[str, Any]:
        name = node.name.rpartition(".")[2] or struct
        rules = self._refinements.get(node.name, {}) if node.name else {}
        fields = bool(node.raw.get("properties"))
        open_ = node.preserve_unknown or (not fields and not node.values)
        changed: dict[str, Any] = {}
        for key, inner in value.items():
            child = node.field(key) or node.values
            if child is None:
                if not open_:
                    self.unknown.append(_child(path, key))
                    changed[key] = _DROP
                continue
            if inner is None and not child.raw.get("nullable") and (child.type or fields):
                changed[key] = "" if not fields and child.type == "string" else _DROP
                continue
            at = _child(path, key) if fields else _key(path, key)
            new = self._value(inner, child, at, _child(go, key), name, rules.get(key, {}))
            if new is not inner:
                changed[key] = new
        if changed:
            value = {key: one for key, inner in value.items() if (one := changed.get(key, inner)) is not _DROP}
        for key in node.required:
            if key not in value:
                self._missing(node, key, _child(path, key))
        for key, rule in rules.items():
            if rule.get("nonempty") and key not in value and key not in node.required:
                self._missing(node, key, _child(path, key))
        return value

    def _missing(self, node: SchemaNode, key: str, path: str) -> None:
        """What is said of a required field that is not there: of its own required fields, where it has some."""
        child = node.field(key)
        rules = self._refinements.get(child.name, {}) if child and child.name else {}
        inner = (
            dict.fromkeys((*child.required, *(name for name, rule in rules.items() if rule.get("nonempty"))))
            if child
            else {}
        )
        if child is None or not inner or self._custom:
            self.errors.append(required(path))
        else:
            for name in inner:
                self._missing(child, name, _child(path, name))

    def _array(self, value: Any, node: SchemaNode, path: str, go: str, struct: str) -> Any:
        child = node.items
        if child is None:
            return value
        new = [
            self._value(
                "" if one is None and child.type == "string" else one, child, f"{path}[{index}]", go, struct, {}
            )
            for index, one in enumerate(value)
        ]
        return value if all(map(_same, new, value)) else new

    def _text(self, value: str, node: SchemaNode, path: str) -> str:
        try:
            if node.format in ("date-time", "micro-time"):
                text = time_text(value, micro=node.format == "micro-time")
                return value if text == value else text
            if node.format == "byte":
                base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
        except binascii.Error:
            bad = re.search(r"[^A-Za-z0-9+/=\r\n]", value)
            self.undecodable.append(f"illegal base64 data at input byte {bad.start() if bad else len(value)}")
        except ValueError as error:
            if self._custom:
                self.errors.append(
                    invalid_value(path, value, f"{path} in body must be of type {node.format}: {quote(value)}")
                )
            else:
                self.undecodable.append(str(error))
        return value

    def _loose(self, value: Any, node: SchemaNode, path: str, go: str, struct: str) -> Any:
        if not node.int_or_string and not node.quantity:
            return value  # anything goes
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return self._wrong(value, node, path, go, struct)
        if node.int_or_string:
            if isinstance(value, float) or (isinstance(value, int) and not -(1 << 31) <= value < 1 << 31):
                return self._wrong(value, node, path, go, struct)
            return value
        try:
            text = quantity_text(value)
            return value if text == value else text
        except ValueError as error:
            self.undecodable.append(str(error))
            return value

    def _wrong(self, value: Any, node: SchemaNode, path: str, go: str, struct: str) -> Any:
        if self._custom:
            given = _json_type(value)
            self.errors.append(
                field_error(
                    path, "FieldValueTypeInvalid", f'{path} in body must be of type {node.type}: "{given}"', given
                )
            )
        else:
            field = f"{struct}.{go}" if go else "." + struct
            self.undecodable.append(
                f"json: cannot unmarshal {_go_value(value)} into Go struct field {field} of type {go_type(node)}"
            )
        return value

    def _refined(self, value: Any, rule: Mapping[str, Any], path: str) -> None:
        if rule.get("nonempty") and value in ("", [], {}):
            self.errors.append(required(path))
            return
        if value == "":
            return  # as good as absent
        if "enum" in rule and value not in rule["enum"]:
            self.errors.append(not_supported(path, value, rule["enum"]))
        self._range(value, rule, path)
        if "maxLength" in rule and len(value) > rule["maxLength"]:
            detail = f"may not be more than {rule['maxLength']} bytes"
            self.errors.append(field_error(path, "FieldValueTooLong", detail))
        if "maxItems" in rule and len(value) > rule["maxItems"]:
            detail = f"must have at most {rule['maxItems']} items"
            self.errors.append(field_error(path, "FieldValueTooMany", detail, len(value)))
        if "format" in rule:
            self.errors += [invalid_value(path, value, text) for text in FORMATS[rule["format"]](value)]
        if "keys" in rule:
            check = FORMATS[rule["keys"]]
            self.errors += [invalid_value(_key(path, key), key, text) for key in value for text in check(key)]

    def _range(self, value: Any, rule: Mapping[str, Any], path: str) -> None:
        low, high = rule.get("min"), rule.get("max")
        if low is not None and high is not None and not low <= value <= high:
            self.errors.append(invalid_value(path, value, f"must be between {low} and {high}, inclusive"))
        elif low is not None and value < low:
            self.errors.append(invalid_value(path, value, f"must be greater than or equal to {low}"))
        elif high is not None and value > high:
            self.errors.append(invalid_value(path, value, f"must be less than or equal to {high}"))

    def _bounds(self, value: Any, raw: Mapping[str, Any], path: str) -> None:
        """The keywords of a custom kind's schema, in the words of its validator."""
        self._combined(value, raw, path)
        if "enum" in raw and value not in raw["enum"]:
            self.errors.append(not_supported(path, value, map(str, raw["enum"])))
        for keyword, wrong, text in _CUSTOM_BOUNDS:
            limit = raw.get(keyword)
            if limit is not None and not isinstance(value, bool) and wrong(value, limit, raw):
                self.errors.append(invalid_value(path, value, f"{path} in body {text.format(limit)}"))

    def _combined(self, value: Any, raw: Mapping[str, Any], path: str) -> None:
        """``allOf``, ``anyOf``, ``oneOf`` and ``not``."""
        for keyword, wrong, text in _COMBINED:
            if keyword in raw and wrong([meets(one, value) for one in _listed(raw[keyword])]):
                self.errors.append(invalid_value(path, "", f'"{path}" {text}'))


def _listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


_COMBINED: tuple[tuple[str, Callable[[list[bool]], bool], str], ...] = (
    ("allOf", lambda met: not all(met), "must validate all the schemas (allOf)"),
    ("anyOf", lambda met: not any(met), "must validate at least one schema (anyOf)"),
    ("oneOf", lambda met: sum(met) != 1, "must validate one and only one schema (oneOf)"),
    ("not", any, "must not validate the schema (not)"),
)


def _number_over(value: Any, limit: Any, raw: Mapping[str, Any]) -> bool:
    return isinstance(value, int | float) and (value > limit or (value == limit and bool(raw.get("exclusiveMaximum"))))


def _number_under(value: Any, limit: Any, raw: Mapping[str, Any]) -> bool:
    return isinstance(value, int | float) and (value < limit or (value == limit and bool(raw.get("exclusiveMinimum"))))


_CUSTOM_BOUNDS = (
    ("maximum", _number_over, "should be less than or equal to {}"),
    ("minimum", _number_under, "should be greater than or equal to {}"),
    ("minLength", lambda v, n, _: isinstance(v, str) and len(v) < n, "should be at least {} chars long"),
    ("maxLength", lambda v, n, _: isinstance(v, str) and len(v) > n, "should be at most {} chars long"),
    ("pattern", lambda v, p, _: isinstance(v, str) and not re.search(p, v), "should match '{}'"),
    ("minItems", lambda v, n, _: isinstance(v, list) and len(v) < n, "should have at least {} items"),
    ("maxItems", lambda v, n, _: isinstance(v, list) and len(v) > n, "should have at most {} items"),
    ("minProperties", lambda v, n, _: isinstance(v, dict) and len(v) < n, "should have at least {} properties"),
    ("maxProperties", lambda v, n, _: isinstance(v, dict) and len(v) > n, "should have at most {} properties"),
    ("multipleOf", lambda v, n, _: isinstance(v, int | float) and v % n != 0, "should be a multiple of {}"),
    ("uniqueItems", lambda v, n, _: n and isinstance(v, list) and _repeats(v), "shouldn't contain duplicates"),
)


def _repeats(items: list[Any]) -> bool:
    return any(one in items[:index] for index, one in enumerate(items))


def _is(value: Any, type_: str) -> bool:
    return isinstance(value, _PYTHON_TYPES[type_]) and (type_ == "boolean" or not isinstance(value, bool))


def _same(one: Any, other: Any) -> bool:
    return one is other


def _child(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _key(path: str, key: str) -> str:
    return f"{path}[{key}]"


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    for name in ("boolean", "integer", "number", "string", "array", "object"):
        if isinstance(value, _PYTHON_TYPES[name]):
            return name
    return type(value).__name__


def _go_value(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return f"number {value}" if isinstance(value, float) or abs(value) >= 1 << 31 else "number"
    return _json_type(value)


def go_type(node: SchemaNode) -> str:
    """The Go type of a field, as decoder sentences name it: ``int32``, ``v1.PodSpec``, ``[]v1.Container``."""
    if node.type == "integer":
        return node.format or "int64"
    if node.type == "string" and node.format == "byte":
        return "[]uint8"
    if node.int_or_string:
        return "intstr.IntOrString"
    if node.type == "array":
        return "[]" + (go_type(node.items) if node.items else "interface {}")
    if node.type == "object" and node.values:
        return "map[string]" + go_type(node.values)
    if node.name:
        package, name = node.name.split(".")[-2:]
        return f"{package}.{name}"
    return _GO_SCALARS.get(node.type, "interface {}")
