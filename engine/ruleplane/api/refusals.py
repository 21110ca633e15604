"""The refusals that every verb shares, worded as Kubernetes words them.

Each function makes an error; raising it is the caller's. Mistakes in fields are told by ``field_error.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import AlreadyExists, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def resource_name(kind: Kind, subresource: str = "") -> str:
    """``replicasets.apps``, ``pods/binding``: how messages name a resource."""
    plural = f"{kind.plural}/{subresource}" if subresource else kind.plural
    return f"{plural}.{kind.group}" if kind.group else plural


def details(kind: Kind, name: str, subresource: str = "", **more: Any) -> dict[str, Any]:
    """``Status.details``: name, group, plural resource, and what else is told (uid, causes)."""
    out: dict[str, Any] = {"name": name}
    if kind.group:
        out["group"] = kind.group
    out["kind"] = f"{kind.plural}/{subresource}" if subresource else kind.plural
    out.update(more)
    return out


def not_found(kind: Kind, name: str) -> NotFound:
    """``pods "x" not found``."""
    return NotFound(f'{resource_name(kind)} "{name}" not found', details=details(kind, name))


def already_exists(kind: Kind, name: str, *, generated: bool = False) -> AlreadyExists:
    """``pods "x" already exists``."""
    more = ", the server was not able to generate a unique name for the object" if generated else ""
    return AlreadyExists(f'{resource_name(kind)} "{name}" already exists{more}', details=details(kind, name))


def conflict(kind: Kind, name: str, why: str = MODIFIED, subresource: str = "") -> Conflict:
    """``Operation cannot be fulfilled on replicasets.apps "web": …``."""
    return Conflict(
        f'Operation cannot be fulfilled on {resource_name(kind, subresource)} "{name}": {why}',
        details=details(kind, name, subresource),
    )


def wrong_uid(kind: Kind, namespace: str, name: str, wanted: str, have: str) -> Conflict:
    """A write meant another object of that name."""
    place = f"/registry/{kind.plural}/{namespace}/{name}" if kind.namespaced else f"/registry/{kind.plural}/{name}"
    return conflict(
        kind,
        name,
        f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {have}",
    )


def forbidden(kind: Kind, name: str, why: str, causes: list[dict[str, str]] | None = None) -> Forbidden:
    """``pods "x" is forbidden: …``."""
    more: dict[str, Any] = {"causes": causes} if causes else {}
    return Forbidden(f'{resource_name(kind)} "{name}" is forbidden: {why}', details=details(kind, name, **more))
