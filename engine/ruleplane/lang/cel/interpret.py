"""The exact interpreter: one resolved tree, evaluated node by node as the specification says.

Compiled code falls back on it at the first exception, so it decides what is an error and what ``&&``, ``||``, ``all``
and ``exists`` absorb; it also tells the values of sub-expressions (*why not*). It is some fifty times slower than
compiled code.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.interpret_macros import MACROS, Later
from ruleplane.lang.cel.operators import BINARY, has_field, make_map, negate, optional_select, select
from ruleplane.lang.cel.resolve import UNDECLARED
from ruleplane.lang.cel.source import CelError, no_overload
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.values import MISSING, Optional, kind_of
from ruleplane.lang.cel.walk import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.registry import Function

    Variables = dict[str, Any]


class Interpreter:
    """Evaluates resolved trees against one scope; ``record(node, value or error)`` is told of every node, if given."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        scope: Any,
        record: Callable[[Expr, Any], None] | None = None,
    ) -> None:
        self._functions = functions
        self._scope = scope
        self._record = record

    def evaluate(self, expr: Expr, variables: Variables) -> Any:
        """The value; EvaluationError with the place of the innermost failing node."""
        try:
            value = _NODES[expr.__class__](self, expr, variables)
        except CelError as error:
            error.located(expr.pos)
            if self._record is not None:
                self._record(expr, error)
            raise
        except RecursionError:
            raise CelError("this calls itself too deeply").located(expr.pos) from None
        if self._record is not None:
            self._record(expr, value)
        return value

    def attempt(self, expr: Expr, variables: Variables) -> Any:
        """The value, or the EvaluationError as a value: for operators that absorb errors."""
        try:
            return self.evaluate(expr, variables)
        except EvaluationError as error:
            return error

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _literal(self, expr: Literal, variables: Variables) -> Any:
        return expr.value

    def _ident(self, expr: Ident, variables: Variables) -> Any:
        if expr.root:
            return getattr(self._scope, attribute(expr.name))
        value = variables[expr.name]
        return value.get() if value.__class__ is Later else value

    def _select(self, expr: Select, variables: Variables) -> Any:
        operand = self.evaluate(expr.operand, variables)
        if expr.test:
            return has_field(operand, expr.field)
        try:
            return (optional_select if expr.optional else select)(operand, expr.field)
        except CelError as error:
            if error.pos is None:
                error.context = lambda: f" in {unparse(_unrooted(expr.operand))}"
            raise

    def _call(self, expr: Call, variables: Variables) -> Any:
        special = _SPECIAL.get(expr.function)
        if special is not None:
            return special(self, expr, variables)
        args = [self.evaluate(arg, variables) for arg in expr.args]
        binary = BINARY.get(expr.function)
        if binary is not None:
            return binary(*args)
        function = self._functions[expr.function]
        try:
            return function.call(self._scope, *args) if function.takes_scope else function.call(*args)
        except (ValueError, ArithmeticError) as error:
            raise CelError(f"{function.name}(): {error}") from error

    def _list(self, expr: ListExpr, variables: Variables) -> list[Any]:
        items: list[Any] = []
        for number, element in enumerate(expr.elements):
            value = self.evaluate(element, variables)
            if number in expr.optional:
                items.extend(_present(value))
            else:
                items.append(value)
        return items

    def _map(self, expr: MapExpr, variables: Variables) -> Mapping[Any, Any]:
        items: list[tuple[Any, Any]] = []
        for number, (key_expr, value_expr) in enumerate(expr.entries):
            key, value = self.evaluate(key_expr, variables), self.evaluate(value_expr, variables)
            if number in expr.optional:
                items.extend((key, content) for content in _present(value))
            else:
                items.append((key, value))
        return make_map(items)

    def _struct(self, expr: StructExpr, variables: Variables) -> Any:
        raise CelError(f"{expr.name} is not a known message type")

    def _macro(self, expr: Macro, variables: Variables) -> Any:
        return MACROS[expr.name](self, expr, variables)

    # --- what is not strict -----------------------------------------------------------------------------------------

    def _logical(self, expr: Call, variables: Variables) -> bool:
        decisive = expr.function == "_||_"
        outcomes = []
        for arg in expr.args:
            outcome = self.attempt(arg, variables)
            if outcome is decisive:
                return bool(outcome)
            outcomes.append(outcome)
        for outcome in outcomes:
            if isinstance(outcome, EvaluationError):
                raise outcome
        if all(outcome.__class__ is bool for outcome in outcomes):
            return not decisive
        raise no_overload(expr.function.strip("_"), *map(kind_of, outcomes))

    def _conditional(self, expr: Call, variables: Variables) -> Any:
        condition = self.evaluate(expr.args[0], variables)
        if condition.__class__ is not bool:
            raise no_overload("?:", kind_of(condition))
        return self.evaluate(expr.args[1 if condition else 2], variables)

    def _not(self, expr: Call, variables: Variables) -> bool:
        value = self.evaluate(expr.args[0], variables)
        if value.__class__ is not bool:
            raise no_overload("!", kind_of(value))
        return not value

    def _negate(self, expr: Call, variables: Variables) -> Any:
        return negate(self.evaluate(expr.args[0], variables))

    def _or(self, expr: Call, variables: Variables) -> Any:
        """``opt.or(other)`` and ``opt.orValue(default)``: the argument is evaluated only if there is no value."""
        value = self.evaluate(expr.args[0], variables)
        unwrap = expr.function == ".orValue"
        if value.__class__ is not Optional:
            raise no_overload(expr.function[1:], kind_of(value))
        if value.content is not MISSING:
            return value.content if unwrap else value
        other = self.evaluate(expr.args[1], variables)
        if not unwrap and other.__class__ is not Optional:
            raise no_overload("or", "optional", kind_of(other))
        return other

    def _undeclared(self, expr: Call, variables: Variables) -> Any:
        name = expr.args[0]
        assert isinstance(name, Literal)
        raise CelError(f"undeclared reference to {name.value!r}")


def attribute(name: str) -> str:
    """The scope's attribute for a name: ``@`` (names made by rewriting) becomes ``_at_``.

    >>> attribute("pods"), attribute("@size1")
    ('pods', '_at_size1')
    """
    return name.replace("@", "_at_") if "@" in name else name


def _unrooted(expr: Expr) -> Expr:
    """A resolved tree as it was written: without the dots that mark the scope's names."""
    return rewrite(expr, lambda node: replace(node, root=False) if isinstance(node, Ident) else node)


def _present(value: Any) -> tuple[Any, ...]:
    if value.__class__ is not Optional:
        raise no_overload("?", kind_of(value))
    return () if value.content is MISSING else (value.content,)


_NODES: dict[type, Callable[[Interpreter, Any, Variables], Any]] = {
    Literal: Interpreter._literal,
    Ident: Interpreter._ident,
    Select: Interpreter._select,
    Call: Interpreter._call,
    ListExpr: Interpreter._list,
    MapExpr: Interpreter._map,
    StructExpr: Interpreter._struct,
    Macro: Interpreter._macro,
}
_SPECIAL: dict[str, Callable[[Interpreter, Call, Variables], Any]] = {
    "_&&_": Interpreter._logical,
    "_||_": Interpreter._logical,
    "_?_:_": Interpreter._conditional,
    "!_": Interpreter._not,
    "-_": Interpreter._negate,
    ".or": Interpreter._or,
    ".orValue": Interpreter._or,
    UNDECLARED: Interpreter._undeclared,
}
