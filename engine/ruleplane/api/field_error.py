"""A mistake in one field, worded as Kubernetes words it, and the refusal that lists several of them.

Not here: finding mistakes (validate.py and what it uses). Paths read ``spec.ports[0].name``; a map's, ``data[key]``.

https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation/field
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ruleplane.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ruleplane.model.kind import Kind

# type -> what its message starts with; a value is quoted after those that are not in _WITHOUT_VALUE
_TITLES = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueNotFound": "Not found",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
}
_WITHOUT_VALUE = frozenset(("FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong"))
_NONE = object()


class FieldError(NamedTuple):
    """``path`` of the field, ``type`` as in a Status cause (``FieldValueRequired`` …), ``message`` without the path."""

    path: str
    type: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    def cause(self) -> dict[str, str]:
        """One entry of ``details.causes``."""
        return {"reason": self.type, "message": self.message, "field": self.path}


def field_error(path: str, type_: str, detail: str = "", value: Any = _NONE) -> FieldError:
    """A mistake of a type, with its detail and, where the type shows one, the value that is wrong.

    >>> print(field_error("spec.replicas", "FieldValueInvalid", "must be greater than or equal to 0", -1))
    spec.replicas: Invalid value: -1: must be greater than or equal to 0
    """
    text = _TITLES[type_]
    if type_ not in _WITHOUT_VALUE and value is not _NONE:
        text = f"{text}: {quote(value)}"
    return FieldError(path, type_, f"{text}: {detail}" if detail else text)


def required(path: str, detail: str = "") -> FieldError:
    """The field must be there, and is not."""
    return field_error(path, "FieldValueRequired", detail)


def invalid_value(path: str, value: Any, detail: str) -> FieldError:
    """The value breaks a rule."""
    return field_error(path, "FieldValueInvalid", detail, value)


def not_supported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is none of those that there are."""
    names = ", ".join(quote(one) for one in sorted(supported))
    return field_error(path, "FieldValueNotSupported", f"supported values: {names}", value)


def quote(value: Any) -> str:
    """A value as messages show it: text and objects as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def refusal(kind: Kind, name: str, errors: Sequence[FieldError]) -> Invalid:
    """The 422 answer that lists these mistakes (there must be one); the caller raises it."""
    title = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    texts = list(dict.fromkeys(str(error) for error in errors))
    body = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = {
        "name": name,
        **({"group": kind.group} if kind.group else {}),
        "kind": kind.kind,
        "causes": [error.cause() for error in errors],
    }
    return Invalid(f"{title} {json.dumps(name)} is invalid: {body}", details=details)
