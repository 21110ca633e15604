"""What is declared and never used: lets, relations, settings. Usually a name that was mistyped elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Ident, Select
from ruleplane.lang.cel.walk import walk
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.outline import Outline
    from ruleplane.lang.reads import FnDef


def check(outline: Outline, definitions: Mapping[str, FnDef]) -> Iterator[Finding]:
    """A finding for each declaration that nothing reaches from a rule or a relation."""
    used: set[str] = set()
    todo = [site.expr for site in outline.sites]
    while todo:
        for name in _names(todo.pop()):
            if name not in used:
                used.add(name)
                let = outline.lets.get(name)
                if let is not None:
                    todo.append(let.expr)
    spec = outline.ruleset.spec
    for what, names in (("let", spec.let), ("watch", spec.watch)):
        for key in names:
            if key.partition("(")[0].strip() not in used:
                yield _told(outline, f"`{key}` is never used", ("spec", what, key))
    for name in spec.params:
        if f"params.{name}" not in used and not _whole(outline):
            yield _told(outline, f"the setting `{name}` is never read", ("spec", "params", name))


def _told(outline: Outline, message: str, path: tuple[str, str, str]) -> Finding:
    return told("RP011", outline.source.error(message, path, key=True), ruleset=outline.name, length=len(path[-1]))


def _names(expr: Expr) -> Iterator[str]:
    for node in walk(expr):
        if isinstance(node, Ident):
            yield node.name
        elif isinstance(node, Call) and node.target is None:
            yield node.function
        elif isinstance(node, Select) and isinstance(node.operand, Ident) and node.operand.name == "params":
            yield f"params.{node.field}"


def _whole(outline: Outline) -> bool:
    """Whether `params` is read other than by the names of settings, as in ``params[x]``."""
    exprs = [*(site.expr for site in outline.sites), *(let.expr for let in outline.lets.values())]
    idents = sum(isinstance(node, Ident) and node.name == "params" for expr in exprs for node in walk(expr))
    selects = sum(
        isinstance(node, Select) and isinstance(node.operand, Ident) and node.operand.name == "params"
        for expr in exprs
        for node in walk(expr)
    )
    return idents > selects
