"""From CEL to clauses: which part of a condition on one object can be decided without an interpreter.

The conjuncts that a clause can say become the clause; the others stay CEL, to be compiled to Python. A residual
disjunction still yields what both its branches imply, so that the matcher rules out what it can.

Reads syntax trees only: no types, no schemas, no functions of libraries (inline those first).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, MapExpr, Select
from ruleplane.matcher.clause import (
    MISSING,
    NEVER,
    Always,
    And,
    Clause,
    Compare,
    Contains,
    Flag,
    Has,
    In,
    Not,
    Or,
    Path,
    all_of,
    any_of,
)
from ruleplane.matcher.closures import getter, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARISONS: Final = {f"_{op}_": op for op in _MIRRORED}


@dataclass(frozen=True, slots=True)
class Static:
    """A condition is true of exactly the objects that meet ``clause`` and of which ``residual`` is true.

    ``residual`` is ``None`` where the clause says it all.
    """

    clause: Clause
    residual: Expr | None


class _Field(NamedTuple):
    """A field of the object: ``firm`` names before the first ``.?`` (``None``: there is none), and a ``default``."""

    path: Path
    firm: int | None = None
    default: Any = MISSING


def split(expr: Expr, variable: str) -> Static:
    """Take a condition on ``variable`` apart. What names anything else is residual."""
    clauses: list[Clause] = []
    residual: Expr | None = None
    for conjunct in _conjuncts(expr):
        clause = clause_of(conjunct, variable)
        if clause is None:
            residual = conjunct if residual is None else Call("_&&_", (residual, conjunct), None, conjunct.pos)
            clause = _implied(conjunct, variable)
        if clause is not None:
            clauses.append(clause)
    return Static(all_of(*clauses) if clauses else Always(), residual)


def clause_of(expr: Expr, variable: str) -> Clause | None:
    """The clause that has the same result as ``expr`` on every object (errors included), or ``None``."""
    match expr:
        case Literal(bool(value)):
            return Always() if value else NEVER
        case Select(test=True, operand=operand, field=name):
            return _has(_field(operand, variable), name)
        case Call("_&&_" | "_||_" as operator, (left, right), None):
            parts = clause_of(left, variable), clause_of(right, variable)
            if parts[0] is None or parts[1] is None:
                return None
            return (all_of if operator == "_&&_" else any_of)(parts[0], parts[1])
        case Call("!_", (operand,), None):
            part = clause_of(operand, variable)
            return None if part is None else Not(part)
        case Call("hasValue", (), target) if target is not None:
            found = _field(target, variable)
            return None if found is None or found.firm is None else Has(found.path, found.firm)
        case Call(function, (left, right), None) if function in _COMPARISONS:
            return _comparison(left, _COMPARISONS[function], right, variable)
        case Call("@in", (element, container), None):
            return _membership(element, container, variable)
        case _:
            return _leaf(_operand(expr, variable), Flag)


def _conjuncts(expr: Expr) -> list[Expr]:
    if isinstance(expr, Call) and expr.function == "_&&_":
        return [conjunct for side in expr.args for conjunct in _conjuncts(side)]
    return [expr]


def _implied(expr: Expr, variable: str) -> Clause | None:
    """A clause that is true wherever ``expr`` is; ``None`` if that says nothing."""
    match expr:
        case Call("_||_", (left, right), None):
            sides = _implied(left, variable), _implied(right, variable)
            return None if sides[0] is None or sides[1] is None else any_of(sides[0], sides[1])
        case Call("_&&_", (left, right), None):
            known = [side for side in (_implied(left, variable), _implied(right, variable)) if side is not None]
            return all_of(*known) if known else None
        case _:
            return clause_of(expr, variable)


def _comparison(left: Expr, op: str, right: Expr, variable: str) -> Clause | None:
    bound, operand = _literal(right), _operand(left, variable)
    if operand is None:
        bound, operand, op = _literal(left), _operand(right, variable), _MIRRORED[op]
    if not _is_scalar(bound) or (bound is None and op not in ("==", "!=")):
        return None
    return _leaf(operand, lambda path: Compare(path, op, bound))


def _membership(element: Expr, container: Expr, variable: str) -> Clause | None:
    values = _literal(container)
    if isinstance(values, list):
        if not all(map(_is_scalar, values)):
            return None
        return _leaf(_operand(element, variable), lambda path: In(path, tuple(values)))
    value = _literal(element)
    if not _is_scalar(value):
        return None
    return _leaf(_operand(container, variable), lambda path: Contains(path, value))


def _has(holder: _Field | None, name: str) -> Clause | None:
    if holder is None:
        return None
    return Has((*holder.path, name), len(holder.path) if holder.firm is None else holder.firm)


def _leaf(operand: _Field | None, make: Callable[[Path], Clause]) -> Clause | None:
    """``make`` on the path, and on the default where the field is absent."""
    if operand is None:
        return None
    leaf = make(operand.path)
    if operand.default is MISSING or operand.firm is None:
        return leaf
    there = Has(operand.path, operand.firm)
    match verdict_of(make(("default",)))(getter({"default": operand.default})):
        case True:
            return Or((leaf, Not(there)))  # absent: error || true
        case False:
            return And((leaf, there))  # absent: error && false
        case _:
            return leaf  # absent: an error either way


def _operand(expr: Expr, variable: str) -> _Field | None:
    """A field that has a value: ``x.a.b``, ``x.?a.b.value()`` or ``x.?a.b.orValue(literal)``."""
    match expr:
        case Call("orValue", (default,), target) if target is not None:
            found, value = _field(target, variable), _literal(default)
            if found is None or found.firm is None or value is MISSING:
                return None
            return found._replace(default=value)
        case Call("value", (), target) if target is not None:
            found = _field(target, variable)
            return None if found is None or found.firm is None else found
        case _:
            found = _field(expr, variable)
            # the object itself has no path, and an optional is not its value
            return None if found is None or not found.path or found.firm is not None else found


def _field(expr: Expr, variable: str) -> _Field | None:
    """A chain of selections from the variable; once one is optional, those after it are."""
    match expr:
        case Ident(name, root=False) if name == variable:
            return _Field(())
        case Select(test=False, operand=operand, field=name, optional=optional):
            return _step(_field(operand, variable), name, optional)
        case Call("_[_]" | "_[?_]" as operator, (operand, Literal(str(name))), None):
            return _step(_field(operand, variable), name, operator == "_[?_]")
        case _:
            return None


def _step(holder: _Field | None, name: str, optional: bool) -> _Field | None:
    if holder is None:
        return None
    firm = len(holder.path) if optional and holder.firm is None else holder.firm
    return _Field((*holder.path, name), firm)


def _literal(expr: Expr) -> Any:
    """The JSON value that a constant expression says, or MISSING."""
    match expr:
        case Literal(bytes()):
            return MISSING
        case Literal(int(value)) if not isinstance(value, bool):
            return int(value)  # the 3 of 3u
        case Literal(value):
            return value
        case ListExpr(elements, optional=optional) if not optional:
            values = [_literal(element) for element in elements]
            return MISSING if any(value is MISSING for value in values) else values
        case MapExpr(()):
            return {}
        case _:
            return MISSING


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
