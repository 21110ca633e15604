"""Values that hang on an order that nothing gives: the objects of a relation stand in none.

A rule that keeps the first of them, or a list of them as they come, writes something else when nothing has changed.
Lists that the API merges by key are no matter: there, order says nothing. What the text does not show is no finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro
from ruleplane.lang.cel.source import Pos, source_error
from ruleplane.lang.cel.walk import walk
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.check.writes import RuleFacts, Write
    from ruleplane.model.schema import SchemaNode

CODE = "RP015"
_KEEPS_ORDER = frozenset({"filter", "map"})
_WRAPS = frozenset({"@json", "@optional", "dyn"})
_HINT = "sort it: .sortBy(x, x.metadata.name), or .sort() for plain values"


def check(facts: RuleFacts) -> Iterator[Finding]:
    """A finding for each field that is kept at a value without an order."""
    for write in facts.writes:
        chosen = _chosen(write)
        if chosen is not None:
            yield _told(write, "which of these comes first is left to chance", chosen)
        elif _atomic(write) and _unordered(write.value, _relations(write)):
            yield _told(write, "the order of this list is left to chance", write.value)


def _told(write: Write, message: str, expr: Expr) -> Finding:
    outline = write.rules.outline
    error = outline.source.error(f"{message}: {write.field} of {write.kind} is kept at it", write.site.path)
    if isinstance(expr.pos, Pos):
        error = source_error(error.message, expr.pos)
    return told(CODE, error, ruleset=outline.name, rule=write.rule, hint=_HINT)


def _relations(write: Write) -> frozenset[str]:
    """The names that stand for several objects here."""
    outline = write.rules.outline
    return frozenset(name for name, one in outline.relations.items() if not one.single) - frozenset(write.site.vars)


def _chosen(write: Write) -> Expr | None:
    """The choice of one element by its place, in a list without an order of which there may be several."""
    relations = _relations(write)
    for node in walk(write.value):
        if not isinstance(node, Call):
            continue
        listed = None
        if (
            node.function in ("_[_]", "_[?_]")
            and isinstance(node.args[1], Literal)
            and node.args[1].value.__class__ is int
        ):
            listed = node.args[0]
        elif node.function in ("first", "last") and node.target is not None:
            listed = node.target
        if listed is not None and _unordered(listed, relations) and not _alone(write, listed):
            return node
    return None


def _alone(write: Write, listed: Expr) -> bool:
    """Whether the rule acts only where this list has no second element."""
    for atom in write.rules.conditions(write.index):
        term = atom.expr
        if isinstance(term, Call) and term.function == "size" and listed in (term.target, *term.args):
            values = [value for _, value in atom.allowed or ()]
            if atom.high <= 1 or (values and all(value in (0, 1) for value in values)):
                return True
    return False


def _unordered(expr: Expr, relations: frozenset[str]) -> bool:
    """Whether this is a list of a relation's objects, or of values of theirs, as they come."""
    match expr:
        case Ident(name=name):
            return name in relations
        case Macro(name=name, target=Macro() | Ident() | Call() as target, args=args) if name in _KEEPS_ORDER:
            return _unordered(target, relations) and not (name == "map" and isinstance(args[-1], (Literal, ListExpr)))
        case Call(function=name, args=args, target=None) if name in _WRAPS:
            return _unordered(args[0], relations)
        case Call(function="_+_", args=args):
            return any(_unordered(part, relations) for part in args)
        case Call(function="_?_:_", args=args):
            return any(_unordered(part, relations) for part in args[1:])
    return False


def _atomic(write: Write) -> bool:
    """Whether the field is a list whose order is part of its value."""
    node: SchemaNode | None = write.rules.catalogue.node(write.kind)
    for name in write.path:
        node = node.field(name) or node.values if node is not None and name[:1] != "[" else None
    return node is not None and node.items is not None and not node.list_keys and not node.patch_merge_key
