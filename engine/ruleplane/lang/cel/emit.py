"""Resolved tree -> Python source: one expression per node, assuming that nothing goes wrong.

The code works on native dicts and lists. Where Python would *answer* though the language says *error* or something
else (bools among numbers, overflow, negative indices, ``in`` on strings, mixed arithmetic), a guard sends the
operands to operators.py; where Python
*raises*, nothing is guarded: the exception makes compile.py ask the interpreter. Two rules hold the whole together:

1. code returns the exact value, or raises; 2. what a node's code is known to be (:class:`Code`.kind) is true of every
value it can return, down to the Python class.

Operators are in emit_operators.py, macros in emit_macros.py, functions and optionals in emit_functions.py.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel import operators
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.code import Code
from ruleplane.lang.cel.emit_functions import emit_function, emit_maybe
from ruleplane.lang.cel.emit_macros import MACROS
from ruleplane.lang.cel.emit_operators import OPERATORS
from ruleplane.lang.cel.interpret import attribute
from ruleplane.lang.cel.resolve import UNDECLARED
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import MISSING, NONE, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.registry import Function


def _overflow() -> Any:
    raise CelError("integer overflow")


def _not_bool(_: Any) -> bool:
    raise CelError("no such overload: a condition must be a bool")


def _present(value: Any) -> tuple[Any, ...]:
    if value.__class__ is not Optional:
        raise CelError("no such overload: ? takes an optional")
    return () if value.content is MISSING else (value.content,)


def _entry(key: Any, value: Any) -> dict[Any, Any]:
    """An optional entry of a map: a call, since the value's code may assign, which a comprehension would forbid."""
    if value.__class__ is not Optional:
        raise CelError("no such overload: ? takes an optional")
    return {} if value.content is MISSING else {key: value.content}


def _optional(found: Any) -> Optional:
    return NONE if found is MISSING else Optional(found)


def _checked_optional(value: Any) -> Optional:
    if value.__class__ is not Optional:
        raise CelError("no such overload: an optional is needed")
    return value


def _absent() -> Any:
    raise CelError("optional.none() dereference")


GLOBALS: Final[dict[str, Any]] = {
    "_overflow": _overflow,
    "_not_bool": _not_bool,
    "_entry": _entry,
    "_present": _present,
    "_optional": _optional,
    "_checked_optional": _checked_optional,
    "_absent": _absent,
    "_M": MISSING,
    "_NONE": NONE,
    "_Optional": Optional,
    "_add": operators.add,
    "_sub": operators.subtract,
    "_mul": operators.multiply,
    "_div": operators.divide,
    "_mod": operators.modulo,
    "_neg": operators.negate,
    "_eq": operators.equal,
    "_lt": operators.less,
    "_le": operators.less_equal,
    "_gt": operators.greater,
    "_ge": operators.greater_equal,
    "_in": operators.contains,
    "_index": operators.index,
    "_find": operators.find,
    "_make_map": operators.make_map,
    "_elements": operators.elements,
    "_pairs": operators.pairs,
}
_LOCAL: Final = re.compile(r"\b(?:scope|[vp][0-9]+_\w*)\b")


class Emitter:
    """The source of one expression: helper functions in ``blocks``, constants in ``names``."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions
        self.blocks: list[str] = []
        self.names: dict[str, Any] = dict(GLOBALS)
        self._count = 0

    # --- names ------------------------------------------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """A Python name not used before."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> str:
        """A global name that holds ``value``."""
        name = self.fresh("c")
        self.names[name] = value
        return name

    def variable(self, name: str) -> str:
        """A Python name for a macro's variable."""
        return self.fresh("v") + "_" + re.sub(r"\W", "_", name)

    def block(self, parameters: list[str], body: list[str], local: Mapping[str, Code]) -> Callable[..., str]:
        """A helper function; what is returned writes a call of it (its arguments, then the surroundings it reads)."""
        name = self.fresh("h")
        known = {code.text for code in local.values()} | {"scope"}
        used = sorted({word for line in body for word in _LOCAL.findall(line)} & known - set(parameters))
        lines = "".join(f"    {line}\n" for line in body)
        self.blocks.append(f"def {name}({', '.join((*parameters, *used))}):\n{lines}")
        return lambda *args: f"{name}({', '.join((*args, *used))})"

    # --- nodes ------------------------------------------------------------------------------------------------------

    def emit(self, expr: Expr, local: Mapping[str, Code]) -> Code:
        """The code of any node; ``local`` maps macro variables and parameters to theirs."""
        return _NODES[expr.__class__](self, expr, local)

    def condition(self, expr: Expr, local: Mapping[str, Code]) -> str:
        """Code that is True or False, or raises."""
        code = self.emit(expr, local)
        if code.kind == "bool":
            return code.text
        t = self.fresh("t")
        return f"(({t} := {code.text}) is True or {t} is not False and _not_bool({t}))"

    def _literal(self, expr: Literal, local: Mapping[str, Code]) -> Code:
        return self.literal(expr.value)

    def literal(self, value: Any) -> Code:
        """The code of a constant."""
        cls = value.__class__
        if cls is int:
            return Code(f"({value})", "int", True, abs(value))
        if cls is float and abs(value) < 1e300 and value == value:
            return Code(f"({value!r})", "float", True)
        if cls in (str, bytes, bool):
            return Code(repr(value), cls.__name__, True)
        if value is None:
            return Code("None", "none", True)
        return Code(self.constant(value), "float" if cls is float else "any", True)

    def _ident(self, expr: Ident, local: Mapping[str, Code]) -> Code:
        if not expr.root:
            return local[expr.name]
        name = attribute(expr.name)
        if name.isidentifier() and not keyword.iskeyword(name):
            return Code(f"scope.{name}")
        return Code(f"getattr(scope, {name!r})")

    def _select(self, expr: Select, local: Mapping[str, Code]) -> Code:
        found = self.maybe(expr, local)
        if found is not None:
            return Code(f"({found} is not _M)", "bool") if expr.test else Code(f"_optional({found})")
        operand = self.emit(expr.operand, local)
        if expr.test:
            return Code(f"({operand.text}.get({expr.field!r}, _M) is not _M)", "bool")
        return Code(f"{operand.text}[{expr.field!r}]")

    def maybe(self, expr: Expr, local: Mapping[str, Code]) -> str | None:
        """Code of an optional expression without its wrapping: the content, or ``_M``. None if it is no such
        expression.
        """
        return emit_maybe(self, expr, local)

    def _list(self, expr: ListExpr, local: Mapping[str, Code]) -> Code:
        items = (
            f"*_present({self.emit(element, local).text})"
            if number in expr.optional
            else self.emit(element, local).text
            for number, element in enumerate(expr.elements)
        )
        return Code(f"[{', '.join(items)}]", "list")

    def _map(self, expr: MapExpr, local: Mapping[str, Code]) -> Code:
        keys = [key.value for key, _ in expr.entries if isinstance(key, Literal) and key.value.__class__ is str]
        parts = [(self.emit(key, local).text, self.emit(value, local).text) for key, value in expr.entries]
        if len(set(keys)) == len(expr.entries):
            entries = (
                f"**_entry({key}, {value})" if number in expr.optional else f"{key}: {value}"
                for number, (key, value) in enumerate(parts)
            )
            return Code(f"{{{', '.join(entries)}}}", "dict")
        items = (
            f"*_entry({key}, {value}).items()" if number in expr.optional else f"({key}, {value})"
            for number, (key, value) in enumerate(parts)
        )
        return Code(f"_make_map([{', '.join(items)}])")

    def _struct(self, expr: StructExpr, local: Mapping[str, Code]) -> Code:
        raise AssertionError(f"a message {expr.name} that resolving should have refused")

    def _macro(self, expr: Macro, local: Mapping[str, Code]) -> Code:
        return MACROS[expr.name](self, expr, local)

    def _call(self, expr: Call, local: Mapping[str, Code]) -> Code:
        name = expr.function
        if name in OPERATORS:
            return OPERATORS[name](self, expr, local)
        if name == UNDECLARED:
            return Code(f"_not_bool({name!r})")
        return emit_function(self, expr, local)


_NODES: Final[dict[type, Callable[[Emitter, Any, Mapping[str, Code]], Code]]] = {
    Literal: Emitter._literal,
    Ident: Emitter._ident,
    Select: Emitter._select,
    Call: Emitter._call,
    ListExpr: Emitter._list,
    MapExpr: Emitter._map,
    StructExpr: Emitter._struct,
    Macro: Emitter._macro,
}
