"""Tokens -> syntax tree: a Pratt parser for the whole grammar of the specification, optionals and macros included.

What is refused here is refused with file, line and column: :class:`~ruleplane.errors.SourceError`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.ast import (
    Call,
    Expr,
    Ident,
    ListExpr,
    Literal,
    Macro,
    MapExpr,
    Select,
    StructExpr,
)
from ruleplane.lang.cel.lexer import KEYWORDS, RESERVED, Token, tokens
from ruleplane.lang.cel.macros import BIND, MEMBER
from ruleplane.lang.cel.source import Source
from ruleplane.lang.cel.values import INT_MAX
from ruleplane.lang.cel.walk import depth

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH: Final = 100
"""How many levels a tree may have; a chain of n additions has n (chains of && and || only log n)."""

_BINARY: Final = {
    "||": (1, "_||_"),
    "&&": (2, "_&&_"),
    "==": (3, "_==_"),
    "!=": (3, "_!=_"),
    "<": (3, "_<_"),
    "<=": (3, "_<=_"),
    ">": (3, "_>_"),
    ">=": (3, "_>=_"),
    "in": (3, "@in"),
    "+": (4, "_+_"),
    "-": (4, "_-_"),
    "*": (5, "_*_"),
    "/": (5, "_/_"),
    "%": (5, "_%_"),
}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parse(text: str, *, file: str = "", line: int = 1, column: int = 1) -> Expr:
    """The tree of an expression that starts at ``line`` and ``column`` of ``file``. Raises SourceError.

    >>> tree = parse("a.b + 1")
    >>> tree.function, int(tree.pos), tree.args[1].value
    ('_+_', 4, 1)
    """
    source = Source(text, file, line, column)
    try:
        return _Parser(source).whole()
    except RecursionError:  # called from deep within another computation
        raise source.error("this nests too deeply", 0) from None


_WORDS = {"and": "&&", "or": "||", "is": "==", "eq": "==", "ne": "!=", "AND": "&&", "OR": "||"}  # of other languages


class _Parser:
    """One pass over one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tokens = list(tokens(source))
        self._at = 0
        self._depth = 0

    # --- tokens -----------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _accept(self, kind: str) -> bool:
        if self._tokens[self._at].kind == kind:
            self._at += 1
            return True
        return False

    def _expect(self, kind: str) -> Token:
        if self._next.kind != kind:
            raise self._unexpected(f"{kind!r}")
        return self._take()

    def _unexpected(self, expected: str) -> Exception:
        token = self._next
        if token.kind == "end":
            found = "the end of the expression"
        else:
            found = repr(token.value if token.kind in ("name", "literal", "quoted") else token.kind)
        meant = _WORDS.get(token.value) if token.kind == "name" else None
        hint = f"; did you mean {meant!r}?" if meant else ""
        return self.source.error(f"{found} where {expected} was expected{hint}", token.pos)

    # --- expressions ------------------------------------------------------------------------------------------------

    def whole(self) -> Expr:
        expr = self._expression()
        if self._next.kind != "end":
            raise self._unexpected("an operator or the end")
        if depth(expr) > MAX_DEPTH:
            raise self.source.error(f"this nests deeper than {MAX_DEPTH} levels", 0)
        return expr

    def _expression(self) -> Expr:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.error(f"this nests deeper than {MAX_DEPTH} levels", self._next.pos)
        condition = self._operation(0)
        if self._next.kind == "?":
            pos = self._take().pos
            then = self._operation(0)
            self._expect(":")
            condition = Call("_?_:_", (condition, then, self._expression()), None, pos)
        self._depth -= 1
        return condition

    def _operation(self, floor: int) -> Expr:
        left = self._unary()
        length = 0
        while True:
            token = self._next
            power, name = _BINARY.get("in" if token.value == "in" and token.kind == "name" else token.kind, (0, ""))
            if power <= floor:
                return left
            self._take()
            if power <= 2:
                left = self._logical(left, power, name, token)
                continue
            length += 1
            if length > MAX_DEPTH:
                raise self.source.error(f"more than {MAX_DEPTH} operators in a row", token.pos)
            left = Call(name, (left, self._operation(power)), None, token.pos)

    def _logical(self, left: Expr, power: int, name: str, first: Token) -> Expr:
        """A chain of one logical operator, as a balanced tree: long rules nest no deeper than their logarithm."""
        terms, positions = [left, self._operation(power)], [first.pos]
        while self._next.kind == first.kind:
            positions.append(self._take().pos)
            terms.append(self._operation(power))

        def balance(low: int, high: int) -> Expr:
            if low == high:
                return terms[low]
            middle = (low + high) // 2
            return Call(name, (balance(low, middle), balance(middle + 1, high)), None, positions[middle])

        return balance(0, len(terms) - 1)

    def _unary(self) -> Expr:
        token = self._next
        if token.kind not in ("!", "-"):
            return self._member(self._primary())
        operators = []
        while self._next.kind == token.kind:
            operators.append(self._take().pos)
            if len(operators) > MAX_DEPTH:
                raise self.source.error(f"more than {MAX_DEPTH} operators in a row", operators[-1])
        number = self._next
        if token.kind == "-" and number.kind == "literal" and type(number.value) in (int, float):
            self._take()
            expr = self._member(Literal(-number.value, operators.pop()))
        else:
            expr = self._member(self._primary())
        # As in cel-go's grammar, an even number of them is nothing at all.
        return Call(f"{token.kind}_", (expr,), None, operators[-1]) if len(operators) % 2 else expr

    def _member(self, expr: Expr) -> Expr:
        length = 0
        while self._next.kind in (".", "[", "{"):
            token = self._next
            if token.kind == "{":
                name = _qualified(expr)
                if not name:
                    return expr
                expr = self._struct(name, expr.pos)
                continue
            self._take()
            expr = self._selector(expr) if token.kind == "." else self._index(expr, token)
            length += 1
            if length > MAX_DEPTH:
                raise self.source.error(f"more than {MAX_DEPTH} selections in a row", token.pos)
        return expr

    def _index(self, expr: Expr, token: Token) -> Expr:
        optional = self._accept("?")
        index = self._expression()
        self._expect("]")
        return Call("_[?_]" if optional else "_[_]", (expr, index), None, token.pos)

    def _selector(self, expr: Expr) -> Expr:
        optional = self._accept("?")
        token = self._next
        if token.kind == "quoted":
            self._take()
            return Select(expr, token.value, token.pos, optional)
        name = self._field()
        if self._next.kind == "(" and not optional:
            self._take()
            return self._member_call(expr, name, token, self._list(")"))
        return Select(expr, name, token.pos, optional)

    def _field(self) -> str:
        token = self._next
        if token.kind != "name" or token.value in KEYWORDS:
            raise self._unexpected("a field name")
        self._take()
        return str(token.value)

    def _primary(self) -> Expr:
        token = self._next
        if token.kind == "literal":
            self._take()
            if token.value.__class__ is int and token.value > INT_MAX:
                raise self.source.error(f"integer {token.value} does not fit 64 bits", token.pos)
            return Literal(token.value, token.pos)
        if token.kind == "(":
            self._take()
            expr = self._expression()
            self._expect(")")
            return expr
        if token.kind == "[":
            self._take()
            return self._list_literal(token)
        if token.kind == "{":
            self._take()
            return self._map_literal(token)
        if token.kind == "name" and token.value in _CONSTANTS:
            self._take()
            return Literal(_CONSTANTS[token.value], token.pos)
        if token.kind in (".", "name"):
            return self._identifier()
        raise self._unexpected("an expression")

    def _identifier(self) -> Expr:
        root = self._accept(".")
        token = self._next
        if token.kind == "name" and token.value in RESERVED:
            raise self.source.error(f"{token.value!r} is a reserved word", token.pos)
        name = self._field()
        if not self._accept("("):
            return Ident(name, token.pos, root)
        args = self._list(")")
        if name == "has" and not root:
            return self._has(token, args)
        return Call(name, args, None, token.pos)

    # --- lists, maps, messages --------------------------------------------------------------------------------------

    def _list(self, end: str) -> tuple[Expr, ...]:
        items: list[Expr] = []
        while not self._accept(end):
            if items:
                self._expect(",")
            items.append(self._expression())
        return tuple(items)

    def _entries(self, end: str, entry: Callable[[int], None]) -> None:
        """Comma-separated entries up to ``end``; a comma may follow the last."""
        count = 0
        while not self._accept(end):
            entry(count)
            count += 1
            if not self._accept(","):
                self._expect(end)
                return

    def _mark(self, optional: set[int], at: int) -> None:
        if self._accept("?"):
            optional.add(at)

    def _list_literal(self, token: Token) -> Expr:
        items: list[Expr] = []
        optional: set[int] = set()

        def entry(at: int) -> None:
            self._mark(optional, at)
            items.append(self._expression())

        self._entries("]", entry)
        return ListExpr(tuple(items), token.pos, frozenset(optional))

    def _map_literal(self, token: Token) -> Expr:
        items: list[tuple[Expr, Expr]] = []
        optional: set[int] = set()

        def entry(at: int) -> None:
            self._mark(optional, at)
            key = self._expression()
            self._expect(":")
            items.append((key, self._expression()))

        self._entries("}", entry)
        return MapExpr(tuple(items), token.pos, frozenset(optional))

    def _struct(self, name: str, pos: int) -> Expr:
        self._expect("{")
        items: list[tuple[str, Expr]] = []
        optional: set[int] = set()

        def entry(at: int) -> None:
            self._mark(optional, at)
            key = str(self._take().value) if self._next.kind == "quoted" else self._field()
            self._expect(":")
            items.append((key, self._expression()))

        self._entries("}", entry)
        return StructExpr(name, tuple(items), pos, frozenset(optional))

    # --- macros -----------------------------------------------------------------------------------------------------

    def _has(self, token: Token, args: tuple[Expr, ...]) -> Expr:
        if len(args) != 1 or not isinstance(args[0], Select) or args[0].optional or args[0].test:
            raise self.source.error("has() takes one field selection, such as has(a.b)", token.pos)
        return Select(args[0].operand, args[0].field, args[0].pos, test=True)

    def _member_call(self, target: Expr, name: str, token: Token, args: tuple[Expr, ...]) -> Expr:
        if isinstance(target, Ident) and target.name == "cel" and not target.root:
            special = {("bind", 3): self._bind, ("block", 2): self._block}.get((name, len(args)))
            if special is not None:
                return special(token, args)
            variable = _block_name(name, args)
            if variable:
                return Ident(variable, token.pos)
        form = MEMBER.get((name, len(args)))
        if form is None:
            return Call(name, args, target, token.pos)
        variables = tuple(map(partial(self._variable, name), args[: form.variables]))
        if len(set(variables)) < len(variables):
            raise self.source.error(f"{name}() binds {variables[0]!r} twice", token.pos)
        return Macro(form.name, target, variables, args[form.variables :], token.pos)

    def _variable(self, macro: str, expr: Expr) -> str:
        if not isinstance(expr, Ident) or expr.root:
            raise self.source.error(f"the first argument of {macro}() must be a plain name", expr.pos)
        return expr.name

    def _bind(self, token: Token, args: tuple[Expr, ...]) -> Expr:
        return Macro(BIND.name, None, (self._variable("cel.bind", args[0]),), args[1:], token.pos)

    def _block(self, token: Token, args: tuple[Expr, ...]) -> Expr:
        """``cel.block([a, b], body)`` is nested binds of ``@index0``, ``@index1``."""
        slots, body = args
        if not isinstance(slots, ListExpr) or slots.optional:
            raise self.source.error("cel.block() takes a list literal and an expression", token.pos)
        for number in range(len(slots.elements) - 1, -1, -1):
            body = Macro(BIND.name, None, (f"@index{number}",), (slots.elements[number], body), token.pos)
        return body


def _block_name(name: str, args: tuple[Expr, ...]) -> str:
    """The variable that ``cel.index(n)`` or ``cel.iterVar(depth, unique)`` stands for; "" if it is neither."""
    numbers = [arg.value for arg in args if isinstance(arg, Literal) and arg.value.__class__ is int]
    if len(numbers) != len(args) or (name, len(args)) not in (("index", 1), ("iterVar", 2)):
        return ""
    return "@" + name + "_".join(map(str, numbers))


def _qualified(expr: Expr) -> str:
    """``a.b.C`` of a chain of plain selections; "" for anything else."""
    if isinstance(expr, Ident):
        return ("." if expr.root else "") + expr.name
    if isinstance(expr, Select) and not expr.optional and not expr.test:
        prefix = _qualified(expr.operand)
        return f"{prefix}.{expr.field}" if prefix else ""
    return ""
