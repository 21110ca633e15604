"""Which functions an expression calls, and what these call in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.reads import FnDef


def functions_called(expr: Expr) -> set[str]:
    """Names of every function and operator called."""
    return {node.function for node in walk(expr) if isinstance(node, Call)}


def closure(names: Iterable[str], definitions: Mapping[str, FnDef]) -> dict[str, str]:
    """Of the defined functions, those that are called by these names, directly or not: head -> text."""
    found: dict[str, str] = {}
    waiting, seen = sorted(names, reverse=True), set(names)
    while waiting:
        name = waiting.pop()
        if name in definitions:
            params, expr = definitions[name]
            found[f"{name}({', '.join(params)})"] = unparse(expr)
            more = functions_called(expr) - seen
            seen |= more
            waiting += sorted(more, reverse=True)
    return dict(sorted(found.items()))
