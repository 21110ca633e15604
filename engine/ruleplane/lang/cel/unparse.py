"""Syntax tree -> text: for traces, error messages and rewritten expressions."""

from __future__ import annotations

from typing import Final

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.lexer import KEYWORDS
from ruleplane.lang.cel.values import Type, Uint

_BINARY: Final = {
    "_||_": ("||", 2),
    "_&&_": ("&&", 3),
    "_==_": ("==", 4),
    "_!=_": ("!=", 4),
    "_<_": ("<", 4),
    "_<=_": ("<=", 4),
    "_>_": (">", 4),
    "_>=_": (">=", 4),
    "@in": ("in", 4),
    "_+_": ("+", 5),
    "_-_": ("-", 5),
    "_*_": ("*", 6),
    "_/_": ("/", 6),
    "_%_": ("%", 6),
}
_CONDITIONAL, _UNARY, _MEMBER = 1, 7, 8


def unparse(expr: Expr) -> str:
    """The text of a tree; parsing it gives an equal tree. A resolved tree is printed as it was written.

    >>> from ruleplane.lang.cel.parser import parse
    >>> unparse(parse("(a+b) * c.d[?0].filter(x, !(x in y)).size() > 1u"))
    '(a + b) * c.d[?0].filter(x, !(x in y)).size() > 1u'
    """
    return _text(expr)[0]


def _text(expr: Expr) -> tuple[str, int]:
    """The text and how tightly its outermost operator binds."""
    match expr:
        case Literal():
            return _literal(expr)
        case Ident(name=name, root=root):
            return ("." if root else "") + name, _MEMBER
        case Select(operand=operand, field=field, optional=optional, test=test):
            name = field if field.isidentifier() and field.isascii() and field not in KEYWORDS else f"`{field}`"
            text = f"{_at(operand, _MEMBER)}.{'?' if optional else ''}{name}"
            return (f"has({text})" if test else text), _MEMBER
        case Call():
            return _call(expr)
        case ListExpr(elements=elements, optional=marks):
            return f"[{', '.join(_mark(n, marks) + unparse(part) for n, part in enumerate(elements))}]", _MEMBER
        case MapExpr(entries=entries, optional=marks):
            items = (f"{_mark(n, marks)}{unparse(key)}: {unparse(value)}" for n, (key, value) in enumerate(entries))
            return f"{{{', '.join(items)}}}", _MEMBER
        case StructExpr(name=name, fields=fields, optional=marks):
            items = (f"{_mark(n, marks)}{key}: {unparse(value)}" for n, (key, value) in enumerate(fields))
            return f"{name}{{{', '.join(items)}}}", _MEMBER
        case Macro(name=name, target=target, variables=variables, args=args):
            inside = ", ".join((*variables, *map(unparse, args)))
            name = "exists_one" if name == "existsOne" and len(variables) == 1 else name  # known to everyone
            return f"{'cel' if target is None else _at(target, _MEMBER)}.{name}({inside})", _MEMBER


def _mark(number: int, marks: frozenset[int]) -> str:
    return "?" if number in marks else ""


def _at(expr: Expr, floor: int) -> str:
    """The text of an operand, in brackets if it binds more loosely than its place."""
    text, power = _text(expr)
    return text if power >= floor else f"({text})"


def _call(expr: Call) -> tuple[str, int]:
    name, args = expr.function, expr.args
    if name in _BINARY:
        symbol, power = _BINARY[name]
        # Chains of && and || are balanced trees, printed without brackets; parsing balances them again.
        right = power if symbol in ("&&", "||") else power + 1
        return f"{_at(args[0], power)} {symbol} {_at(args[1], right)}", power
    if name == "_?_:_":
        return f"{_at(args[0], 2)} ? {_at(args[1], 2)} : {_at(args[2], 1)}", _CONDITIONAL
    if name in ("!_", "-_"):
        operand = _at(args[0], _MEMBER)  # !!x and --x would be x, and the grammar mixes no ! and -
        number = name == "-_" and (operand[0].isdigit() or operand[0] == ".")  # -1 would be one literal
        return f"{name[0]}({operand})" if number else f"{name[0]}{operand}", _UNARY
    if name in ("_[_]", "_[?_]"):
        return f"{_at(args[0], _MEMBER)}{name[1:-2]}{unparse(args[1])}]", _MEMBER
    inside = ", ".join(map(unparse, args))
    if expr.target is not None:
        return f"{_at(expr.target, _MEMBER)}.{name}({inside})", _MEMBER
    if name.startswith("."):
        return f"{_at(args[0], _MEMBER)}{name}({', '.join(map(unparse, args[1:]))})", _MEMBER
    return f"{name}({inside})", _MEMBER


def _literal(expr: Literal) -> tuple[str, int]:
    value = expr.value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value], _MEMBER
    if isinstance(value, Type):
        return value.name, _MEMBER
    if isinstance(value, Uint):
        return f"{int(value)}u", _MEMBER
    if isinstance(value, str):
        return _quoted(value), _MEMBER
    if isinstance(value, bytes):
        return 'b"' + "".join(_byte(byte) for byte in value) + '"', _MEMBER
    text = repr(value)
    if isinstance(value, float) and "." not in text and "e" in text:
        text = text.replace("e", ".0e")
    return text, _UNARY if text[0] == "-" else _MEMBER


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(text: str) -> str:
    if "'" not in text and text.isprintable() and "\\" not in text:
        return f"'{text}'"
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text) + '"'


def _byte(byte: int) -> str:
    char = chr(byte)
    return _ESCAPES.get(char) or (char if 32 <= byte < 127 else f"\\x{byte:02x}")
