"""Rules that wake themselves for ever: a write changes what the rule reads, and no pass finds it done.

Three shapes are seen in the text. *Counting*: a value is made of the field that it is written to (or of one that
another rule makes of it), and no condition on the way looks at these fields. *Flipping*: each write makes the condition
of the next rule true, and the last one the first's. *Undoing itself*: a rule under `while` makes its own condition
false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, Select
from ruleplane.lang.cel.walk import substitute, walk
from ruleplane.lang.check.facts import SELF, Atom
from ruleplane.lang.check.finding import related, told
from ruleplane.lang.check.shared import elements, owned, truth
from ruleplane.lang.check.writes import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.check.writes import RuleFacts, Write
    from ruleplane.lang.reads import FieldPath

_CHANGING = frozenset({"_+_", "_-_", "_*_", "@text", "-_", "!_", "hash"})
_PASSING = frozenset({"@json", "@optional", "orValue", "or", "int", "string", "double", "dyn", "quantity", "of"})
_LONGEST = 6
Edges = dict[int, list[int]]


def check(sets: Sequence[RuleFacts], checked: set[str]) -> Iterator[Finding]:
    """A finding for each cycle that a rule set asked about is part of."""
    # a request wakes an admission rule set, never a change of what it reads
    waking = [facts for facts in sets if not facts.outline.admits]
    writes = [write for facts in waking for write in (*facts.writes, *facts.shared) if "[]" not in write.path]
    told_of: set[frozenset[str]] = set()
    for write in writes:
        rules = frozenset((write.label,))
        if rules not in told_of and write.rules.outline.name in checked and _undoes_itself(write):
            told_of.add(rules)
            yield _told([write], "RP014", "")
    for follows, code, how in (
        (_flips, "RP014", "makes the condition hold of"),
        (_counts, "RP014", "is counted on by"),
    ):
        for cycle in _cycles(writes, follows):
            rules = frozenset(write.label for write in cycle)
            if rules in told_of or not {write.rules.outline.name for write in cycle} & checked:
                continue
            if follows is _counts and _guarded(cycle):
                continue
            told_of.add(rules)
            yield _told(cycle, code, how)


def _cycles(writes: list[Write], follows: Callable[[Write, Write], bool]) -> Iterator[list[Write]]:
    by_kind: dict[str, list[int]] = {}
    for number, write in enumerate(writes):
        by_kind.setdefault(write.kind, []).append(number)
    edges: Edges = {
        number: [next_ for next_ in by_kind[write.kind] if follows(write, writes[next_])]
        for number, write in enumerate(writes)
    }
    for start in edges:
        for path in _paths(edges, start):
            yield [writes[number] for number in path]


def _paths(edges: Edges, start: int) -> Iterator[list[int]]:
    """The ways from ``start`` back to it over later writes only, so that each cycle comes once."""
    todo = [[start]]
    while todo:
        path = todo.pop()
        for number in edges[path[-1]]:
            if number == start:
                yield path
            elif number > start and number not in path and len(path) < _LONGEST:
                todo.append([*path, number])


# --- counting -------------------------------------------------------------------------------------------------------


def _counts(one: Write, other: Write) -> bool:
    """Whether ``other``'s value is made of the field that ``one`` writes."""
    return not any("[" in part for part in one.path) and _made_of(other, one) is not None


def _made_of(write: Write, before: Write) -> bool | None:
    """None: the value is not made of that field. Else whether it is changed on the way, not only passed on."""
    target = write.target if before.kind == write.kind else SELF  # what its object is called here
    field = _field(target, before.path)
    return _changed(write.value, field, changed=False) if field in write.fields else None


def _field(target: Expr, path: FieldPath) -> Expr:
    for name in path:
        target = Select(target, name)
    return target


def _changed(value: Expr, field: Expr, *, changed: bool) -> bool | None:
    """See :func:`_made_of`. Looks where a value comes from, not at what it is compared with or searched for."""
    if plain(value) == field:
        return changed
    parts: tuple[Expr, ...] = ()
    if isinstance(value, Call) and value.function == "_?_:_":
        if any(plain(node) == field for node in walk(value.args[0])):
            return None  # it asks first: trusted to stop
        parts = value.args[1:]
    elif isinstance(value, Call) and (value.function in _CHANGING or value.function in _PASSING):
        parts = value.args if value.target is None else (value.target, *value.args)
        changed = changed or value.function in _CHANGING
        if changed and any(_searched(part, field) for part in parts):
            return None  # it looks whether it is there already
    elif isinstance(value, ListExpr):
        parts = value.elements
    found = [one for part in parts if (one := _changed(part, field, changed=changed)) is not None]
    return any(found) if found else None


def _searched(part: Expr, field: Expr) -> bool:
    """Whether a field is read by a macro: in what order and which elements, is not said by the field alone."""
    return any(plain(node) == field for macro in walk(part) if isinstance(macro, Macro) for node in walk(macro))


def _guarded(cycle: list[Write]) -> bool:
    """Whether it comes to an end: nothing is changed on the way round, or a condition looks at what is written."""
    if not any(_made_of(write, before) for before, write in zip([cycle[-1], *cycle], cycle, strict=False)):
        return True
    for write in cycle:
        fields = [_field(write.target if one.kind == write.kind else SELF, one.path) for one in cycle]
        for atom in write.rules.met(write):
            if any(plain(node) in fields or _is_clock(node) for node in walk(atom.expr)):
                return True
    return False


def _is_clock(expr: Expr) -> bool:
    return isinstance(expr, Ident) and expr.name == "now"


# --- flipping -------------------------------------------------------------------------------------------------------


def _flips(one: Write, other: Write) -> bool:
    """Whether ``one`` sets a field to a value that ``other``'s condition asks for and ``other`` replaces."""
    if one is other or one.path != other.path or one.target != SELF or other.target != SELF:
        return False
    if one.mine is not None and other.mine is not None:
        after = [(atom, _after(atom.expr, one)) for atom in other.rules.conditions(other.index)]
        found = any(known is not None and _holds(atom, known) for atom, known in after)
        return found and elements(one.value) != elements(other.value)
    if not (isinstance(one.value, Literal) and isinstance(other.value, Literal)) or one.value == other.value:
        return False
    field = _field(SELF, one.path)
    value = type(one.value.value).__name__, one.value.value
    return any(_asks(atom, field, value) for atom in other.rules.conditions(other.index))


def _asks(atom: Atom, field: Expr, value: tuple[str, object]) -> bool:
    if value[0] == "bool" and plain(atom.expr) == field and atom.allowed is not None:
        return value in atom.allowed
    return plain(_present(atom.expr)) == field and atom.allowed is not None and value in atom.allowed


def _after(expr: Expr, keep: Write) -> bool | None:
    """What a question for an element of a shared list is answered once a `keep` has written it."""
    wanted = elements(keep.value)
    if wanted is None or keep.target != SELF:
        return None
    field = _field(SELF, keep.path)
    if isinstance(expr, Call) and expr.function == "@in" and plain(_present(expr.args[1])) == field:
        if expr.args[0] in wanted:
            return True
        return False if owned(expr.args[0], keep) else None
    if not (isinstance(expr, Macro) and expr.name == "exists" and expr.target is not None):
        return None
    if plain(_present(expr.target)) != field:
        return None
    if any(truth(substitute(expr.args[0], {expr.variables[0]: element})) for element in wanted):
        return True
    same = substitute(expr.args[0], {expr.variables[0]: Ident("it")}) == keep.mine
    return False if same and not wanted else None


def _holds(atom: Atom, value: bool) -> bool:
    return atom.allowed is not None and ("bool", value) in atom.allowed


# --- undoing itself ---------------------------------------------------------------------------------------------------


def _undoes_itself(write: Write) -> bool:
    """Whether a rule's own write makes its `while` false, and what is undone makes it true."""
    rule = write.rules.outline.ruleset.spec.rules[write.index]
    return (
        rule.while_ is not None
        and write.target == SELF
        and any(_only_before(atom, write) for atom in write.rules.conditions(write.index))
    )


def _only_before(atom: Atom, write: Write) -> bool:
    """Whether a term holds while the field is not there, and does not once it is written."""
    if write.mine is not None:
        return _after(atom.expr, write) is True and not _holds(atom, True) and _holds(atom, False)
    field, expr = _field(SELF, write.path), atom.expr
    if isinstance(expr, Select) and expr.test:
        named = plain(Select(expr.operand, expr.field)) == field
        return named and not _holds(atom, True) and write.value != Literal(None)
    if not (isinstance(expr, Call) and expr.function == "orValue" and expr.target is not None):
        return False
    default, value = expr.args[0], write.value
    if plain(expr.target) != field or not (isinstance(default, Literal) and isinstance(value, Literal)):
        return False
    return not atom.contradicts(_is(expr, default)) and atom.contradicts(_is(expr, value))


def _is(expr: Expr, literal: Literal) -> Atom:
    return Atom(expr, frozenset({(type(literal.value).__name__, literal.value)}))


def _present(expr: Expr) -> Expr:
    """``o.?x.orValue(c)`` as ``o.x``."""
    if isinstance(expr, Call) and expr.function == "orValue" and expr.target is not None:
        return expr.target
    return expr


def _told(cycle: list[Write], code: str, how: str) -> Finding:
    first = cycle[0]
    outline = first.rules.outline
    if not how:
        message = (
            f"{first.label} undoes itself for ever: what it writes to {first.field} makes its `while` false, "
            "and what is undone makes it true"
        )
    elif len(cycle) == 1:
        message = f"{first.label} wakes itself for ever: it makes {first.field} of what {first.field} was"
    else:
        steps = [f"{write.label} ({write.field}) {how} " for write in cycle]
        message = f"these rules wake one another for ever: {''.join(steps)}{first.label}"
    path = ("spec", "rules", first.index, "name")
    error = outline.source.error(message, path)
    others = tuple(
        related(write.rules.outline.source, f"{write.label} writes {write.field} here", write.site.path)
        for write in cycle[1:]
    )
    hint = "write a value that follows from fields that these rules do not write, or end it by a condition on the field"
    if not how:
        hint = "ask for what the rule does not write itself"
    return told(code, error, ruleset=outline.name, rule=first.rule, hint=hint, related=others, length=len(first.rule))
