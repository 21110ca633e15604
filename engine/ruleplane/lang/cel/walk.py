"""Walking and rewriting syntax trees, whatever the node.

Rule sets rewrite expressions with :func:`rewrite` (a ``let`` kept by delta becomes a name, ``now`` a wake-up), the
parser measures :func:`depth`.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_
from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions, in order of evaluation."""
    if isinstance(expr, (Ident, Literal)):  # first: most nodes are leaves, and every load asks a hundred thousand times
        return ()
    if isinstance(expr, Select):
        return (expr.operand,)
    if isinstance(expr, (Call, Macro)):
        return expr.args if expr.target is None else (expr.target, *expr.args)
    if isinstance(expr, ListExpr):
        return expr.elements
    if isinstance(expr, MapExpr):
        return tuple([part for entry in expr.entries for part in entry])
    return tuple([value for _, value in expr.fields])


def with_children(expr: Expr, parts: tuple[Expr, ...]) -> Expr:
    """The same node over other sub-expressions (as many as :func:`children` gives)."""
    match expr:  # constructors, not dataclasses.replace: every load rewrites thousands of nodes
        case Ident() | Literal():
            return expr
        case Select():
            return Select(parts[0], expr.field, expr.pos, expr.optional, expr.test)
        case Call(target=None):
            return Call(expr.function, parts, None, expr.pos)
        case Call():
            return Call(expr.function, parts[1:], parts[0], expr.pos)
        case Macro(target=None):
            return Macro(expr.name, None, expr.variables, parts, expr.pos)
        case Macro():
            return Macro(expr.name, parts[0], expr.variables, parts[1:], expr.pos)
        case ListExpr():
            return ListExpr(parts, expr.pos, expr.optional)
        case MapExpr():
            return MapExpr(tuple(zip(parts[::2], parts[1::2], strict=True)), expr.pos, expr.optional)
        case StructExpr(fields=fields):
            return replace(expr, fields=tuple((name, part) for (name, _), part in zip(fields, parts, strict=True)))
    return expr


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and everything below it, parents first."""
    todo = [expr]
    while todo:
        node = todo.pop()
        yield node
        below = children(node)
        if below:
            todo.extend(below[::-1])


def depth(expr: Expr) -> int:
    """How many nodes lie on the longest way down; iterative, so any tree can be measured."""
    deepest, todo = 0, [(expr, 1)]
    while todo:
        node, level = todo.pop()
        if level > deepest:
            deepest = level
        todo.extend([(child, level + 1) for child in children(node)])
    return deepest


def rewrite(expr: Expr, fn: Callable[[Expr], Expr]) -> Expr:
    """A tree in which ``fn`` has replaced every node, leaves first; unchanged parts are shared.

    ``fn`` sees macro variables as plain names: to replace names, use :func:`substitute`.
    """
    parts = children(expr)
    if parts:
        new = tuple([rewrite(part, fn) for part in parts])
        if not all(map(is_, parts, new)):
            expr = with_children(expr, new)
    return fn(expr)


def conjuncts(expr: Expr) -> list[Expr]:
    """The terms of an ``&&`` chain, left to right; one term for anything else.

    >>> from ruleplane.lang.cel.parser import parse
    >>> len(conjuncts(parse("a && (b || c) && (d && e)")))
    4
    """
    if isinstance(expr, Call) and expr.function == "_&&_":
        return [term for part in expr.args for term in conjuncts(part)]
    return [expr]


def free_names(expr: Expr) -> set[str]:
    """The names an expression reads from its surroundings: identifiers that no macro in it binds.

    >>> from ruleplane.lang.cel.parser import parse
    >>> sorted(free_names(parse("pods.filter(p, p.x == rs.y)")))
    ['pods', 'rs']
    """
    names: set[str] = set()
    _free(expr, frozenset(), names)
    return names


def _free(expr: Expr, bound: frozenset[str], names: set[str]) -> None:
    if isinstance(expr, Ident):
        if expr.root or expr.name not in bound:
            names.add(expr.name)
        return
    parts = children(expr)
    if not isinstance(expr, Macro):
        for part in parts:
            _free(part, bound, names)
        return
    outside = 1 if expr.target is not None or expr.name == "bind" else 0
    inner = bound | frozenset(expr.variables)
    for number, part in enumerate(parts):
        _free(part, bound if number < outside else inner, names)


def substitute(expr: Expr, replacements: Mapping[str, Expr]) -> Expr:
    """The tree with free names replaced by expressions; macro variables that would capture a name of theirs are
    renamed.

    >>> from ruleplane.lang.cel.parser import parse
    >>> from ruleplane.lang.cel.unparse import unparse
    >>> unparse(substitute(parse("a + b.map(x, x + a)"), {"a": parse("x.y")})).replace("@", "_")
    'x.y + b.map(_x, _x + x.y)'
    """
    if isinstance(expr, Ident):
        return replacements.get(expr.name, expr)
    if not isinstance(expr, Macro):
        old = children(expr)
        new = tuple([substitute(part, replacements) for part in old])
        return expr if all(map(is_, old, new)) else with_children(expr, new)
    inner = {name: value for name, value in replacements.items() if name not in expr.variables}
    foreign = {name for value in inner.values() for name in free_names(value)}
    renamed = {name: f"@{name}" for name in expr.variables if name in foreign}
    inner.update({name: Ident(new, expr.pos) for name, new in renamed.items()})
    outside = 1 if expr.target is not None or expr.name == "bind" else 0
    parts = tuple(
        substitute(part, replacements if number < outside else inner) for number, part in enumerate(children(expr))
    )
    variables = tuple(renamed.get(name, name) for name in expr.variables)
    return with_children(replace(expr, variables=variables), parts)
