"""Undoing: what a rule set has left in the cluster under `while`, and no rule of this pass stands for any more.

Nothing is remembered: ``matcher.footprint`` finds what lies about on account of the key, also of a primary that is
gone. Guarantees: what a rule made is deleted only when that rule, evaluated without error, does not hold for what it
was made for; fields are given up by their own manager, so that values which others own too stay. Called by
``decide.Pass``, before its wishes become requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ruleplane.errors import ApiError, EvaluationError
from ruleplane.lang import heads
from ruleplane.lang.functions import stable_hash
from ruleplane.matcher.footprint import applied, field_manager, stamp_of
from ruleplane.reconcile.effect import Effect
from ruleplane.reconcile.ensure import BURST, unordered

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.matcher.footprint import Stamp
    from ruleplane.reconcile.decide import Pass

Stage: TypeAlias = Literal["guard", "living", "finalizing", "over"]

FINALIZER = "finalizer"  # what stands for a rule's name where the finalizer itself is written


def stage_of(bound: Bound, primary: dict[str, Any] | None, obj: dict[str, Any] | None) -> Stage:
    """Which rules may hold for a primary now.

    ``guard``: none, until the finalizer is on it. ``living``: all but those that finalize. ``finalizing``: only those.
    ``over``: none, and what was done is undone: it is gone, or not for these rules, or they are being taken out.
    """
    finalizer = bound.program.finalizer
    if obj is None or primary is None:
        return "over"
    if finalizer is not None:
        ours = finalizer.name in obj["metadata"].get("finalizers", ())
        if "deletionTimestamp" in obj["metadata"]:
            return "finalizing" if ours else "over"
        if not bound.ending and not ours:
            return "guard"
    return "over" if bound.ending else "living"


def alike(old: Program, new: Program) -> bool:
    """Whether the keys of the one are keys of the other; who is asked about requests has none."""
    sort = (old.by is None, old.admission is None) == (new.by is None, new.admission is None)
    return old.kind == new.kind and sort


def finds_all(new: Program, old: Program) -> bool:
    """Whether the new text of a rule set finds again, and so undoes, all that the old one may have left."""
    if any(rule.lasting and isinstance(rule.head, heads.Keep) for rule in old.rules):
        return new.text_hash == old.text_hash  # what was kept is known by the old text alone
    if old.finalizer is not None and (new.finalizer is None or new.finalizer.name != old.finalizer.name):
        return False
    return not old.leaves or (old.kind == new.kind and old.leaves <= new.leaves)


def element_id(element: Any) -> str:
    """What an element of `each` is known by: an object by its uid, anything else by its value."""
    if element.__class__ is dict and "uid" in (element.get("metadata") or {}):
        return str(element["metadata"]["uid"])
    return stable_hash(element)


def retract(run: Pass) -> None:
    """Delete and give up what nothing stands for."""
    footprint = run.bound.footprint
    assert footprint is not None, run.bound
    name = run.bound.program.name
    shared = field_manager(name, run.key)
    deletions = 0
    for obj in footprint.of(run.key):
        made = stamp_of(obj, name)
        if made is not None and made.key == run.key and not _stands(run, made, obj):
            deletions += _delete(run, made, obj) if deletions < BURST else 0
            run.decision.more |= deletions >= BURST
            continue  # its fields go with it
        own = run.bound.groups is None and obj["metadata"].get("uid") == run.identity
        for manager, subresource in list(applied(obj)):
            if manager == shared or (own and manager == name):
                run.wishes.give_up(obj, manager, subresource)


def _stands(run: Pass, made: Stamp, obj: dict[str, Any]) -> bool:
    """Whether a rule still stands for this object."""
    uid = obj["metadata"].get("uid")
    rule = next((rule for rule in run.bound.program.rules if rule.name == made.rule), None)
    if rule is not None and rule.name in run.unsure:
        return True
    if rule is not None and rule.lasting and isinstance(rule.head, heads.Ensure):
        held = run.held.get(rule.name)
        if held is not None and (rule.each is None or made.element in held):
            return True
    if run.listed_uids is None:
        run.listed_uids = {item["metadata"].get("uid") for objects in run.listed for item in unordered(objects)}
    return uid in run.listed_uids


def _delete(run: Pass, made: Stamp, obj: dict[str, Any]) -> int:
    rule = next((rule for rule in run.bound.program.rules if rule.name == made.rule), None)
    grace, notices = None, []
    if rule is not None and run.exists and rule.each is None and isinstance(rule.head, heads.Ensure):
        try:
            grace = rule.head.grace(run.scope) if rule.head.grace is not None else None
            if rule.events is not None:
                notices = run.notices(rule, rule.events.deleted, (obj,))
        except EvaluationError as error:
            run.failed(rule.name, str(error))
    effect = run.wishes.deletion(made.rule, obj, grace)
    if effect is None:
        return 0
    if notices:
        effect.done = lambda _obj: notices
    run.add(effect)
    return 1


# --- the finalizer ----------------------------------------------------------------------------------------------------


def guard(run: Pass) -> None:
    """The finalizer comes before any other effect."""
    finalizer = run.bound.program.finalizer
    assert finalizer is not None, run.bound
    _write(run, [*run.primary["metadata"].get("finalizers", ()), finalizer.name])


def release(run: Pass) -> None:
    """The finalizer goes once nothing else is left to do, and `until` holds."""
    finalizer = run.bound.program.finalizer
    decision = run.decision
    if finalizer is None or not run.exists or run.stage not in ("finalizing", "over"):
        return
    present = run.primary["metadata"].get("finalizers", ())
    if finalizer.name not in present or decision.effects or decision.errors:
        return
    if run.stage == "finalizing":
        try:
            if finalizer.until(run.scope) is not True:
                return
        except (EvaluationError, ApiError) as error:
            run.failed(FINALIZER, f"until: {error}")
            return
    _write(run, [name for name in present if name != finalizer.name])


def _write(run: Pass, finalizers: list[str]) -> None:
    kind, metadata = run.wishes.kind_of(run.primary)
    run.decision.rules.append(FINALIZER)
    run.add(
        Effect(
            "patch",
            kind,
            metadata.get("namespace", ""),
            metadata["name"],
            [FINALIZER],
            "",
            {"metadata": {"finalizers": finalizers or None}},
            "merge",
            uid=metadata.get("uid", ""),
            guarded=True,
            seen=metadata.get("resourceVersion", ""),
            paths=("metadata.finalizers",),
        )
    )
