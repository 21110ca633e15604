"""Two writers of one field: rules that keep the same field of the same object at different values.

At run time two that disagree in one pass stop each other; in two rule sets they undo each other's work for ever.
Conditions that cannot hold together make it well; where the text does not tell, it is a warning.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Literal
from ruleplane.lang.cel.walk import free_names
from ruleplane.lang.check.facts import SELF, contradiction
from ruleplane.lang.check.finding import related, told
from ruleplane.lang.check.order import alone
from ruleplane.lang.check.shared import fight
from ruleplane.lang.check.writes import TARGET
from ruleplane.lang.written import overlap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.check.writes import RuleFacts, Write


def check(sets: Sequence[RuleFacts], checked: set[str]) -> Iterator[Finding]:
    """A finding for each pair of rules; ``checked`` are the rule sets that are asked about, others are only seen."""
    by_kind: dict[str, list[Write]] = {}
    alone: dict[str, Write] = {}
    for facts in sets:
        for write in sorted((*facts.writes, *facts.shared), key=lambda one: one.index):
            by_kind.setdefault(write.kind, []).append(write)
            if facts.outline.name in checked and _each_otherwise(write):
                alone.setdefault(write.label, write)
    yield from (_told_alone(write) for write in alone.values())
    found: dict[tuple[str, str], list[tuple[Write, Write, bool]]] = {}
    for writes in by_kind.values():
        for one, other in combinations(writes, 2):
            if not {one.rules.outline.name, other.rules.outline.name} & checked:
                continue
            sure = _disagree(one, other)
            if sure is not None:
                found.setdefault((one.label, other.label), []).append((one, other, sure))
    for pairs in found.values():
        yield _told(pairs, checked)


def _disagree(one: Write, other: Write) -> bool | None:
    """True: they will; False: they may; None: they never do."""
    if one.label == other.label or one.site is other.site:
        return None
    same = overlap(one.path, other.path)
    if same is False or _agree(one, other):
        return None
    if one.made and other.made and (one.rules is not other.rules or one.made != other.made):
        return None  # each of two `ensure` brings its own objects to its template
    here, there = one.rules.met(one), other.rules.met(other)
    own = one.target == SELF and other.target == SELF
    comparable = own or (one.rules is other.rules and one.target == other.target)
    if comparable and contradiction(here, there):
        return None
    if one.rules is other.rules and not comparable and {one.target, other.target} & {SELF}:
        return None  # the primary and one that is related: two objects, but for a relation that finds the primary
    subset = set(here) <= set(there) or set(there) <= set(here)
    alike = one.target != TARGET or one.rules.listed(one.index) == other.rules.listed(other.index)
    sure = bool(same) and comparable and subset and alike
    if one.mine is not None or other.mine is not None:
        fighting = fight(one, other)
        return None if fighting is None else sure and fighting
    return sure


def _each_otherwise(write: Write) -> bool:
    """Whether a rule with `each` writes one field of one object once per element, each time otherwise."""
    rule = write.rules.outline.ruleset.spec.rules[write.index]
    if rule.each is None or write.made or "[]" in write.path:
        return False
    if alone(write.rules.listed(write.index), write.rules.conditions(write.index)):
        return False
    (name,) = rule.each
    told_apart = (*(part for part in (write.target, write.mine) if part is not None), *_asked(write))
    if write.target == TARGET or any(name in free_names(part) for part in told_apart):
        return False
    word = re.compile(rf"\b{re.escape(name)}\b")
    return name in free_names(write.value) and not any(word.search(part) for part in write.path if part[:1] == "[")


def _asked(write: Write) -> list[Expr]:
    return [atom.expr for atom in write.rules.conditions(write.index)]


def _told_alone(write: Write) -> Finding:
    outline = write.rules.outline
    (name,) = outline.ruleset.spec.rules[write.index].each or ("",)
    message = f"{write.label} writes {write.field} of {write.kind} once for each {name}, each time otherwise"
    error = outline.source.error(message, (*write.site.path[:3], "each"), key=True)
    hint = "make one value of the whole list, without `each`, or say by a condition which element it is"
    return told("RP013", error, ruleset=outline.name, rule=write.rule, hint=hint)


def _agree(one: Write, other: Write) -> bool:
    if one.path != other.path or one.mine != other.mine:
        return False
    if isinstance(one.value, Literal) and one.value == other.value:
        return True
    return one.target == other.target == SELF and one.value == other.value


def _told(pairs: list[tuple[Write, Write, bool]], checked: set[str]) -> Finding:
    one, other, sure = max(pairs, key=lambda pair: pair[2])
    if other.rules.outline.name in checked:  # the later one is at fault, where it can be
        one, other = other, one
    fields = sorted({pair[0].field if len(pair[0].path) >= len(pair[1].path) else pair[1].field for pair in pairs})
    shown = ", ".join(fields[:3]) + (f" and {len(fields) - 3} more" if len(fields) > 3 else "")
    does = "writes" if sure else "may write"
    message = f"{one.label} {does} {shown} of {one.kind}, as {other.label} does"
    hint = "let one rule write it, or give them conditions of which only one can hold"
    outline = one.rules.outline
    index = ("spec", "rules", one.index)
    path = (*index, "name") if (*index, "name") in outline.source.places else index
    error = outline.source.error(message, path)
    theirs = other.rules.outline.source
    place = related(theirs, f"{other.label} writes it here", ("spec", "rules", other.index, "name"))
    return told(
        "RP012" if sure else "RP013",
        error,
        ruleset=outline.name,
        rule=one.rule,
        hint=hint,
        related=(place,),
        length=len(one.rule),
    )
