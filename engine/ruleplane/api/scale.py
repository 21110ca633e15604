"""The scale subresource: how many an object wants and has, as an ``autoscaling/v1`` Scale, whatever its kind.

Where the numbers and the selector are is the kind's (``Kind.scale``). The Scale is a view: writing it writes the
object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.body import metadata_of
from ruleplane.api.field_error import invalid_value, refusal
from ruleplane.api.json_patch import json_patch
from ruleplane.api.merge import merge_patch
from ruleplane.api.refusals import conflict, not_found, wrong_uid
from ruleplane.api.selectors import read_path, selector_text
from ruleplane.api.update import TRIES, replace
from ruleplane.errors import BadRequest, NotFound
from ruleplane.model.kind import Kind, ScalePaths
from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.store.base import Json

_SCALE = Kind("autoscaling", "v1", "Scale", "scales", namespaced=True)


def scale_of(kind: Kind, entry: Entry) -> Entry:
    """The Scale of an object, under the object's key and revision. Raises NotFound where the kind has none."""
    paths = _paths(kind)
    value = entry.value
    metadata = value["metadata"]
    status: dict[str, Any] = {"replicas": read_path(value, paths.there) or 0}
    selector = read_path(value, paths.selector) if paths.selector else None
    if isinstance(selector, str):
        status["selector"] = selector
    elif isinstance(selector, dict) and selector:
        labelled = "matchLabels" in selector or "matchExpressions" in selector
        status["selector"] = selector_text(selector if labelled else {"matchLabels": selector})
    wanted = read_path(value, paths.wanted)
    scale = {
        "kind": _SCALE.kind,
        "apiVersion": _SCALE.api_version,
        "metadata": {
            name: metadata[name]
            for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
            if name in metadata
        },
        "spec": {} if wanted is None else {"replicas": wanted},
        "status": status,
    }
    return Entry(entry.key, scale, entry.revision, entry.created, entry.version)


async def update_scale(ctx: Context, kind: Kind, namespace: str, name: str, body: Json, call: Call) -> Entry:
    """Write a Scale; the object's Scale afterwards.

    Raises:
        NotFound, Conflict, and Invalid for a number that is negative or none.
    """
    given = metadata_of(body)
    for _ in range(TRIES):
        entry = await _read(ctx, kind, namespace, name)
        have = entry.value["metadata"]
        if given.get("uid") not in (None, "", have["uid"]):
            raise wrong_uid(kind, namespace, name, given["uid"], have["uid"])
        version = given.get("resourceVersion")
        if version and version != have["resourceVersion"]:
            raise conflict(kind, name)
        written = await _write(ctx, kind, entry, body, call, "update")
        if written is not None:
            return scale_of(kind, written)
        if version:
            break
    raise conflict(kind, name)


async def patch_scale(
    ctx: Context, kind: Kind, namespace: str, name: str, body: Any, patch_type: str, call: Call
) -> Entry:
    """Patch a Scale; the object's Scale afterwards. Raises what :func:`update_scale` raises, and BadRequest."""
    for _ in range(TRIES):
        entry = await _read(ctx, kind, namespace, name)
        now = scale_of(kind, entry).value
        if patch_type == "json":
            wanted = json_patch(now, body)
        elif isinstance(body, dict):
            wanted = merge_patch(now, body)
        else:
            raise BadRequest(f"error decoding patch: expected an object, found {type(body).__name__}")
        if metadata_of(wanted).get("resourceVersion") not in (None, "", now["metadata"]["resourceVersion"]):
            raise conflict(kind, name)
        written = await _write(ctx, kind, entry, wanted, call, "patch")
        if written is not None:
            return scale_of(kind, written)
    raise conflict(kind, name)


async def _read(ctx: Context, kind: Kind, namespace: str, name: str) -> Entry:
    entry = await ctx.get(kind, kind.key(namespace, name))
    if entry is None:
        raise not_found(kind, name)
    return entry


async def _write(ctx: Context, kind: Kind, entry: Entry, scale: Json, call: Call, verb: str) -> Entry | None:
    wanted = read_path(scale, ("spec", "replicas"))
    if wanted is None:
        wanted = 0
    if wanted.__class__ is not int or wanted < 0:
        raise refusal(
            _SCALE,
            entry.value["metadata"]["name"],
            [invalid_value("spec.replicas", wanted, "must be greater than or equal to 0")],
        )
    if read_path(entry.value, _paths(kind).wanted) == wanted:
        return entry
    new = _put(entry.value, _paths(kind).wanted, wanted)
    # the object's own fields change: it is an update of the object, owned through this subresource
    return await replace(ctx, kind, ctx.strategy(kind), entry, new, call, verb, "scale")


def _put(value: Json, path: tuple[str, ...], item: Any) -> Json:
    name, *rest = path
    return {**value, name: _put(value.get(name) or {}, tuple(rest), item) if rest else item}


def _paths(kind: Kind) -> ScalePaths:
    if kind.scale is None:
        raise NotFound("the server could not find the requested resource")
    return kind.scale
