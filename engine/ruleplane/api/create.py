"""Create an object: name it, stamp it, default it, check it, store it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.api.body import check_identity, metadata_of
from ruleplane.api.field_error import refusal, required
from ruleplane.api.ownership import Writer
from ruleplane.api.refusals import already_exists, forbidden, not_found
from ruleplane.api.transaction import afresh
from ruleplane.errors import InternalError, MethodNotAllowed

if TYPE_CHECKING:
    from random import Random

    from ruleplane.api.admission import Review
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json

# no vowels, and no digits that look like letters: no words come out
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_BASE = 63 - 5
_TRIES = 8
_SYSTEM = ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "generation")


async def create(ctx: Context, kind: Kind, namespace: str, obj: Json, call: Call, *, applied: bool = False) -> Entry:
    """Store a new object and return it as stored. ``obj`` may omit ``apiVersion`` and ``kind``; ``applied``: it is a
    configuration, and its actor owns the stated fields as an applier.

    Raises:
        BadRequest: the body contradicts the request (another kind, another namespace).
        NotFound: its namespace does not exist; Forbidden: it is being deleted.
        AlreadyExists: the name is taken.
        Invalid: the object breaks the rules of its kind.
        MethodNotAllowed: the kind itself is being deleted.
    """
    if kind.ending:
        raise MethodNotAllowed("create not allowed while custom resource definition is terminating")
    obj = ctx.decode(kind, obj, call)
    check_identity(kind, namespace, obj)
    given = metadata_of(obj)
    if given.get("resourceVersion"):
        raise InternalError("resourceVersion should not be set on objects to be created")
    name, base = given.get("name") or "", given.get("generateName") or ""
    if not name and not base:
        raise refusal(kind, "", [required("metadata.name", "name or generateName is required")])
    if kind.namespaced:
        await _check_namespace(ctx, kind, namespace, name)
    if name:
        entry = await _store(ctx, kind, namespace, name, obj, given, call, applied=applied)
        if entry is None:
            raise already_exists(kind, name)
        return entry
    for _ in range(_TRIES):
        name = generated_name(base, ctx.random)
        entry = await _store(ctx, kind, namespace, name, obj, given, call, applied=applied)
        if entry is not None:
            return entry
    raise already_exists(kind, name, generated=True)


async def _check_namespace(ctx: Context, kind: Kind, namespace: str, name: str) -> None:
    space = ctx.namespace_kind
    if space is None:
        return
    entry = await ctx.store.get(f"{space.bucket}//{namespace}")
    if entry is None:
        raise not_found(space, namespace)
    if "deletionTimestamp" in entry.value["metadata"]:
        raise forbidden(
            kind,
            name,
            f"unable to create new content in namespace {namespace} because it is being terminated",
            [
                {
                    "reason": "NamespaceTerminating",
                    "message": f"namespace {namespace} is being terminated",
                    "field": "metadata.namespace",
                }
            ],
        )


@afresh
async def _store(
    ctx: Context, kind: Kind, /, namespace: str, name: str, obj: Json, given: Json, call: Call, *, applied: bool
) -> Entry | None:
    """Store the object under this name; None if the name is taken."""
    strategy = ctx.strategy(kind)
    time = ctx.now()
    metadata: Json = {**given, "name": name}
    for field in _SYSTEM:
        metadata.pop(field, None)
    if kind.namespaced:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    metadata["uid"] = new_uid(ctx.random)
    metadata["creationTimestamp"] = time
    if strategy.generation:
        metadata["generation"] = 1
    new: Json = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    for field, value in obj.items():
        new.setdefault(field, value)
    if strategy.status and not (strategy.status_at_creation and "status" in new):
        new.pop("status", None)
        if not kind.custom:
            new["status"] = ctx.empty_status(kind)
    if strategy.initial:
        new.update(strategy.initial)
    key = kind.key(namespace, name)
    new = ctx.mutate(call, "create", kind, "", new, None)
    review = ctx.review(call, "CREATE", kind, key, new, None)
    asked = new  # what admission changes of it is nobody's, as in Kubernetes
    if review is None:
        ctx.check(kind, new)
    else:
        new = await _reviewed(ctx, kind, review, new, call)
    metadata = dict(new["metadata"])
    if applied:
        entries = ctx.ownership.applied(ctx.node(kind), obj, call.actor, kind, time, status=strategy.status)
    else:
        writer = Writer(call.actor or "unknown", "Update", kind.api_version)
        entries = ctx.ownership.created(kind, ctx.node(kind), asked, writer, time, status=strategy.status)
    if entries:
        metadata["managedFields"] = entries
    # another object: what the review has seen stays as it was
    new = {**new, "metadata": metadata}
    return await ctx.put(call, "apply" if applied else "create", kind, key, new, None, review=review)


async def _reviewed(ctx: Context, kind: Kind, review: Review, new: Json, call: Call) -> Json:
    """The object as its review has it, checked."""
    out = await review.mutate(new)
    if out is not new:
        out = ctx.mutate(call, "create", kind, "", out, None)
    ctx.check(kind, out)
    await review.validate(out)
    return out


def generated_name(base: str, random: Random) -> str:
    """``base`` and five letters, 63 at most.

    >>> from random import Random
    >>> len(generated_name("x" * 70, Random(1)))
    63
    """
    return base[:_LONGEST_BASE] + "".join(random.choices(_LETTERS, k=5))


def new_uid(random: Random) -> str:
    """A random (version 4) UUID.

    >>> from random import Random
    >>> new_uid(Random(1))[14]
    '4'
    """
    bits = random.getrandbits(128)
    text = f"{(bits & ~0xF000C000000000000000) | 0x40008000000000000000:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
