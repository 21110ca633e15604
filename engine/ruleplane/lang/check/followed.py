"""A value that presence.py follows through the text: its type, its place in its kind, and what is known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.ast import Expr, Ident, Select
from ruleplane.lang.cel.record import record
from ruleplane.lang.check.guards import NONE

if TYPE_CHECKING:
    from ruleplane.lang.check.guards import Facts
    from ruleplane.model.schema import SchemaNode

ELEMENT: Final = Ident("@element")  # each element, in facts about a list


@record
class Val:
    """A value that is followed: its type, where it stands in its kind, its name in facts. ``many``: a list (or map)
    of such; ``facts`` hold for each element, called ELEMENT. ``optional``: it may be none, and says so."""

    node: SchemaNode
    kind: str
    path: tuple[str, ...]
    canon: Expr
    many: bool = False
    facts: Facts = NONE
    optional: bool = False


def root(fact: Expr) -> Expr:
    """What a path begins with."""
    while isinstance(fact, Select):
        fact = fact.operand
    return fact


def renamed(fact: Expr, name: Expr) -> Expr:
    """A fact about one element as a fact about ELEMENT."""
    if isinstance(fact, Select):
        return Select(renamed(fact.operand, name), fact.field)
    return ELEMENT if fact == name else fact


def joined(one: Val | None, other: Val | None) -> Val | None:
    """What both are, where they are of one type."""
    if one is None or other is None or one.node is not other.node or one.many != other.many:
        return one if other is None else other if one is None else None
    if one.canon == other.canon:
        return one
    return replace(one, canon=Ident("@either"), facts=one.facts & other.facts, optional=one.optional or other.optional)
