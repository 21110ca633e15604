"""Why a field is as it is: the chain of causes, from the write that last set it back to the request that began it.

One step per write. A firing's cause names the revision that woke it; the record that wrote that revision is the next
step. The chain cannot turn in circles: a cause was written before the firing that it woke began, so that ids only fall.

Where a link is missing (the record is older than the oldest kept one, or was never recorded), the chain ends with a
*gap* that says so. Called by ``trace.service`` and by specs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.model.trace import Cause, EffectRecord, Firing, Record, RequestRecord
from ruleplane.trace.paths import covers, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ruleplane.trace.log import Log

_LONGEST = 200  # steps; a chain this long is a loop of rules, and its beginning explains nothing


@dataclass(slots=True)
class Step:
    """One write in the chain: who made which change, and what woke them."""

    record: int  # id of the firing or request
    at: int
    revision: int
    by: str  # "<component>/<rule set>", or the client's field manager
    rule: str  # "" for a client
    user: str  # "" for a rule
    verb: str
    ref: str  # of the object written
    subresource: str
    paths: tuple[str, ...]
    cause: Cause | None  # ``None`` for a client
    repeats: int = 0  # firings of the same key by timer or retry in between, left out


@dataclass(slots=True)
class Explanation:
    """The chain for one object, or for one field of it (``field`` without leading dot). ``gap`` says why the chain ends
    before a client's request; ``value`` is the field's present value where the asker could read it."""

    ref: str
    field: str
    steps: tuple[Step, ...]
    gap: str = ""
    value: Any = None
    found: bool = False  # whether ``value`` was read


def why(log: Log, ref: str, field: str = "") -> Explanation:
    """The chain of causes of a field of an object (``""``: of its last write)."""
    asked = split(field)
    steps: list[Step] = []
    record = next(_writes(log.newest(ref=ref), ref, asked), None)
    if record is None:
        return Explanation(ref, field, (), _never(log, ref, field))
    effect = _effect(record, ref, asked)
    gap = ""
    while True:
        step = _step(record, effect)
        steps.append(step)
        if not isinstance(record, Firing):
            break
        if len(steps) >= _LONGEST:
            gap = f"the chain goes on for more than {_LONGEST} steps"
            break
        following, gap = _before(log, record, step)
        if following is None:
            break
        record, effect = following
    return Explanation(ref, field, tuple(steps), gap)


def _writes(records: Iterable[Record], ref: str, asked: tuple[str, ...]) -> Iterator[Record]:
    return (record for record in records if _effect(record, ref, asked) is not None)


def _effect(record: Record, ref: str, asked: tuple[str, ...]) -> EffectRecord | None:
    """The effect of the record that set the field asked for; a request is shown as one effect without a rule."""
    effects = record.effects if isinstance(record, Firing) else (_as_effect(record),)
    # of several rules that wrote one object in one request, each has its own paths
    for effect in reversed(effects):
        if effect.ref == ref and effect.revision and effect.outcome == "done" and _covers(effect, asked):
            return effect
    return None


def _covers(effect: EffectRecord, asked: tuple[str, ...]) -> bool:
    return not asked or not effect.paths or any(covers(path, asked) for path in effect.paths)


def _as_effect(record: RequestRecord) -> EffectRecord:
    verb: Any = record.verb
    return EffectRecord("", verb, record.ref, record.uid, record.subresource, "done", record.revision, record.paths)


def _step(record: Record, effect: EffectRecord | None) -> Step:
    if isinstance(record, Firing):
        assert effect is not None
        return Step(
            record.id, record.at, effect.revision, f"{record.component}/{record.ruleset}", effect.rule, "",
            effect.verb, effect.ref, effect.subresource, effect.paths, record.cause,
        )  # fmt: skip
    return Step(
        record.id, record.at, record.revision, record.actor, "", record.user,
        record.verb, record.ref, record.subresource, record.paths, None,
    )  # fmt: skip


def _before(log: Log, firing: Firing, step: Step) -> tuple[tuple[Record, EffectRecord | None] | None, str]:
    """The record that caused this firing, with the effect that did; or why there is none."""
    firing, step.repeats = _first_try(log, firing)
    cause = firing.cause
    if cause.revision:
        record = log.writer(cause.ref, cause.revision)
        if record is None or record.id >= firing.id:
            return None, f"revision {cause.revision} of {cause.ref} was written by nobody on record{_kept(log)}"
        return (record, _written(record, cause)), ""
    # woken by the clock, or found when the control plane started: what the primary last was is the cause
    record = next(_writes(log.newest(ref=firing.key, below=firing.id), firing.key, ()), None)
    if record is None:
        return None, _never(log, firing.key, "", firing.id)
    return (record, _effect(record, firing.key, ())), ""


def _written(record: Record, cause: Cause) -> EffectRecord | None:
    if isinstance(record, Firing):
        return next(e for e in record.effects if e.ref == cause.ref and e.revision == cause.revision)
    return None


def _first_try(log: Log, firing: Firing) -> tuple[Firing, int]:
    """The firing that set the timer or failed first, and how many there were in between."""
    repeats = 0
    if firing.cause.kind in ("timer", "retry"):
        for record in log.newest(ref=firing.key, ruleset=firing.ruleset, below=firing.id):
            if isinstance(record, Firing) and record.key == firing.key:
                repeats += 1
                firing = record
                if firing.cause.kind not in ("timer", "retry"):
                    break
    return firing, repeats


def _never(log: Log, ref: str, field: str, below: int = 0) -> str:
    what = f"the field {field} of {ref}" if field else ref
    return f"no write of {what} is on record{f' before firing {below}' if below else ''}{_kept(log)}"


def _kept(log: Log) -> str:
    if not log.last:
        return " (the trace is empty)"
    return f" (the oldest record kept is {log.first})" if log.first > 1 else ""
