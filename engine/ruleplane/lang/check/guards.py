"""What is known to be there once a condition has held, or has not: the guards that presence.py looks for.

A fact is the path of a field, written as the plain selection of it, or the name of an object that is not null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, Select
from ruleplane.lang.cel.walk import children

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.reads import FnDef

    Canon = Callable[[Expr, Mapping[str, object]], Expr | None]

Facts = frozenset[Expr]
NONE: Final[Facts] = frozenset()
_COMPARED: Final = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
_OPPOSITE: Final = {"_==_": "_!=_", "_!=_": "_==_", "_<_": "_>=_", "_>=_": "_<_", "_>_": "_<=_", "_<=_": "_>_"}
_STRICT: Final = frozenset({*_COMPARED, "_+_", "_-_", "_*_", "_/_", "_%_", "-_", "@in", "_[_]"})
_DEPTH: Final = 24


class Guards:
    """Finds facts. ``canon`` names a path in the words of the rule set; ``text`` gives lets and functions."""

    def __init__(
        self, canon: Canon, value: Callable[[str], Expr | None], function: Callable[[str], FnDef | None]
    ) -> None:
        self._canon, self._value, self._function = canon, value, function
        self._depth = 0

    def true(self, expr: Expr, env: Mapping[str, object], *, plainly: bool = False) -> Facts:
        """What is there where ``expr`` is true; ``plainly``: leaving out what follows only from its having a value."""
        return self._facts(expr, env, holds=True, plainly=plainly)

    def false(self, expr: Expr, env: Mapping[str, object], *, plainly: bool = False) -> Facts:
        """What is there where it is false."""
        return self._facts(expr, env, holds=False, plainly=plainly)

    def _facts(self, expr: Expr, env: Mapping[str, object], *, holds: bool, plainly: bool) -> Facts:
        self._depth += 1
        try:
            return NONE if self._depth > _DEPTH else self._found(expr, env, holds=holds, plainly=plainly)
        finally:
            self._depth -= 1

    def _found(self, expr: Expr, env: Mapping[str, object], *, holds: bool, plainly: bool) -> Facts:
        if isinstance(expr, Select) and expr.test:
            return self._path(Select(expr.operand, expr.field), env) if holds else NONE
        if isinstance(expr, Ident) and expr.name not in env:
            text = self._value(expr.name)
            return NONE if text is None else self._facts(text, {}, holds=holds, plainly=plainly)
        if isinstance(expr, Call):
            return self._call(expr, env, holds=holds, plainly=plainly)
        if isinstance(expr, Macro):
            if expr.target is None:
                return NONE
            found = NONE if plainly else self.strict(expr.target, env)
            some = expr.name in ("exists", "existsOne") and holds  # there is an element: it is no default
            inner = self._text(expr.target, env)
            if some and isinstance(inner, Call) and inner.function == "orValue" and inner.target is not None:
                found |= self._path(inner.target, env)
            return found
        return NONE if plainly else self.strict(expr, env)

    def _call(self, expr: Call, env: Mapping[str, object], *, holds: bool, plainly: bool) -> Facts:
        name, args = expr.function, expr.args
        if name in ("_&&_", "_||_"):
            sides = [self._facts(arg, env, holds=holds, plainly=plainly) for arg in args]
            return sides[0] | sides[1] if (name == "_&&_") == holds else sides[0] & sides[1]
        if name == "!_":
            return self._facts(args[0], env, holds=not holds, plainly=plainly)
        if name == "orValue" and expr.target is not None:
            default = args[0]
            certain = isinstance(default, Literal) and isinstance(default.value, bool) and default.value is not holds
            return self._path(expr.target, env) if certain else NONE
        if name == "hasValue" and expr.target is not None:
            return self._path(expr.target, env) if holds else NONE
        if name in _COMPARED:
            found = self._compared(name if holds else _OPPOSITE[name], args[0], args[1], env)
            return found if plainly else found | self.strict(expr, env)
        if name == "@in":
            found = NONE if plainly else self.strict(expr, env)
            if holds and isinstance(args[0], Literal) and isinstance(args[0].value, str):
                found |= self._path(Select(args[1], args[0].value), env)
            if holds and isinstance(args[1], ListExpr):
                found |= self._outside(args[0], args[1].elements, env)
            return found
        body = self._function(name) if expr.target is None else None
        if body is not None and len(body[0]) == len(args):
            given = {p: self._canon(a, env) or Ident("@?") for p, a in zip(body[0], args, strict=True)}
            return self._facts(body[1], given, holds=holds, plainly=plainly)
        return NONE if plainly else self.strict(expr, env)

    def _compared(self, name: str, left: Expr, right: Expr, env: Mapping[str, object]) -> Facts:
        if isinstance(left, Literal) and not isinstance(right, Literal):
            mirrored = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_"}
            return self._compared(mirrored.get(name, name), right, left, env)
        left = self._text(left, env)
        if isinstance(right, Literal) and right.value is None:
            return self._path(left, env) if name == "_!=_" else NONE
        if isinstance(left, Call) and left.function == "size" and isinstance(right, Literal) and right.value == 0:
            inner = left.target if left.target is not None else left.args[0]
            inner = self._text(inner, env)
            if name in ("_>_", "_!=_") and isinstance(inner, Call) and inner.function == "orValue" and inner.target:
                return self._path(inner.target, env)
        if isinstance(left, Call) and left.function == "orValue" and left.target is not None:
            default, same = left.args[0], left.args[0] == right
            plain = isinstance(default, Literal) and isinstance(right, Literal)
            other = (name == "_==_" and not same) or (name == "_!=_" and same)
            if plain and (other or _fails(name, default, right)):
                return self._path(left.target, env)
        body = self._function(left.function) if isinstance(left, Call) and left.target is None else None
        if isinstance(left, Call) and body is not None and len(body[0]) == len(left.args):
            given = {p: self._canon(a, env) or Ident("@?") for p, a in zip(body[0], left.args, strict=True)}
            return self._compared(name, body[1], right, given) if isinstance(right, Literal) else NONE
        return NONE

    def _outside(self, left: Expr, elements: tuple[Expr, ...], env: Mapping[str, object]) -> Facts:
        """``x.orValue(c) in [a, b]``, where c is none of them."""
        left = self._text(left, env)
        if isinstance(left, Call) and left.function == "orValue" and left.target is not None:
            plain = all(isinstance(element, Literal) for element in elements)
            if plain and isinstance(left.args[0], Literal) and left.args[0] not in elements:
                return self._path(left.target, env)
        return NONE

    def either(self, expr: Expr, env: Mapping[str, object]) -> list[tuple[Expr, Facts]]:
        """For every term ``a || b`` of a condition that holds: a, and what is there where a is false."""
        expr = self._text(expr, env)
        if isinstance(expr, Call) and expr.function == "_&&_":
            return [one for part in expr.args for one in self.either(part, env)]
        if isinstance(expr, Call) and expr.function == "_||_":
            return [(expr.args[0], self.true(expr.args[1], env)), (expr.args[1], self.true(expr.args[0], env))]
        return []

    def _text(self, expr: Expr, env: Mapping[str, object]) -> Expr:
        """A let's text in place of its name."""
        if isinstance(expr, Ident) and expr.name not in env:
            return self._value(expr.name) or expr
        return expr

    def _path(self, expr: Expr, env: Mapping[str, object]) -> Facts:
        """The path and every path that it goes through."""
        found: set[Expr] = set()
        path = self._canon(expr, env)
        while path is not None:
            found.add(path)
            path = path.operand if isinstance(path, Select) else None
        return frozenset(found)

    def strict(self, expr: Expr, env: Mapping[str, object]) -> Facts:
        """What must be there for the expression to have a value at all."""
        if isinstance(expr, Select):
            if expr.optional:
                return NONE
            return self._path(expr.operand if expr.test else expr, env)
        if isinstance(expr, Call) and (expr.function in _STRICT or expr.target is None):
            if expr.function in ("_&&_", "_||_", "_?_:_", "!_"):
                return NONE
            return frozenset().union(*(self.strict(part, env) for part in children(expr)))
        return NONE


def _fails(name: str, default: Expr, right: Expr) -> bool:
    """Whether a default does not compare so: then it is not what was compared."""
    one, other = getattr(default, "value", None), getattr(right, "value", None)
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if not (isinstance(one, (int, float)) and isinstance(other, (int, float))) or type(one) is not type(other):
        return False
    return not {"_<_": one < other, "_<=_": one <= other, "_>_": one > other, "_>=_": one >= other}.get(name, True)
