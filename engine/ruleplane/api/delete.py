"""Delete an object: preconditions, grace, finalizers, propagation.

Flow: a deletion that has something to wait for (a grace that somebody else ends, a finalizer, a list that the kind's
strategy names) is a write of ``deletionTimestamp``; whoever then takes away the last reason ends it (``update.py``).
Otherwise the object goes at once. Dependents are not looked at: ``propagationPolicy`` leaves a finalizer, and the rules
of the garbage collector do the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruleplane.api.field_error import FieldError, invalid_value, not_supported
from ruleplane.api.options import refuse_options
from ruleplane.api.refusals import conflict, not_found
from ruleplane.api.selectors import as_field_value, read_path
from ruleplane.api.transaction import afresh
from ruleplane.api.update import TRIES
from ruleplane.clock import SECOND, parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from ruleplane.api.admission import Operation
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.api.strategies import Graceful, Strategy
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_POLICIES = ("Background", "Foreground", "Orphan")
_WAIT, _GO = "wait", "go"  # what a deletion comes to: write the object as deleting, or remove it


async def delete(
    ctx: Context, kind: Kind, namespace: str, name: str, options: Json | None, call: Call, subresource: str = ""
) -> Entry:
    """Delete one object: a ``Removed`` if it is gone, else the entry that is being deleted.

    ``options`` is a ``DeleteOptions``: ``gracePeriodSeconds``, ``preconditions`` (``uid``, ``resourceVersion``),
    ``propagationPolicy``, ``dryRun``. ``subresource``: what was posted to, where that asks for the deletion.

    Raises:
        NotFound: there is no such object.
        Conflict: a precondition does not hold.
        Invalid: the options contradict each other.
    """
    options = options or {}
    check_options(options)
    if options.get("dryRun") and not call.dry_run:
        call = replace(call, dry_run=True)
    strategy = ctx.strategy(kind)
    key = kind.key(namespace, name)
    for _ in range(TRIES):
        entry = await ctx.get(kind, key)
        if entry is None:
            raise not_found(kind, name)
        _check_preconditions(kind, name, entry.value["metadata"], options.get("preconditions") or {})
        done = await _delete(ctx, kind, strategy, entry, options, call, subresource)
        if done is not None:
            return done
    raise conflict(kind, name)


def check_options(options: Json) -> None:
    """Raise Invalid if a ``DeleteOptions`` contradicts itself."""
    errors: list[FieldError] = []
    policy = options.get("propagationPolicy")
    if policy is not None and options.get("orphanDependents") is not None:
        errors.append(
            invalid_value("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set")
        )
    elif policy is not None and policy not in _POLICIES:
        errors.append(not_supported("propagationPolicy", policy, _POLICIES))
    errors += [not_supported("dryRun", value, ["All"]) for value in options.get("dryRun") or () if value != "All"]
    if errors:
        raise refuse_options("DeleteOptions", *errors)


def _check_preconditions(kind: Kind, name: str, metadata: Json, wanted: Json) -> None:
    uid, revision = wanted.get("uid"), wanted.get("resourceVersion")
    if uid is not None and uid != metadata["uid"]:
        raise conflict(
            kind,
            name,
            f"the UID in the precondition ({uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated",
        )
    if revision is not None and revision != metadata["resourceVersion"]:
        raise conflict(
            kind,
            name,
            f"the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record "
            f"({metadata['resourceVersion']}). The object might have been modified",
        )


@afresh
async def _delete(
    ctx: Context, kind: Kind, /, strategy: Strategy, entry: Entry, options: Json, call: Call, subresource: str
) -> Entry | None:
    """Do it; None if the object changed meanwhile."""
    value = entry.value
    if ctx.admission is not None:
        ctx.admission.validate(call, "delete", kind, "", value, value)
    operation: Operation = "CREATE" if subresource else "DELETE"  # posting to a subresource creates it
    review = ctx.review(call, operation, kind, entry.key, value, value, subresource, options)
    if review is not None:
        await review.validate(value)
    outcome, new = decide(strategy, entry.value, options, ctx.clock.now())
    if outcome == _GO:
        return await ctx.remove(call, "delete", kind, entry, new, review=review)
    if new is entry.value:
        return entry
    return await ctx.put(call, "delete", kind, entry.key, new, entry, review=review)


def decide(strategy: Strategy, value: Json, options: Json, now: int) -> tuple[str, Json]:
    """What a deletion comes to: ``("go", last state)`` or ``("wait", state while it is being deleted)``."""
    metadata = value["metadata"]
    if strategy.terminating is not None and read_path(value, strategy.terminating.finalizers):
        return _WAIT, _terminating(strategy, value, options, now)
    seconds = options.get("gracePeriodSeconds")
    if seconds is not None and seconds < 0:
        seconds = 1
    graceful = strategy.graceful
    if "deletionTimestamp" in metadata:
        grace = metadata.get("deletionGracePeriodSeconds") or 0
        if graceful is not None and grace:
            return _shortened(value, metadata, grace, seconds)
        finalizers = _finalizers(metadata, options)
        if not finalizers:
            return _GO, value
        if finalizers == metadata.get("finalizers"):
            return _WAIT, value
        return _WAIT, {**value, "metadata": {**metadata, "finalizers": finalizers}}
    finalizers = _finalizers(metadata, options)
    if strategy.cleanup and strategy.cleanup not in finalizers:
        finalizers = [*finalizers, strategy.cleanup]
    grace = _grace(graceful, value, seconds) if graceful is not None else 0
    marked = _marked(metadata, now + grace * SECOND, grace)
    if finalizers != (metadata.get("finalizers") or []):
        marked["finalizers"] = finalizers
        if not finalizers:
            del marked["finalizers"]
    new = {**value, "metadata": marked}
    return (_WAIT if grace or finalizers else _GO), new


def _shortened(value: Json, metadata: Json, grace: int, seconds: int | None) -> tuple[str, Json]:
    """A second request for a deletion that waits for its grace: it can only be made shorter."""
    if seconds is None or seconds >= grace:
        return _WAIT, value
    start = parse_rfc3339(metadata["deletionTimestamp"]) - grace * SECOND
    marked = {
        **metadata,
        "deletionTimestamp": rfc3339(start + seconds * SECOND),
        "deletionGracePeriodSeconds": seconds,
    }
    return (_WAIT if seconds or metadata.get("finalizers") else _GO), {**value, "metadata": marked}


def _grace(graceful: Graceful, value: Json, seconds: int | None) -> int:
    for path, values in graceful.immediate:
        if as_field_value(read_path(value, path)) in values:
            return 0
    if seconds is None:
        seconds = read_path(value, graceful.seconds)
    if seconds is None:
        return 0
    return int(seconds) if seconds >= 0 else 1


def _marked(metadata: Json, instant: int, grace: int | None) -> Json:
    """The metadata of an object that is being deleted from now on; this is a new generation of it."""
    out: dict[str, Any] = {**metadata, "deletionTimestamp": rfc3339(instant)}
    if grace is not None:
        out["deletionGracePeriodSeconds"] = grace
    if out.get("generation"):
        out["generation"] += 1
    return out


def _terminating(strategy: Strategy, value: Json, options: Json, now: int) -> Json:
    """The object while the list of finalizers that its kind has outside of metadata is emptied."""
    metadata = value["metadata"]
    assert strategy.terminating is not None
    if "deletionTimestamp" in metadata:
        return value
    marked = _marked(metadata, now, None)
    finalizers = _finalizers(metadata, options)
    if finalizers:
        marked["finalizers"] = finalizers
    new = {**value, "metadata": marked}
    for name, fields in strategy.terminating.fields.items():
        new[name] = {**(value.get(name) or {}), **fields}
    return new


def _finalizers(metadata: Json, options: Json) -> list[str]:
    """The finalizers with those that the propagation policy asks for, and without those that it rules out."""
    have: list[str] = metadata.get("finalizers") or []
    policy, orphan = options.get("propagationPolicy"), options.get("orphanDependents")
    if policy is None and orphan is None:
        return have
    out = [name for name in have if name not in (ORPHAN, FOREGROUND)]
    if policy == "Orphan" or orphan is True:
        out.append(ORPHAN)
    elif policy == "Foreground":
        out.append(FOREGROUND)
    return have if sorted(out) == sorted(have) else out
