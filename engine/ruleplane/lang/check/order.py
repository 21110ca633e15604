"""Values that hang on an order that nothing gives: the objects of a relation stand in none, nor do the keys of a map.

A rule that keeps the first of them, or a list or text of them as they come, writes something else when nothing has
changed. A map's keys come as they were stored, which one server sorts and another does not, and which a patch may
change in a map that stays equal. Lists that the API merges by key are no matter: there, order says nothing. What the
text does not show is no finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, Select
from ruleplane.lang.cel.source import Pos, source_error
from ruleplane.lang.cel.walk import walk
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from ruleplane.lang.cel.source import Source
    from ruleplane.lang.check.facts import Atom
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.check.writes import RuleFacts, Write
    from ruleplane.lang.outline import Site
    from ruleplane.model.schema import SchemaNode

OBJECTS, KEYS = "RP015", "RP016"
_KEEPS_ORDER = frozenset({"filter", "map", "transformList", "flatMap"})  # macros, and functions:
_PASSES = frozenset({"distinct", "flatten", "slice", "reverse"})
_MAPS = frozenset({"toMap", "groupBy", "tally", "transformMap", "transformMapEntry"})
_PLACED = frozenset({"_[_]", "_[?_]"})
_WRAPS = frozenset({"@json", "@optional", "dyn"})
_HINT = "sort it: .sortBy(x, x.metadata.name), or .sort() for plain values"
_CHOICE = "which of these comes first is left to chance"
_LIST = "the order of this list is left to chance"


def check(facts: RuleFacts, over_maps: Set[tuple[Source, int]]) -> Iterator[Finding]:
    """A finding for each field, name or Event that hangs on no order; ``over_maps``: where macros run over a map."""
    for write in (*facts.writes, *facts.given):
        order = _Order(facts, write.site, over_maps)
        end = f"{write.field} of {write.kind} is {'kept at' if write in facts.writes else 'made with'} it"
        found = order.hanging(write.value, facts.conditions(write.index))
        if found is None and _atomic(write):
            code = order.missing(write.value)
            found = (code, write.value, _LIST) if code else None
        if found is not None:
            yield _told(facts, write.site, found, end)
    for site in facts.outline.sites:
        if site.purpose == "text" and "event" in site.path[3:]:
            value = facts.expander.expand(site.expr, frozenset(site.vars))
            found = _Order(facts, site, over_maps).hanging(value, facts.conditions(site.rule))
            if found is not None:
                yield _told(facts, site, found, "it is told")


def _told(facts: RuleFacts, site: Site, found: tuple[str, Expr, str], end: str) -> Finding:
    code, expr, message = found
    outline = facts.outline
    error = outline.source.error(f"{message}: {end}", site.path)
    if isinstance(expr.pos, Pos):
        error = source_error(error.message, expr.pos)
    return told(code, error, ruleset=outline.name, rule=outline.ruleset.spec.rules[site.rule].name, hint=_HINT)


class _Order:
    """What the text of one expression says of order. Answers are the code of what lacks one, or ""."""

    def __init__(self, facts: RuleFacts, site: Site, over_maps: Set[tuple[Source, int]]) -> None:
        several = (name for name, one in facts.outline.relations.items() if not one.single)
        self._relations = frozenset(several) - frozenset(site.vars)
        self._over_maps = over_maps

    def hanging(self, value: Expr, conditions: Sequence[Atom]) -> tuple[str, Expr, str] | None:
        """Code, place and message for a part that is another where the order is another: an element by its place, a
        text of all elements."""
        for node in walk(value):
            if not isinstance(node, Call):
                continue
            listed, message = None, _CHOICE
            if node.function in _PLACED and isinstance(node.args[1], Literal) and node.args[1].value.__class__ is int:
                listed = node.args[0]
            elif node.function in ("first", "last") and node.target is not None:
                listed = node.target
            elif node.function == "join" and node.target is not None:
                listed, message = node.target, _LIST
            elif node.function == "hash" and node.target is None and node.args:
                listed, message = node.args[0], _LIST
            if listed is None:
                continue
            code = self.missing(listed)
            if code and not alone(listed, conditions):
                return code, node, message
        return None

    def missing(self, expr: Expr) -> str:
        """Of a list of a relation's objects or of a map's keys, or of values of theirs, as they come."""
        match expr:
            case Ident(name=name):
                return OBJECTS if name in self._relations else ""
            case Macro(name=name, target=target, args=args) if name in _KEEPS_ORDER and target is not None:
                if name == "map" and isinstance(args[-1], (Literal, ListExpr)):
                    return ""  # all are alike
                return self._loose(target) if self._runs_over_map(expr) else self.missing(target)
            case Call(function=name, args=args, target=None) if name in _WRAPS:
                return self.missing(args[0])
            case Call(function=name, target=target) if name in _PASSES and target is not None:
                return self.missing(target)
            case Call(function="_+_", args=args):
                return next((code for part in args if (code := self.missing(part))), "")
            case Call(function="_?_:_", args=args):
                return self.missing(args[1]) or self.missing(args[2])
        return ""

    def _runs_over_map(self, macro: Macro) -> bool:
        return isinstance(macro.pos, Pos) and (macro.pos.source, int(macro.pos)) in self._over_maps

    def _loose(self, expr: Expr) -> str:
        """Of a map as it was stored, or made of such a list; one that is written out has its order."""
        match expr:
            case Ident(name=name):
                return KEYS if name != "params" else ""
            case Select(operand=operand):
                return self._loose(operand)
            case Call(function="orValue", target=target) if target is not None:
                return self._loose(target)
            case Call(function=name, args=args, target=None) if name in _PLACED or name in _WRAPS:
                return self._loose(args[0])
            case Call(function="_?_:_", args=args):
                return self._loose(args[1]) or self._loose(args[2])
            case Macro(name=name, target=target) if name in _MAPS and target is not None:
                return self._loose(target) if self._runs_over_map(expr) else self.missing(target)
        return ""


def alone(listed: Expr | None, conditions: Sequence[Atom]) -> bool:
    """Whether the rule acts only where this list, or what it is made of, has no second element."""
    made_of: list[Expr | None] = [listed]
    while isinstance(listed, (Macro, Call)) and listed.target is not None:
        listed = listed.target
        made_of.append(listed)
    for atom in conditions:
        term = atom.expr
        sized = (term.target, *term.args) if isinstance(term, Call) and term.function == "size" else ()
        if any(part is not None and part in made_of for part in sized):
            values = [value for _, value in atom.allowed or ()]
            if atom.high <= 1 or (values and all(value in (0, 1) for value in values)):
                return True
    return False


def _atomic(write: Write) -> bool:
    """Whether the field is a list whose order is part of its value."""
    target = write.site.target
    posted = target is not None and target.verb == "post"
    node: SchemaNode | None = None if posted else write.rules.catalogue.node(write.kind)
    for name in write.path:
        if node is None:
            return False
        node = (node.items or node.values) if name[:1] == "[" else node.field(name) or node.values
    return node is not None and node.items is not None and not node.list_keys and not node.patch_merge_key
