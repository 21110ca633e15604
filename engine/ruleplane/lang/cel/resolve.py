"""What every name means: a tree as written -> a tree in which each name is a variable, a scope's name, a type or a
function.

The compiler and the interpreter read the resolved tree. In it

- ``Ident(root=False)`` is a macro's variable or a parameter, ``Ident(root=True)`` an attribute of the scope;
- types are literals;
- a function call is ``Call(key, args)`` with the key of the registry and the target, if any, as first argument;
- a message literal (the specification's wrapper types only) is a call of ``@<its name>``;
- what could not be resolved is a SourceError, or with ``lenient`` a call of :data:`UNDECLARED`, which fails when it
  is reached.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#name-resolution
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.ast import Call, Expr, Ident, Literal, Macro, Select, StructExpr
from ruleplane.lang.cel.operators import BINARY
from ruleplane.lang.cel.source import source_error
from ruleplane.lang.cel.values import TYPE_NAMES, Type
from ruleplane.lang.cel.walk import children, with_children

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ruleplane.lang.cel.registry import Function

UNDECLARED: Final = "@undeclared"
OPERATORS: Final = frozenset((*BINARY, "_||_", "_&&_", "_?_:_", "!_", "-_"))
TYPES: Final = {
    name: Type(name)
    for name in ("bool", "int", "uint", "double", "string", "bytes", "list", "map", "type", *TYPE_NAMES.values())
}
NULL_ENUM: Final = "google.protobuf.NullValue.NULL_VALUE"


def resolve(
    expr: Expr,
    names: Collection[str],
    functions: Mapping[str, Function],
    params: Collection[str] = (),
    *,
    container: str = "",
    lenient: bool = False,
) -> Expr:
    """The resolved form of ``expr``; SourceError at the first name that is neither in ``names`` nor in ``params``."""
    return _Resolver(names, functions, container, lenient).resolve(expr, frozenset(params))


class _Resolver:
    """The tables of one compilation."""

    def __init__(
        self, names: Collection[str], functions: Mapping[str, Function], container: str, lenient: bool
    ) -> None:
        self._names = names
        self._functions = functions
        parts = container.split(".") if container else []
        self._prefixes = [".".join((*parts[:n], "")) for n in range(len(parts), -1, -1)]
        self._lenient = lenient

    def resolve(self, expr: Expr, local: frozenset[str]) -> Expr:
        if isinstance(expr, Literal):
            return expr
        if isinstance(expr, Ident) or (isinstance(expr, Select) and not expr.test and not expr.optional):
            chained = self._chain(expr, local)
            if chained is not None:
                return chained
        if isinstance(expr, Call) and expr.function not in OPERATORS and expr.function != UNDECLARED:
            return self._call(expr, local)
        if isinstance(expr, StructExpr):
            return self._message(expr, local)
        if isinstance(expr, Macro):
            return self._macro(expr, local)
        parts = tuple([self.resolve(part, local) for part in children(expr)])
        return with_children(expr, parts)

    def _macro(self, expr: Macro, local: frozenset[str]) -> Expr:
        inner = local | frozenset(expr.variables)
        if expr.target is not None:
            args = tuple([self.resolve(arg, inner) for arg in expr.args])
            return Macro(expr.name, self.resolve(expr.target, local), expr.variables, args, expr.pos)
        args = self.resolve(expr.args[0], local), self.resolve(expr.args[1], inner)
        return Macro(expr.name, None, expr.variables, args, expr.pos)

    # --- names ------------------------------------------------------------------------------------------------------

    def _chain(self, expr: Expr, local: frozenset[str]) -> Expr | None:
        """The expression if it starts with a name: ``a.b.c`` may be one name, or ``a.b`` and a field, or ``a`` and
        two.
        """
        fields: list[Select] = []
        head = expr
        while isinstance(head, Select) and not head.test and not head.optional:
            fields.append(head)
            head = head.operand
        if not isinstance(head, Ident):
            return None
        fields.reverse()
        if not head.root and head.name in local:
            return _select(head, fields)
        prefixes = [""] if head.root else self._prefixes
        for count in range(len(fields), -1, -1):
            name = ".".join([head.name, *[field.field for field in fields[:count]]]) if count else head.name
            for prefix in prefixes:
                found = self._name(prefix + name, head.pos)
                if found is not None:
                    return _select(found, fields[count:])
        return _select(self._undeclared(head.name, "name", head.pos, self._names), fields)

    def _name(self, name: str, pos: int) -> Expr | None:
        if name in self._names:
            return Ident(name, pos, root=True)
        if name in TYPES:
            return Literal(TYPES[name], pos)
        return Literal(None, pos) if name == NULL_ENUM else None

    def _undeclared(self, name: str, what: str, pos: int, known: Collection[str]) -> Expr:
        if self._lenient:
            return Call(UNDECLARED, (Literal(name, pos),), None, pos)
        close = get_close_matches(name, known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise source_error(f"there is no {what} {name!r} here{hint}", pos)

    # --- functions --------------------------------------------------------------------------------------------------

    def _call(self, expr: Call, local: frozenset[str]) -> Expr:
        args = tuple([self.resolve(arg, local) for arg in expr.args])
        target = expr.target
        qualifier = "" if target is None else _qualifier(target, local)
        if target is None or qualifier:
            name = f"{qualifier}.{expr.function}" if qualifier else expr.function
            for prefix in self._prefixes:
                if prefix + name in self._functions:
                    return self._checked(Call(prefix + name, args, None, expr.pos))
        if target is None:
            known = [key for key in self._functions if key[0] not in ".@"]
            return self._undeclared(expr.function, "function", expr.pos, known)
        key = f".{expr.function}"
        if key in self._functions:
            return self._checked(Call(key, (self.resolve(target, local), *args), None, expr.pos))
        known = [key[1:] for key in self._functions if key[0] == "."]
        return self._undeclared(expr.function, "member function", expr.pos, known)

    def _checked(self, call: Call) -> Expr:
        overloads = self._functions[call.function].overloads
        counts = sorted({len(overload.params) for overload in overloads})
        if counts and len(call.args) not in counts:
            if self._lenient:
                return Call(UNDECLARED, (Literal(call.function.lstrip("."), call.pos),), None, call.pos)
            receiver = call.function[0] == "."
            wanted = " or ".join(str(count - receiver) for count in counts)
            given = len(call.args) - receiver
            raise source_error(f"{call.function.lstrip('.')}() takes {wanted} arguments, not {given}", call.pos)
        return call

    def _message(self, expr: StructExpr, local: frozenset[str]) -> Expr:
        for prefix in [""] if expr.name.startswith(".") else self._prefixes:
            key = f"@{prefix}{expr.name.lstrip('.')}"
            if key not in self._functions:
                continue
            fields = [name for name, _ in expr.fields]
            if expr.optional or len(fields) > 1 or not set(fields) <= {"value", "null_value"}:
                raise source_error(f"{key[1:]} has no fields {fields}", expr.pos)
            return Call(key, tuple(self.resolve(value, local) for _, value in expr.fields), None, expr.pos)
        return self._undeclared(expr.name, "message type", expr.pos, [])


def _select(head: Expr, fields: list[Select]) -> Expr:
    for field in fields:
        head = Select(head, field.field, field.pos, field.optional, field.test)
    return head


def _qualifier(expr: Expr, local: frozenset[str]) -> str:
    """``a.b`` of a plain chain that does not start with a variable; "" for anything else."""
    if isinstance(expr, Ident):
        return "" if expr.name in local and not expr.root else expr.name
    if isinstance(expr, Select) and not expr.optional and not expr.test:
        prefix = _qualifier(expr.operand, local)
        return f"{prefix}.{expr.field}" if prefix else ""
    return ""
