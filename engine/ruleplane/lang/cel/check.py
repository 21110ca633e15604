"""Type checking: what an expression comes to, known before anything runs.

:func:`check` takes a resolved tree (resolve.py) and the shapes of the names around it, and gives the shape of its
value, or a SourceError that says which operand does not fit, or which field is missing. ``dyn`` fits everywhere: what
is not known is not refused.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.check_macros import MACROS
from ruleplane.lang.cel.resolve import UNDECLARED
from ruleplane.lang.cel.shapes import BOOL, DYN, NULL, STRING, Shape, Unifier, list_of, map_of, optional_of, shape
from ruleplane.lang.cel.signatures import OPERATORS
from ruleplane.lang.cel.source import source_error
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.values import TYPE_NAMES, Type, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ruleplane.lang.cel.registry import Function

    Local = Mapping[str, Shape]

_PLAIN: Final = frozenset({"bool", "bytes", "double", "int", "string", "uint"})
_KINDS: Final = {name: kind for kind, name in TYPE_NAMES.items()}


def check(
    expr: Expr, names: Mapping[str, Shape], functions: Mapping[str, Function], params: Mapping[str, Shape] | None = None
) -> Shape:
    """The shape of a resolved tree's value; SourceError at the first thing that cannot work."""
    checker = Checker(names, functions)
    return checker.unifier.resolved(checker.shape(expr, params or {}), final=True)


class Checker:
    """One check; macros (check_macros.py) use it too."""

    def __init__(self, names: Mapping[str, Shape], functions: Mapping[str, Function]) -> None:
        self.unifier = Unifier()
        self._names = names
        self._functions = functions

    def shape(self, expr: Expr, local: Local) -> Shape:
        """The shape of any node, as far as it is known by now."""
        return self.unifier.resolved(_NODES[expr.__class__](self, expr, local))

    def expect(self, wanted: Shape, expr: Expr, local: Local) -> Shape:
        """The shape of a node that must fit ``wanted``."""
        found = self.shape(expr, local)
        if not self.unifier.assignable([wanted], [found]):
            raise source_error(f"{_written(expr)} is of type {found}, not {wanted}", expr.pos)
        return found

    def ran_over(self, macro: Macro, target: Shape) -> None:
        """Told what each macro runs over, as far as it is known; for who wants to know."""

    def joined(self, shapes: Sequence[Shape]) -> Shape:
        """What all elements of a list have in common."""
        if not shapes:
            return self.unifier.fresh()
        result = shapes[0]
        for one in shapes[1:]:
            result = self.unifier.joined(self.unifier.resolved(result), one)
        return result

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _literal(self, expr: Literal, local: Local) -> Shape:
        if isinstance(expr.value, Type):
            name = _KINDS.get(expr.value.name, expr.value.name)
            return Shape("type", (shape(name),))
        kind = kind_of(expr.value)
        return NULL if kind == "null" else Shape(kind)

    def _ident(self, expr: Ident, local: Local) -> Shape:
        return self._names.get(expr.name, DYN) if expr.root else local[expr.name]

    def _select(self, expr: Select, local: Local) -> Shape:
        operand = self.shape(expr.operand, local)
        inner = operand.params[0] if operand.name == "optional" else operand
        found = self._field(self.unifier.resolved(inner), expr)
        if expr.test:
            return BOOL
        return optional_of(found) if expr.optional or operand.name == "optional" else found

    def _field(self, operand: Shape, expr: Select) -> Shape:
        if operand.variable:
            self.unifier.assignable([DYN], [operand])
            return DYN
        if operand.name == "dyn":
            return DYN
        if operand.name == "map":
            self.unifier.assignable([operand.params[0]], [STRING])
            return operand.params[1]
        if operand.fields is None:
            raise source_error(f"{_written(expr.operand)} is of type {operand}, which has no fields", expr.pos)
        found = operand.fields.field(expr.field)
        if found is None:
            close = get_close_matches(expr.field, operand.fields.names(), 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise source_error(f"{_written(expr.operand)} ({operand}) has no field {expr.field!r}{hint}", expr.pos)
        return found

    def _call(self, expr: Call, local: Local) -> Shape:
        if expr.function == UNDECLARED:
            return DYN
        arguments = [self.shape(arg, local) for arg in expr.args]
        overloads = _signatures(expr.function, self._functions)
        if not overloads:
            return DYN
        result: Shape | None = None
        for overload in overloads:
            if len(overload) != len(arguments) + 1 or _hopeless(overload, arguments):
                continue
            *params, answer = self.unifier.instance(overload)
            if self.unifier.assignable(params, arguments):
                answer = self.unifier.resolved(answer)
                result = answer if result in (None, answer) else DYN
        if result is None:
            key = expr.function
            name = key.replace("_", "").lstrip("@") if key in OPERATORS else key.lstrip(".")
            raise source_error(f"{name} does not take ({', '.join(map(str, arguments))})", expr.pos)
        return result

    def _list(self, expr: ListExpr, local: Local) -> Shape:
        shapes = [self._content(part, number in expr.optional, local) for number, part in enumerate(expr.elements)]
        return list_of(self.joined(shapes))

    def _map(self, expr: MapExpr, local: Local) -> Shape:
        keys = [self.shape(key, local) for key, _ in expr.entries]
        values = [self._content(part, number in expr.optional, local) for number, (_, part) in enumerate(expr.entries)]
        return map_of(self.joined(keys), self.joined(values))

    def _content(self, expr: Expr, optional: bool, local: Local) -> Shape:
        """The shape of an element; of the content where it is marked with ``?``."""
        if not optional:
            return self.shape(expr, local)
        content = self.unifier.fresh()
        self.expect(Shape("optional", (content,)), expr, local)
        return self.unifier.resolved(content)

    def _struct(self, expr: StructExpr, local: Local) -> Shape:
        return DYN

    def _macro(self, expr: Macro, local: Local) -> Shape:
        return MACROS[expr.name](self, expr, local)


def _written(expr: Expr) -> str:
    return unparse(expr).lstrip(".")


def _hopeless(params: Sequence[Shape], arguments: Sequence[Shape]) -> bool:
    """Whether two plain types differ, so that there is nothing to unify: as with most overloads."""
    for param, argument in zip(params, arguments, strict=False):
        if param.name in _PLAIN and argument.name in _PLAIN and param.name != argument.name:
            return True
    return False


def _signatures(key: str, functions: Mapping[str, Function]) -> tuple[tuple[Shape, ...], ...]:
    """The overloads of an operator or function: parameters and, last, the result."""
    if key in OPERATORS:
        return _operator(key)
    return _function(functions[key])


@lru_cache(maxsize=64)
def _operator(name: str) -> tuple[tuple[Shape, ...], ...]:
    return tuple(tuple(shape(part.strip()) for part in signature) for signature in OPERATORS[name])


@lru_cache(maxsize=4096)
def _function(function: Function) -> tuple[tuple[Shape, ...], ...]:
    if function.signature:
        return (function.signature,)
    return tuple((*map(shape, overload.params), shape(overload.result)) for overload in function.overloads)


_NODES: Final[dict[type, Callable[[Checker, Any, Local], Shape]]] = {
    Literal: Checker._literal,
    Ident: Checker._ident,
    Select: Checker._select,
    Call: Checker._call,
    ListExpr: Checker._list,
    MapExpr: Checker._map,
    StructExpr: Checker._struct,
    Macro: Checker._macro,
}
