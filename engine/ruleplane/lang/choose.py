"""Compiles `choose`: filters with their verdicts, weighted scores, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang import heads
from ruleplane.lang.cel.walk import free_names
from ruleplane.lang.reads import Value, merge, shortest
from ruleplane.lang.walk import functions_called

if TYPE_CHECKING:
    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.reads import Abstract, Reads
    from ruleplane.lang.rules import Place
    from ruleplane.model import heads as shapes


_CLOCK = frozenset({"tick", "cronPrev", "cronNext", "seen", "changed", "history"})


def compile_choose(place: Place, shape: shapes.Choose) -> heads.Choose:
    """One `choose`. Raises SourceError."""
    from ruleplane.lang.rules import element_of

    unit = place.unit
    variable, text = shape.candidates
    candidates, listed = place.inside(variable).expr(text, whole=False)
    candidate: dict[str, Abstract] = {variable: element_of(unit, listed)}
    before, unit.reads = unit.reads, {}
    filters, scores = [], []
    for name, filter_ in shape.filters.items():
        filters.append(_filter(place.inside("filters").inside(name, candidate), name, filter_))
    for name, score in shape.scores.items():
        value = place.inside("scores").inside(name, candidate).inside("value").expr(score.value)[0]
        scores.append(heads.Score(name, value, score.weight, score.normalize))
    judged, unit.reads = unit.reads, before
    merge(unit.reads, judged)
    enough = place.optional(shape.enough, "enough")
    then = _outcome(place.inside("then", candidate), shape.then)
    none = None
    if shape.none is not None:
        none = _outcome(place.inside("none", {"rejections": None}), shape.none)
    own = judged.get(unit.primary, set())
    # what a request says is read by no path: verdicts on it are not shared
    alike = () not in own and not (unit.grouped and own) and "request" not in unit.names
    texts = [text for one in shape.filters.values() for text in (one.require, *(one.each or {}).values())]
    texts += [score.value for score in shape.scores.values()]
    memo = alike and _memo(place, judged, candidate[variable]) and not _asks_clock(place, texts)
    return heads.Choose(variable, candidates, tuple(filters), tuple(scores), then, none, shortest(own), enough, memo)


def _memo(place: Place, judged: Reads, candidate: Abstract) -> bool:
    """Verdicts can be shared where nothing is read but the primary, the candidate, and relations asked about the
    candidate."""
    source = candidate.source if isinstance(candidate, Value) else None
    for name in judged:
        relation = place.unit.relations.get(name)
        if name not in (place.unit.primary, source) and not (relation is not None and relation.params):
            return False
        if relation is not None and relation.every:
            return False  # no change makes a verdict stale, and who shares one would not be woken
    return source is not None


def _asks_clock(place: Place, texts: list[str]) -> bool:
    """Whether a verdict may come out differently later: it is not shared, as nobody tells the memo that the time has
    come. Followed through lets and functions."""
    unit = place.unit
    left: list[Expr] = [unit.parse(text, place.path) for text in texts]
    followed: set[str] = set()
    while left:
        expr = left.pop()
        names, calls = free_names(expr), functions_called(expr)
        if "now" in names or calls & _CLOCK:
            return True
        for name in (names | calls) - followed:
            followed.add(name)
            if name in unit.lets:
                left.append(unit.lets[name])
            elif name in unit.definitions:
                left.append(unit.definitions[name][1])
    return False


def _filter(place: Place, name: str, shape: shapes.Filter) -> heads.Filter:
    from ruleplane.lang.rules import element_of

    each = None
    if shape.each is not None:
        ((variable, text),) = shape.each.items()
        each, listed = place.inside("each").inside(variable).expr(text, whole=False)
        place = place.inside("", {variable: element_of(place.unit, listed)})
        place.path = place.path[:-1]
    require = place.inside("require").expr(shape.require)[0]
    message = place.inside("message").template(shape.message)[0]
    return heads.Filter(name, require, message, each, shape.final)


def _outcome(place: Place, shape: shapes.Outcome) -> heads.Outcome:
    from ruleplane.lang.admission import compile_set
    from ruleplane.lang.events import compile_events
    from ruleplane.lang.rules import compile_apply, compile_post, compile_status

    outcome = heads.Outcome()
    if shape.post is not None:
        outcome.post = compile_post(place.inside("post"), shape.post)
    if shape.apply is not None:
        outcome.apply = compile_apply(place.inside("apply"), shape.apply)
    if shape.status is not None:
        outcome.apply = compile_status(place.inside("status"), shape.status)
    if shape.set_ is not None:
        outcome.set = compile_set(place.inside("set"), shape.set_)
    if shape.event is not None:
        outcome.event = compile_events(place.inside("event"), shape.event).done
    return outcome
