"""Patch an object: read it, change it as the patch says, write it as an update; again if it changed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.apply import apply
from ruleplane.api.body import check_identity, metadata_of
from ruleplane.api.create import create
from ruleplane.api.field_error import field_error, required
from ruleplane.api.json_patch import json_patch
from ruleplane.api.merge import merge_fields, merge_patch
from ruleplane.api.options import refuse_options
from ruleplane.api.refusals import conflict, details, not_found, wrong_uid
from ruleplane.api.strategic import strategic_merge
from ruleplane.api.update import TRIES, replace
from ruleplane.errors import BadRequest, Conflict, UnsupportedMediaType

if TYPE_CHECKING:
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode
    from ruleplane.store.base import Entry, Json

JSON, MERGE, STRATEGIC, APPLY, FIELDS = "json", "merge", "strategic", "apply", "fields"


async def patch(
    ctx: Context,
    kind: Kind,
    namespace: str,
    name: str,
    body: Any,
    patch_type: str,
    call: Call,
    subresource: str = "",
    *,
    force: bool | None = None,
) -> Entry:
    """Change an object as ``body`` says; the stored entry, unchanged where nothing differs.

    ``patch_type`` is ``json``, ``merge``, ``strategic``, ``apply`` (``force`` takes fields from their managers) or
    ``fields``, the rule engine's own.

    Raises:
        UnsupportedMediaType: this type does not exist, or not for this kind.
        BadRequest: the patch is malformed.
        NotFound: there is no such object (an apply creates it).
        Conflict: the patch names a uid or resourceVersion that is not the object's, or applies another manager's field.
        Invalid: the patch does not fit the object, or the result breaks the rules of its kind.
    """
    if patch_type == APPLY:
        return await _apply(ctx, kind, namespace, name, body, call, subresource, bool(force))
    if force is not None:
        raise refuse_options(
            "PatchOptions", field_error("force", "FieldValueForbidden", "may not be specified for non-apply patch")
        )
    _check_type(kind, patch_type, body)
    strategy = ctx.strategy(kind)
    key = kind.key(namespace, name)
    for _ in range(TRIES):
        entry = await ctx.get(kind, key)
        if entry is None:
            raise not_found(kind, name)
        new = _patched(ctx.node(kind), entry.value, body, patch_type)
        if new is entry.value:
            return entry
        metadata, have = metadata_of(new), entry.value["metadata"]
        if metadata is not have:
            if metadata.get("uid") not in (None, "", have["uid"]):
                raise wrong_uid(kind, namespace, name, metadata["uid"], have["uid"])
            if metadata.get("resourceVersion") not in (None, "", have["resourceVersion"]):
                raise conflict(kind, name)
        if patch_type != FIELDS:
            new = ctx.decode(kind, new, call)
            check_identity(kind, namespace, new)
        if "metadata" not in new:
            new = {**new, "metadata": {}}
        written = await replace(ctx, kind, strategy, entry, new, call, "patch", subresource)
        if written is not None:
            return written
    raise conflict(kind, name)


def _check_type(kind: Kind, patch_type: str, body: Any) -> None:
    if patch_type not in (JSON, MERGE, STRATEGIC, FIELDS):
        raise UnsupportedMediaType(f"the body of the request was in an unknown format - {_accepted(kind)}")
    if patch_type == STRATEGIC and kind.custom:
        raise UnsupportedMediaType(f"the body of the request was in an unknown format - {_accepted(kind)}")
    if patch_type != JSON and not isinstance(body, dict):
        raise BadRequest(f"error decoding patch: expected an object, found {type(body).__name__}")


def _accepted(kind: Kind) -> str:
    types = ["application/json-patch+json", "application/merge-patch+json"]
    if not kind.custom:
        types.append("application/strategic-merge-patch+json")
    return f"accepted media types include: {', '.join([*types, 'application/apply-patch+yaml'])}"


def _patched(node: SchemaNode | None, old: Json, body: Any, patch_type: str) -> Json:
    if patch_type == FIELDS:
        return merge_fields(node, old, body)
    if patch_type == MERGE:
        merged: Json = merge_patch(old, body)
        return merged
    if patch_type == STRATEGIC:
        return strategic_merge(node, old, body)
    return json_patch(old, body)


def _check_config(kind: Kind, namespace: str, name: str, body: Any, call: Call) -> Json:
    """Raise unless the body is a configuration that can be applied to this object; its metadata."""
    if not call.actor:
        raise refuse_options("PatchOptions", required("fieldManager", "is required for apply patch"))
    if not isinstance(body, dict):
        raise BadRequest(f"error decoding YAML: expected an object, found {type(body).__name__}")
    for field in ("apiVersion", "kind"):
        if not body.get(field):
            raise BadRequest(f"invalid object type: /, Kind={body.get('kind') or ''}: {field} must be set")
    check_identity(kind, namespace, body)
    metadata = metadata_of(body)
    if metadata.get("managedFields"):
        raise BadRequest("metadata.managedFields must be nil")
    if metadata.get("name") not in (None, "", name):
        raise BadRequest(f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})")
    return metadata


async def _apply(
    ctx: Context, kind: Kind, namespace: str, name: str, body: Any, call: Call, subresource: str, force: bool
) -> Entry:
    metadata = _check_config(kind, namespace, name, body, call)
    config = ctx.decode(kind, body, call)
    strategy = ctx.strategy(kind)
    key = kind.key(namespace, name)
    for _ in range(TRIES):
        entry = await ctx.get(kind, key)
        if entry is None:
            if subresource:
                raise not_found(kind, name)
            return await _apply_new(ctx, kind, namespace, name, config, call)
        have = entry.value["metadata"]
        if metadata.get("uid") not in (None, "", have["uid"]):
            raise wrong_uid(kind, namespace, name, metadata["uid"], have["uid"])
        if metadata.get("resourceVersion") not in (None, "", have["resourceVersion"]):
            raise conflict(kind, name)
        new, entries = apply(
            kind,
            ctx.node(kind),
            strategy,
            entry.value,
            config,
            call.actor,
            subresource,
            ctx.now(),
            force=force,
        )
        written = await replace(ctx, kind, strategy, entry, new, call, "apply", subresource, entries)
        if written is not None:
            return written
    raise conflict(kind, name)


async def _apply_new(ctx: Context, kind: Kind, namespace: str, name: str, config: Json, call: Call) -> Entry:
    metadata = config.get("metadata") or {}
    if metadata.get("uid"):
        raise Conflict(
            f'Operation cannot be fulfilled on {kind.plural} "{name}": uid mismatch: the provided object specified uid '
            f"{metadata['uid']}, and no existing object was found",
            details=details(kind, name),
        )
    body = {**config, "metadata": {**metadata, "name": name}}
    return await create(ctx, kind, namespace, body, call, applied=True)
