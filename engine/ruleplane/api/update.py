"""Update an object: what every write to an existing object goes through, and the verb ``update`` (PUT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.body import check_identity, metadata_of, next_metadata
from ruleplane.api.create import create
from ruleplane.api.field_error import FieldError, invalid_value, refusal
from ruleplane.api.ownership import Writer
from ruleplane.api.refusals import conflict, not_found, wrong_uid
from ruleplane.api.transaction import afresh
from ruleplane.errors import InternalError

if TYPE_CHECKING:
    from ruleplane.api.admission import Review
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.api.ownership import ManagedFields
    from ruleplane.api.strategies import Strategy
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json

TRIES = 5  # as often is an unconditional write tried against concurrent ones


async def update(
    ctx: Context, kind: Kind, namespace: str, name: str, obj: Json, call: Call, subresource: str = ""
) -> Entry:
    """Replace an object, or the part that is ``subresource``; the stored entry, unchanged where nothing differs.

    Raises:
        BadRequest: the body contradicts the request.
        NotFound: there is no such object.
        Conflict: its resourceVersion or uid is not the object's.
        Invalid: the result breaks the rules of its kind, or changes what is fixed.
    """
    obj = ctx.decode(kind, obj, call)
    check_identity(kind, namespace, obj, name)
    metadata = metadata_of(obj)
    strategy = ctx.strategy(kind)
    key = kind.key(namespace, name)
    for _ in range(TRIES):
        entry = await ctx.get(kind, key)
        if entry is None:
            if strategy.create_on_update and not subresource and not metadata.get("uid"):
                return await create(ctx, kind, namespace, obj, call)
            raise not_found(kind, name)
        conditional = check_preconditions(kind, strategy, entry, namespace, name, metadata)
        new = {**obj, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
        written = await replace(ctx, kind, strategy, entry, new, call, "update", subresource)
        if written is not None:
            return written
        if conditional:
            break
    raise conflict(kind, name)


def check_preconditions(
    kind: Kind, strategy: Strategy, entry: Entry, namespace: str, name: str, metadata: Json
) -> bool:
    """Raise Conflict if the metadata's uid or resourceVersion is not the entry's; whether it named a revision."""
    have = entry.value["metadata"]
    uid = metadata.get("uid")
    if uid and uid != have["uid"]:
        raise wrong_uid(kind, namespace, name, uid, have["uid"])
    revision = metadata.get("resourceVersion")
    if not revision or revision == "0":
        if not strategy.unconditional:
            raise refusal(kind, name, [invalid_value("metadata.resourceVersion", 0, "must be specified for an update")])
        return False
    if revision != have["resourceVersion"]:
        raise conflict(kind, name)
    return True


@afresh
async def replace(
    ctx: Context,
    kind: Kind,
    /,
    strategy: Strategy,
    entry: Entry,
    new: Json,
    call: Call,
    verb: str,
    subresource: str = "",
    entries: ManagedFields | None = None,
) -> Entry | None:
    """Make ``new`` (what a client or patch wants; never changed here) the object that ``entry`` is; the entry itself if
    nothing changes, None if it was changed meanwhile. ``entries``: the managedFields, where apply has computed them.

    Raises:
        Invalid, Forbidden: the result is refused.
    """
    old = entry.value
    errors: list[FieldError] = []
    # a subresource that is no part of the object (scale) has already become a change of the whole
    part = subresource if subresource == "status" or subresource in strategy.parts else ""
    new = fit(strategy, old, new, part, errors)
    if new is old and entries is None and not errors:
        return entry
    new = ctx.mutate(call, "update", kind, subresource, new, old)
    review = ctx.review(call, "UPDATE", kind, entry.key, old, old, subresource)
    asked = new  # what admission changes of it is nobody's, as in Kubernetes
    if review is not None:
        new = await _reviewed(ctx, kind, strategy, review, new, old, call, subresource)
    if new == old and entries is None and not errors:
        return entry
    ctx.check(kind, new, old, subresource, errors)
    if review is not None:
        await review.validate(new)
    time = ctx.now()
    if entries is None:
        writer = Writer(call.actor or "unknown", "Update", kind.api_version, subresource)
        entries = ctx.ownership.updated(ctx.node(kind), old, asked, writer, time)
    metadata = new["metadata"]
    if strategy.generation and _counts(strategy.generation, old, new):
        metadata = {**metadata, "generation": metadata.get("generation", 0) + 1}
    if entries is not metadata.get("managedFields"):
        metadata = {**metadata, "managedFields": entries}
        if not entries:
            del metadata["managedFields"]
    if metadata is not new["metadata"]:
        new = {**new, "metadata": metadata}
    if "deletionTimestamp" in metadata and _is_over(strategy, old, new):
        return await ctx.remove(call, verb, kind, entry, new, subresource, review)
    return await ctx.put(call, verb, kind, entry.key, new, entry, subresource, review)


async def _reviewed(
    ctx: Context, kind: Kind, strategy: Strategy, review: Review, new: Json, old: Json, call: Call, subresource: str
) -> Json:
    """The object after the review's mutations, which keep to the part that the request is about."""
    out = await review.mutate(new)
    if out is new:
        return new
    out = ctx.mutate(call, "update", kind, subresource, out, old)
    if subresource and subresource != "scale" and fit(strategy, old, out, subresource, []) != out:
        raise InternalError(f"admission set fields of {kind.kind} that are no part of the subresource {subresource}")
    return out


def fit(strategy: Strategy, old: Json, new: Json, subresource: str, errors: list[FieldError]) -> Json:
    """``new`` with all that this request may not change as it is in ``old``."""
    if new is old:
        return old
    metadata = next_metadata(old["metadata"], new["metadata"], errors)
    if not subresource:
        if metadata is not new["metadata"]:
            new = {**new, "metadata": metadata}
        if strategy.status and new.get("status") is not old.get("status"):
            new = {**new}
            _keep(new, old, "status")
        return new
    if subresource == "status":
        if not strategy.status_metadata:
            metadata = _only_managed(old["metadata"], metadata)
        elif metadata is not old["metadata"] and metadata.get("ownerReferences") != old["metadata"].get(
            "ownerReferences"
        ):
            metadata = {**metadata}
            _keep(metadata, old["metadata"], "ownerReferences")
        if metadata is old["metadata"] and new.get("status") == old.get("status"):
            return old
        out = {**old, "metadata": metadata}
        _keep(out, new, "status")
        return out
    out = old
    for path in strategy.parts[subresource]:
        out = _with_part(out, new, path)
    return out


def _keep(into: Json, of: Json, name: str) -> None:
    if name in of:
        into[name] = of[name]
    else:
        into.pop(name, None)


def _only_managed(old: Json, new: Json) -> Json:
    """The old metadata, but who manages which field as in the new."""
    if old.get("managedFields") == new.get("managedFields"):
        return old
    out = {**old}
    _keep(out, new, "managedFields")
    return out


def _with_part(old: Json, new: Json, path: tuple[str, ...]) -> Json:
    """``old`` with what ``new`` has at ``path``."""
    name, *rest = path
    have, want = old.get(name), new.get(name)
    if rest and isinstance(want, dict):
        want = _with_part(have if isinstance(have, dict) else {}, want, tuple(rest))
    if want is have or want == have:
        return old
    out = {**old}
    if want is None:
        del out[name]
    else:
        out[name] = want
    return out


def _counts(fields: tuple[str, ...], old: Json, new: Json) -> bool:
    """Whether a field that makes a new generation differs."""
    if fields != ("*",):
        return any(_differs(old.get(name), new.get(name)) for name in fields)
    names = (old.keys() | new.keys()) - {"metadata", "status"}
    return any(_differs(old.get(name), new.get(name)) for name in names)


def _differs(left: Any, right: Any) -> bool:
    return left is not right and left != right


def _is_over(strategy: Strategy, old: Json, new: Json) -> bool:
    """Whether a deletion that waited has nothing left to wait for."""
    if "deletionTimestamp" not in old["metadata"] or new["metadata"].get("finalizers"):
        return False
    if strategy.terminating is not None:
        value: Any = new
        for name in strategy.terminating.finalizers:
            value = value.get(name) if isinstance(value, dict) else None
        if value:
            return False
    return not old["metadata"].get("deletionGracePeriodSeconds")
