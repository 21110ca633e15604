"""What a condition says, term by term, as far as its text shows it: to see that two cannot hold at once.

A condition is taken apart at `&&`; lets and functions are replaced by their texts. A term is an atom: an expression,
and the values that it may have. Nothing here guesses: what is not understood contradicts nothing.
"""

from __future__ import annotations

from math import inf
from operator import is_
from typing import TYPE_CHECKING, Any

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro
from ruleplane.lang.cel.record import record
from ruleplane.lang.cel.walk import children, conjuncts, substitute, walk, with_children

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ruleplane.lang.outline import Outline
    from ruleplane.lang.reads import FnDef

SELF = Ident("@self")  # the primary, whatever a rule set calls it
_LARGE = 600  # nodes; a larger text is not looked into
_NOT = {"_==_": "_!=_", "_!=_": "_==_", "_<_": "_>=_", "_>=_": "_<_", "_>_": "_<=_", "_<=_": "_>_"}
_MIRROR = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_"}


@record
class Atom:
    """``expr`` is one of ``allowed``, or none of ``refused``, or between ``low`` and ``high``."""

    expr: Expr
    allowed: frozenset[Any] | None = None
    refused: frozenset[Any] = frozenset()
    low: float = -inf
    high: float = inf

    def contradicts(self, other: Atom) -> bool:
        """Whether both cannot hold at once."""
        if self.expr != other.expr:
            return False
        for one, two in ((self, other), (other, self)):
            if one.allowed is not None:
                if two.allowed is not None and not one.allowed & two.allowed:
                    return True
                if one.allowed <= two.refused:
                    return True
                numbers = [value for _, value in one.allowed if isinstance(value, (int, float))]
                if len(numbers) == len(one.allowed) and all(not two.low <= n <= two.high for n in numbers):
                    return True
        return max(self.low, other.low) > min(self.high, other.high)


def _value(literal: Literal) -> tuple[str, Any]:
    return type(literal.value).__name__, literal.value  # true is not 1


class Expander:
    """Replaces lets and functions of one rule set by their texts."""

    def __init__(self, outline: Outline, definitions: Mapping[str, FnDef]) -> None:
        self._outline, self._definitions = outline, definitions
        self._known: dict[str, Expr] = {}
        self._stack: list[str] = []
        self._expanded: dict[tuple[int, frozenset[str]], tuple[Expr, Expr]] = {}  # by identity: trees are shared

    def expand(self, expr: Expr, local: frozenset[str] = frozenset()) -> Expr:
        """The expression without names of lets; the primary is SELF."""
        key = id(expr), local
        if key not in self._expanded:
            large = sum(1 for _ in walk(expr)) > _LARGE
            self._expanded[key] = expr, expr if large else self._expand(expr, local)
        return self._expanded[key][1]

    def _expand(self, expr: Expr, local: frozenset[str]) -> Expr:
        if isinstance(expr, Ident):
            if expr.name in local:
                return expr
            if expr.name == self._outline.primary and not self._outline.grouped:
                return SELF
            let = self._outline.lets.get(expr.name)
            return expr if let is None or let.params is not None else self._let(expr.name, let.expr)
        bound = local | frozenset(expr.variables) if isinstance(expr, Macro) else local
        old = children(expr)
        if old:
            parts = tuple([self._expand(part, bound) for part in old])
            if not all(map(is_, old, parts)):
                expr = with_children(expr, parts)
        if isinstance(expr, Call) and expr.function in ("@json",) and len(expr.args) == 1:
            return expr.args[0]
        if isinstance(expr, Call) and expr.target is None and expr.function not in self._stack:
            body = self._body(expr.function)
            if body is not None and len(body[0]) == len(expr.args):
                self._stack.append(expr.function)
                try:
                    inside = self._expand(body[1], frozenset(body[0]))
                finally:
                    self._stack.pop()
                return substitute(inside, dict(zip(body[0], expr.args, strict=True)))
        return expr

    def _let(self, name: str, text: Expr) -> Expr:
        if name not in self._known:
            if name in self._stack:
                return Ident(name)
            self._stack.append(name)
            try:
                self._known[name] = self._expand(text, frozenset())
            finally:
                self._stack.pop()
        return self._known[name]

    def _body(self, name: str) -> FnDef | None:
        let = self._outline.lets.get(name)
        if let is not None and let.params is not None:
            return let.params, let.expr
        return self._definitions.get(name)


def atoms(exprs: Iterable[Expr]) -> list[Atom]:
    """The atoms of conditions that all hold."""
    return [_atom(term) for expr in exprs for part in conjuncts(expr) for term in _pushed(part)]


def _pushed(expr: Expr) -> list[Expr]:
    """``!(a || b)`` as ``!a``, ``!b``; ``!!a`` as ``a``."""
    if isinstance(expr, Call) and expr.function == "_&&_":
        return [term for part in expr.args for term in _pushed(part)]
    if isinstance(expr, Call) and expr.function == "!_":
        inner = expr.args[0]
        if isinstance(inner, Call) and inner.function == "!_":
            return _pushed(inner.args[0])
        if isinstance(inner, Call) and inner.function == "_||_":
            return [term for part in inner.args for term in _pushed(Call("!_", (part,), None, part.pos))]
        if isinstance(inner, Call) and inner.function in _NOT:
            return [Call(_NOT[inner.function], inner.args, None, inner.pos)]
    return [expr]


def _atom(expr: Expr) -> Atom:
    if isinstance(expr, Call) and expr.function in _NOT:
        return _compared(expr)
    if isinstance(expr, Call) and expr.function == "!_":
        inner = _atom(expr.args[0])
        if inner.allowed is not None and inner.expr is not expr.args[0]:
            return Atom(inner.expr, None, inner.allowed)
        return Atom(expr.args[0], frozenset({("bool", False)}))
    if isinstance(expr, Call) and expr.function == "@in" and isinstance(expr.args[1], ListExpr):
        elements = expr.args[1].elements
        if all(isinstance(element, Literal) for element in elements):
            return Atom(expr.args[0], frozenset(_value(e) for e in elements if isinstance(e, Literal)))
    if isinstance(expr, Literal):
        return Atom(Literal(True), frozenset({_value(expr)}))
    return Atom(expr, frozenset({("bool", True)}))


def _compared(expr: Call) -> Atom:
    left, right = expr.args
    function = expr.function
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right, function = right, left, _MIRROR.get(function, function)
    if not isinstance(right, Literal):
        negated = {"_!=_": "_==_", "_>=_": "_<_", "_<=_": "_>_"}.get(function, "")
        return Atom(Call(negated or function, (left, right)), frozenset({("bool", not negated)}))
    if function == "_==_":
        return Atom(left, frozenset({_value(right)}))
    if function == "_!=_":
        return Atom(left, None, frozenset({_value(right)}))
    if isinstance(right.value, bool) or not isinstance(right.value, (int, float)):
        return Atom(expr, frozenset({("bool", True)}))
    step = 1 if isinstance(right.value, int) else 0  # of whole numbers; of others the bound itself stays possible
    number = right.value
    match function:
        case "_<_":
            return Atom(left, high=number - step)
        case "_<=_":
            return Atom(left, high=number)
        case "_>_":
            return Atom(left, low=number + step)
        case _:
            return Atom(left, low=number)


def contradiction(one: Iterable[Atom], other: Iterable[Atom]) -> bool:
    """Whether two conditions cannot hold together."""
    here, there = list(one), list(other)
    if any(a.contradicts(b) for a in here for b in there):
        return True
    return _no_way(here, there) or _no_way(there, here)


def _no_way(here: list[Atom], there: list[Atom]) -> bool:
    """Whether an `or` among these is false each way, by what the others say."""
    for atom in here:
        ways = _ways(atom)
        if ways and all(any(a.contradicts(b) for a in way for b in there) for way in ways):
            return True
    return False


def _ways(atom: Atom) -> list[list[Atom]]:
    """The ways in which an `or` (or a negated `and`) can hold."""
    expr = atom.expr
    if isinstance(expr, Call) and expr.function == "_||_" and atom.allowed == frozenset({("bool", True)}):
        return [atoms([part]) for part in _flat(expr, "_||_")]
    if isinstance(expr, Call) and expr.function == "_&&_" and atom.allowed == frozenset({("bool", False)}):
        return [atoms([Call("!_", (part,))]) for part in _flat(expr, "_&&_")]
    return []


def _flat(expr: Expr, function: str) -> list[Expr]:
    if isinstance(expr, Call) and expr.function == function:
        return [term for part in expr.args for term in _flat(part, function)]
    return [expr]


def impossible(found: list[Atom]) -> tuple[Atom, Atom] | None:
    """Two atoms of one condition that cannot hold together; a constant false contradicts itself."""
    true = Atom(Literal(True), frozenset({("bool", True)}))
    for number, atom in enumerate(found):
        if atom.contradicts(true):
            return atom, atom
        for other in found[number + 1 :]:
            if atom.contradicts(other):
                return atom, other
    return None
