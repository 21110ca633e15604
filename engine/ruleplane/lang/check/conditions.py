"""Conditions that are never true: a rule that cannot fire, a filter that nobody passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.source import source_error
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.check.facts import Atom, Expander, atoms, impossible
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.outline import Outline

_CONDITIONS = frozenset({"when", "while", "where", "until"})


def check(outline: Outline, expander: Expander) -> Iterator[Finding]:
    """A finding for each condition that cannot hold, alone or beside the `where` of the rule set."""
    rules = outline.ruleset.spec.rules
    where = [] if outline.where is None or outline.grouped else atoms([expander.expand(outline.where)])
    for site in outline.sites:
        if site.purpose != "condition" or site.path[-1] not in (*_CONDITIONS, "require"):
            continue
        local = frozenset(site.vars)
        own = atoms([expander.expand(site.expr, local)])
        outer = where if site.path[-1] in ("when", "while", "require") else []
        pair = impossible([*own, *outer])
        if pair is None:
            continue
        code = "RP018" if site.path[-1] == "require" else "RP019"
        what = "no candidate can pass this" if code == "RP018" else "this is never true"
        rule = rules[site.rule].name if site.rule >= 0 else ""
        error = source_error(f"{what}: {_reason(pair)}", site.expr.pos)
        line, column = outline.source.place(site.path)
        error.file, error.line, error.column = outline.source.origin(line, column)
        error.text = outline.source.lines[line - 1] if line <= len(outline.source.lines) else ""
        yield told(code, error, ruleset=outline.name, rule=rule)


def _reason(pair: tuple[Atom, Atom]) -> str:
    one, other = pair
    if one is other:
        return "it is false whatever the object"
    return f"{_said(one)}, and {_said(other)}"


def _said(atom: Atom) -> str:
    text = unparse(atom.expr).replace("@self.", "")
    if atom.allowed is not None:
        values = [value for _, value in sorted(atom.allowed, key=repr)]
        if values == [True]:
            return f"`{text}` would have to be true"
        if values == [False]:
            return f"`{text}` would have to be false"
        return f"`{text}` would have to be {' or '.join(map(repr, values))}"
    if atom.refused:
        return f"`{text}` would have to be other than {' or '.join(repr(value) for _, value in atom.refused)}"
    low = f"at least {atom.low:g}" if atom.low != float("-inf") else ""
    high = f"at most {atom.high:g}" if atom.high != float("inf") else ""
    return f"`{text}` would have to be {low or high}"
