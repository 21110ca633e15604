"""What a subresource does when it is more than a part of its object: scale, binding, eviction.

The only place of the API that knows nouns. Subresources that are a part of the object (status, approval, finalize, …)
are data in ``rules/apiserver/strategies.yaml`` and go through ``update.py``. Token, log and exec are the HTTP edge's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruleplane.api.delete import delete
from ruleplane.api.field_error import FieldError, not_supported, refusal, required
from ruleplane.api.refusals import conflict, not_found
from ruleplane.api.selectors import matcher, read_path
from ruleplane.api.transaction import afresh
from ruleplane.api.update import TRIES
from ruleplane.errors import ApiError, BadRequest, InternalError, MethodNotAllowed, NotFound, TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json

    Post = Callable[[Context, Kind, str, str, Json, Call], Awaitable[Entry]]


async def post(ctx: Context, kind: Kind, namespace: str, name: str, subresource: str, body: Json, call: Call) -> Entry:
    """Call a subresource; the entry of the object as it is afterwards (binding: bound; eviction: as ``delete``).

    Raises:
        NotFound: no such object, or the kind has no such subresource.
        MethodNotAllowed: the subresource cannot be posted to.
        Conflict, TooManyRequests, Invalid: it refuses.
    """
    if subresource not in kind.subresources:
        raise NotFound("the server could not find the requested resource")
    action = POSTS.get(subresource)
    if action is None:
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    return await action(ctx, kind, namespace, name, body, call)


# --- binding --------------------------------------------------------------------------------------------------------


async def bind(ctx: Context, kind: Kind, namespace: str, name: str, body: Json, call: Call) -> Entry:
    """Assign a Pod to the node that a ``Binding`` targets; once only.

    Raises:
        Invalid: no target, or another kind than a node.
        NotFound: no such Pod. Conflict: it is bound, being deleted, or gated.
    """
    target = body.get("target") or {}
    _check_target(ctx, name, target)
    given = body.get("metadata") or {}
    key = kind.key(namespace, name)
    for _ in range(TRIES):
        entry = await ctx.get(kind, key)
        if entry is None:
            raise not_found(kind, name)
        _check_bindable(kind, name, entry.value, given)
        written = await _bind(ctx, kind, entry, target["name"], given, call)
        if written is not None:
            return written
    raise conflict(kind, name, subresource="binding")


@afresh
async def _bind(ctx: Context, kind: Kind, /, entry: Entry, node: str, given: Json, call: Call) -> Entry | None:
    """Do it; None if the Pod changed meanwhile."""
    old = entry.value
    new = ctx.mutate(call, "update", kind, "binding", _bound(old, node, given, ctx.now()), old)
    review = ctx.review(call, "CREATE", kind, entry.key, new, old, "binding")
    if review is not None:
        new = await review.mutate(new)
        ctx.check(kind, new, old)
        await review.validate(new)
    return await ctx.put(call, "post", kind, entry.key, new, entry, "binding", review)


def _check_target(ctx: Context, name: str, target: Json) -> None:
    errors: list[FieldError] = []
    if target.get("kind") not in (None, "", "Node"):
        errors.append(not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    if not target.get("name"):
        errors.append(required("target.name"))
    binding = ctx.registry.get("v1/Binding")
    if errors and binding is not None:
        raise refusal(binding, name, errors)
    if errors:
        raise BadRequest(", ".join(map(str, errors)))


def _check_bindable(kind: Kind, name: str, pod: Json, given: Json) -> None:
    metadata = pod["metadata"]
    for field, title in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        wanted = given.get(field)
        if wanted and wanted != metadata[field]:
            raise conflict(
                kind,
                name,
                f"Precondition failed: {title} in precondition: {wanted}, {title} in object meta: {metadata[field]}",
                "binding",
            )
    if "deletionTimestamp" in metadata:
        raise conflict(kind, name, f"pod {name} is being deleted, cannot be assigned to a host", "binding")
    node = read_path(pod, ("spec", "nodeName"))
    if node:
        raise conflict(kind, name, f'pod {name} is already assigned to node "{node}"', "binding")
    if read_path(pod, ("spec", "schedulingGates")):
        raise conflict(kind, name, f"pod {name} has non-empty .spec.schedulingGates", "binding")


def _bound(pod: Json, node: str, given: Json, time: str) -> Json:
    """The Pod on its node, and scheduled; annotations and labels of the binding become the Pod's."""
    status = dict(pod.get("status") or {})
    if status.get("nominatedNodeName") not in (None, node):
        del status["nominatedNodeName"]
    scheduled: dict[str, Any] = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": time,
    }
    conditions = list(status.get("conditions") or ())
    for at, condition in enumerate(conditions):
        if condition.get("type") == "PodScheduled":
            if condition.get("status") == "True":
                scheduled["lastTransitionTime"] = condition.get("lastTransitionTime", time)
            conditions[at] = scheduled
            break
    else:
        conditions.append(scheduled)
    del scheduled["lastProbeTime"]
    status["conditions"] = conditions
    new = {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}
    metadata = pod["metadata"]
    for field in ("annotations", "labels"):
        if given.get(field):
            metadata = {**metadata, field: {**(metadata.get(field) or {}), **given[field]}}
    new["metadata"] = metadata
    return new


# --- eviction -------------------------------------------------------------------------------------------------------


async def evict(ctx: Context, kind: Kind, namespace: str, name: str, body: Json, call: Call) -> Entry:
    """Delete a Pod unless that would break a disruption budget.

    Raises:
        NotFound: no such Pod. TooManyRequests: a budget has no disruption left. InternalError: several budgets hold it.
    """
    options = body.get("deleteOptions") or {}
    if options.get("dryRun"):
        call = replace(call, dry_run=True)
    for _ in range(TRIES):
        entry = await ctx.get(kind, kind.key(namespace, name))
        if entry is None:
            raise not_found(kind, name)
        if await _spend(ctx, namespace, name, entry.value, call):
            return await delete(ctx, kind, namespace, name, options, call, "eviction")
    raise TooManyRequests(
        "Cannot evict pod as its disruption budget keeps changing.", details={"retryAfterSeconds": 10}
    )


async def _spend(ctx: Context, namespace: str, name: str, pod: Json, call: Call) -> bool:
    """Take one disruption from the budget that holds the Pod, if any does; False if the budget changed meanwhile."""
    phase = read_path(pod, ("status", "phase"))
    if phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]:
        return True  # it disrupts nobody
    budgets = ctx.registry.get("policy/v1/PodDisruptionBudget")
    if budgets is None:
        return True
    labels = pod["metadata"].get("labels") or {}
    found = await ctx.store.list(budgets.prefix(namespace))
    holding = [entry for entry in found.entries if matcher(read_path(entry.value, ("spec", "selector")))(labels)]
    if not holding:
        return True
    if len(holding) > 1:
        raise InternalError(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    budget = holding[0]
    value, status = budget.value, budget.value.get("status") or {}
    if not _is_ready(pod) and (
        read_path(value, ("spec", "unhealthyPodEvictionPolicy")) == "AlwaysAllow"
        or status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0
    ):
        return True
    title = value["metadata"]["name"]
    if status.get("observedGeneration", 0) < value["metadata"].get("generation", 0):
        raise _over_budget(f"The disruption budget {title} is still being processed by the server.", 10)
    if status.get("disruptionsAllowed", 0) <= 0:
        raise _over_budget(
            f"The disruption budget {title} needs {status.get('desiredHealthy', 0)} healthy pods and has "
            f"{status.get('currentHealthy', 0)} currently"
        )
    disrupted = {**(status.get("disruptedPods") or {}), name: ctx.now()}
    spent = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": disrupted}
    return await ctx.put(call, "update", budgets, budget.key, {**value, "status": spent}, budget, "status") is not None


def _is_ready(pod: Json) -> bool:
    conditions = read_path(pod, ("status", "conditions")) or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _over_budget(message: str, seconds: int = 0) -> ApiError:
    details: dict[str, Any] = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    if seconds:
        details["retryAfterSeconds"] = seconds
    return TooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", details=details)


POSTS: dict[str, Post] = {"binding": bind, "eviction": evict}
