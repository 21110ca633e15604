"""Records and explanations as text for people: plain, one column grid, no colours (the command line adds those).

Called by the command line and by failing specs. Programs read JSON instead (``trace.service``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND, rfc3339_micro
from ruleplane.model.trace import Cause, EffectRecord, Firing, Record, split_ref
from ruleplane.trace.paths import covers, split

if TYPE_CHECKING:
    from ruleplane.trace.why import Explanation, Step

_LOCAL = "node.ruleplane.dev/"
_DONE = {
    "create": "created",
    "patch": "set",
    "delete": "deleted",
    "event": "told",
    "update": "replaced",
    "apply": "applied",
}


def short(ref: str) -> str:
    """An object for reading: kind, namespace and name.

    >>> short("apps/v1/ReplicaSet/default/web"), short("v1/Node//node-1")
    ('ReplicaSet default/web', 'Node node-1')
    """
    try:
        kind, namespace, name = split_ref(ref)
    except ValueError:
        return ref
    return f"{kind.rpartition('/')[2]} {namespace}/{name}" if namespace else f"{kind.rpartition('/')[2]} {name}"


def clock_text(instant: int) -> str:
    """The time of day of an instant, to the millisecond, UTC.

    >>> clock_text(1_500_000)
    '00:00:00.001'
    """
    return rfc3339_micro(instant)[11:23]


def span(nanoseconds: int) -> str:
    """A length of time in the unit that fits.

    >>> span(900), span(1_500_000), span(90_000_000_000)
    ('0.9 µs', '1.5 ms', '90.0 s')
    """
    if nanoseconds >= SECOND:
        return f"{nanoseconds / SECOND:.1f} s"
    return f"{nanoseconds / 1e6:.1f} ms" if nanoseconds >= 1_000_000 else f"{nanoseconds / 1e3:.1f} µs"


def since(nanoseconds: int) -> str:
    """How long after something else: what an admission rule set decides comes before the request is stored.

    >>> since(1_500_000), since(-900)
    ('+1.5 ms', '-0.9 µs')
    """
    return f"{'-' if nanoseconds < 0 else '+'}{span(abs(nanoseconds))}"


def deed(verb: str, ref: str, subresource: str, paths: tuple[str, ...]) -> str:
    """What a write did, in words.

    >>> deed("patch", "v1/Pod/default/web", "status", ("status.phase",))
    'set status.phase of Pod default/web'
    """
    if verb == "post":
        return f"posted {subresource} of {short(ref)}" + (f" ({', '.join(paths)})" if paths else "")
    if verb in ("patch", "update", "apply") and paths:
        return f"set {_listed(paths)} of {short(ref)}"
    return f"{_DONE.get(verb, verb)} {short(ref)}"


def _listed(paths: tuple[str, ...]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def revision_text(ref: str, revision: int) -> str:
    """A revision, and whose: a node counts its own, apart from the cluster's.

    >>> revision_text("v1/Pod/default/web", 7), revision_text("node.ruleplane.dev/v1/Machine//node-1", 2)
    ('rev 7', 'node rev 2')
    """
    return f"node rev {revision}" if ref.startswith(_LOCAL) else f"rev {revision}"


def why_head(explanation: Explanation) -> str:
    """The first line of a chain: the object, the field, and its value where known."""
    head = short(explanation.ref)
    if explanation.field:
        head += f" .{explanation.field}"
    return f"{head} = {_value(explanation.value)}" if explanation.found and explanation.field else head


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    return "(not set)" if value is None else text if len(text) <= 60 else text[:57] + "…"


def step_cells(step: Step, began: int, asked: tuple[str, ...] = ()) -> tuple[str, str, str, str]:
    """One step as columns: revision, how long after ``began``, who, did what; of what it set only what was asked."""
    who = f"{step.by} · {step.rule}" if step.rule else f"{step.by} ({step.user})" if step.user else step.by
    paths = tuple(path for path in step.paths if covers(path, asked)) if asked else step.paths
    text = deed(step.verb, step.ref, step.subresource, paths)
    if step.cause is not None and step.cause.kind != "watch":
        text += f" [{_wake(step.cause, step.repeats)}]"
    return revision_text(step.ref, step.revision), since(step.at - began), who, text


def _wake(cause: Cause, repeats: int) -> str:
    words = {
        "timer": "woken by the clock",
        "retry": "tried again",
        "start": "found at start",
        "request": "in a request",
    }
    text = words.get(cause.kind, cause.kind)
    if cause.detail:
        text += f": {cause.detail}"
    return text + (f"; {repeats} firings before it" if repeats > 1 else "")


def why_lines(explanation: Explanation) -> list[str]:
    """The chain as a tree of lines, newest write first."""
    lines = [why_head(explanation)]
    began = explanation.steps[-1].at if explanation.steps else 0
    asked = split(explanation.field)
    cells = [step_cells(step, began, () if number else asked) for number, step in enumerate(explanation.steps)]
    indents = [f"{'   ' * depth}└─ " for depth in range(len(cells) + 1)]
    first = max((len(indent) + len(row[0]) for indent, row in zip(indents, cells, strict=False)), default=0)
    widths = [max((len(row[column]) for row in cells), default=0) for column in (1, 2)]
    for indent, (revision, after, who, text) in zip(indents, cells, strict=False):
        left = f"{indent}{revision}".ljust(first)
        lines.append(f"{left}  {after:>{widths[0]}}  {who:<{widths[1]}}  {text}")
    if explanation.gap:
        lines.append(f"{indents[len(cells)]}here the chain ends: {explanation.gap}")
    return lines


def record_lines(record: Record) -> list[str]:
    """One record of a listing: a headline, and one line per effect."""
    if not isinstance(record, Firing):
        text = deed(record.verb, record.ref, record.subresource, record.paths)
        text += f"  {revision_text(record.ref, record.revision)}"
        return [f"{clock_text(record.at)}  #{record.id}  {record.actor} ({record.user}): {text}"]
    head = f"{clock_text(record.at)}  #{record.id}  {record.component}/{record.ruleset}  {short(record.key)}"
    took = f", took {span(record.took)}" if record.took else ""
    seen = revision_text(record.key, record.revision)
    lines = [f"{head}  at {seen}, because of {cause_text(record.cause)}{took}"]
    lines += [f"    {effect_text(effect)}" for effect in record.effects]
    if record.error:
        first, *rest = record.error.splitlines()
        lines += [f"    error: {first}", *(f"    {line}" for line in rest)]
    if record.wake_at:
        lines.append(f"    next at {clock_text(record.wake_at)}")
    return lines


def cause_text(cause: Cause) -> str:
    """What woke a key, in words."""
    if cause.kind == "watch" and cause.revision:
        change = {"ADDED": "the creation", "DELETED": "the deletion"}.get(cause.detail, "a change")
        return f"{change} of {short(cause.ref)} ({revision_text(cause.ref, cause.revision)})"
    if cause.kind == "request":
        return "a request"
    words = {"timer": "the clock", "retry": "a failure before", "start": "the start", "watch": "its own work"}[
        cause.kind
    ]
    detail = cause.detail.partition("\n")[0]  # of an error the place and the message, not the text with its caret
    return f"{words} ({detail})" if detail else words


def effect_text(effect: EffectRecord) -> str:
    """One effect and what came of it."""
    text = deed(effect.verb, effect.ref, effect.subresource, effect.paths)
    if effect.verb == "event" and effect.message:
        return f"{effect.rule}: told: {effect.message}"
    if effect.outcome == "done":
        return f"{effect.rule}: {text}" + (f"  {revision_text(effect.ref, effect.revision)}" if effect.revision else "")
    reason = f" ({effect.message})" if effect.message else ""
    return f"{effect.rule}: {effect.verb} {short(effect.ref)}: {effect.outcome}{reason}"
