"""Whether a request's body belongs to the request: kind, namespace, name, and which metadata is the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.field_error import FieldError, field_error, invalid_value
from ruleplane.api.merge import same
from ruleplane.api.ownership import is_reset
from ruleplane.errors import BadRequest

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json

_FIXED = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def check_identity(kind: Kind, namespace: str, obj: Json, name: str = "") -> None:
    """Raise BadRequest if the body is of another kind, namespace or name than the request says."""
    version, kind_name = obj.get("apiVersion"), obj.get("kind")
    if version is not None and version != kind.api_version:
        raise BadRequest(
            f"the API version in the data ({version}) does not match the expected API version ({kind.api_version})"
        )
    if kind_name is not None and kind_name != kind.kind:
        raise BadRequest(f"the kind in the data ({kind_name}) does not match the expected kind ({kind.kind})")
    metadata = metadata_of(obj)
    if kind.namespaced and metadata.get("namespace") not in (None, "", namespace):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    if name:
        given = metadata.get("name")
        if not given:
            raise BadRequest("name must be provided" if given is None else "the name of the object must not be empty")
        if given != name:
            raise BadRequest(f"the name of the object ({given}) does not match the name on the URL ({name})")


def metadata_of(obj: Json) -> dict[str, Any]:
    """``obj.metadata``, ``{}`` where there is none. Raises BadRequest where it is no object."""
    metadata = obj.get("metadata")
    if metadata is None:
        return {}
    if not isinstance(metadata, dict):
        raise BadRequest(f"metadata: expected an object, found {type(metadata).__name__}")
    return metadata


def next_metadata(old: Json, new: Json, errors: list[FieldError]) -> Json:
    """The metadata after an update: what the client may set from ``new``, what is the server's from ``old``; ``old``
    itself if nothing changes. Attempts to change what is fixed go into ``errors``."""
    if new is old:
        return old
    out = dict(new)
    out.pop("selfLink", None)
    for name in ("resourceVersion", "generation"):
        if name in old:
            out[name] = old[name]
        else:
            out.pop(name, None)
    for name in _FIXED:
        have, want = old.get(name), out.get(name)
        if want is None or want == "":
            if have is not None:
                out[name] = have
            else:
                out.pop(name, None)
        elif want != have:
            errors.append(invalid_value(f"metadata.{name}", want, "field is immutable"))
    if "deletionTimestamp" in old:
        _check_finalizers(old, out, errors)
    entries = out.get("managedFields")
    if is_reset(entries):
        del out["managedFields"]
    elif not entries and "managedFields" in old:
        out["managedFields"] = old["managedFields"]
    elif not entries:
        out.pop("managedFields", None)
    return old if same(out, old) else out


def _check_finalizers(old: Json, new: Json, errors: list[FieldError]) -> None:
    """An object that is being deleted gets no new reason to wait."""
    added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
    if added:
        texts = ", ".join(f'"{name}"' for name in added)
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{texts}}}"
        errors.append(field_error("metadata.finalizers", "FieldValueForbidden", why))
