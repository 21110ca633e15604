"""The record of one pass that had effects, told something or failed: what the trace keeps of it. Called by the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ruleplane.model.trace import Cause, EffectRecord, Firing, Inputs, object_ref

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.reconcile.effect import Decision


def firing_of(
    program: Program,
    ref: str,
    number: int,
    cause: Cause,
    primary: Any,
    decision: Decision,
    effects: list[EffectRecord],
    now: int,
    refused: list[dict[str, Any]],
) -> Firing:
    """The record; ``ref`` names the primary, ``now`` (ns) is the instant of the decision."""
    return Firing(
        number,
        now,
        program.name,
        program.component,
        ref,
        cause,
        revision=_revision(primary),
        rules=tuple(decision.rules),
        effects=tuple(effects),
        error="; ".join(f"{rule}: {message}" for rule, message in decision.errors),
        wake_at=decision.wake_at,
        inputs=Inputs(now, program.text_hash, "", {}, tuple(refused)),
    )


def _revision(primary: Any) -> int:
    """As of which revision the primary was seen; of a group, its latest member; 0 where nothing is there."""
    if primary.__class__ is dict:
        return int(primary["metadata"].get("resourceVersion") or 0)
    return max((int(member["metadata"].get("resourceVersion") or 0) for member in primary), default=0)


def ref_of(bound: Bound, key: str) -> str:
    """What traces call a primary, or a group of them."""
    if bound.groups is not None:
        return object_ref(bound.program.kind, "", f"by({quote(key, safe='#:, ')})")
    if bound.program.kind == "*":
        ref, _, rest = key.partition("|")
        return f"{ref}/{rest}"
    return f"{bound.program.kind}/{key}"
