"""Templates: JSON whose texts may hold ``${CEL}``, turned into one expression and so into one compiled function.

Exactly ``"${expr}"`` keeps the expression's type, otherwise text is interpolated; ``$${`` is a literal ``${``. A
``null`` removes a
field; an optional that is absent (``"${?expr}"``, or an expression that plainly yields an optional) leaves it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND, rfc3339
from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select
from ruleplane.lang.cel.quantity import Quantity
from ruleplane.lang.cel.values import MISSING, Duration, Optional, Timestamp
from ruleplane.lang.changed import Changed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ruleplane.lang.source import Path, Source

    ParseAt = Callable[[str, int, int], Expr]

_PLAIN = frozenset({str, int, bool, float, type(None), Changed})


def to_expression(
    value: Any, source: Source, path: Path, parse: ParseAt, objects: Collection[str] = frozenset()
) -> Expr:
    """The expression that yields ``value`` with its ``${…}`` evaluated; ``objects``: names of what is JSON already,
    and needs no copy. Raises SourceError."""
    if isinstance(value, str):
        return _text(value, source, path, parse, objects)
    if isinstance(value, dict):
        entries, optional = [], set()
        for index, (key, child) in enumerate(value.items()):
            key_expr = _text(key, source, (*path, key), parse, objects) if "${" in key else Literal(key)
            expr = to_expression(child, source, (*path, key), parse, objects)
            if isinstance(expr, Call) and expr.function == "@optional":
                expr = expr.args[0]
                optional.add(index)
            entries.append((key_expr, expr))
        return MapExpr(tuple(entries), 0, frozenset(optional))
    if isinstance(value, list):
        elements, optional = [], set()
        for index, child in enumerate(value):
            expr = to_expression(child, source, (*path, index), parse, objects)
            if isinstance(expr, Call) and expr.function == "@optional":
                expr = expr.args[0]
                optional.add(index)
            elements.append(expr)
        return ListExpr(tuple(elements), 0, frozenset(optional))
    return Literal(value)


def split(text: str) -> list[tuple[bool, str, int]]:
    """The parts of a template text: (is expression, text, offset).

    >>> split("a-${b}-$${c}")
    [(False, 'a-', 0), (True, 'b', 4), (False, '-${c}', 6)]
    """
    parts: list[tuple[bool, str, int]] = []
    plain, start, i = "", 0, 0
    while i < len(text):
        if text.startswith("$${", i):
            plain, i = plain + "${", i + 3
        elif text.startswith("${", i):
            if plain:
                parts.append((False, plain, start))
            end = _closing(text, i + 2)
            parts.append((True, text[i + 2 : end], i + 2))
            plain, i = "", end + 1
            start = i
        else:
            plain, i = plain + text[i], i + 1
    if plain:
        parts.append((False, plain, start))
    return parts


def _closing(text: str, start: int) -> int:
    depth, quote, i = 0, "", start
    while i < len(text):
        char = text[i]
        if quote:
            if char == "\\":
                i += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return i
            depth -= 1
        i += 1
    raise ValueError(start)


def _text(text: str, source: Source, path: Path, parse: ParseAt, objects: Collection[str]) -> Expr:
    if "${" not in text:
        return Literal(text)
    try:
        parts = split(text)
    except ValueError as error:
        raise source.error("`${` without its `}`", path) from error
    line, column = source.place(path)

    def expression(part: str, offset: int) -> Expr:
        if not part.strip():
            raise source.error("`${}` is empty: an expression was expected", path)
        start = text.rfind("\n", 0, offset) + 1  # each line of the text begins at its column
        if "\n" in part:
            return parse(" " * (offset - start) + part, line + text.count("\n", 0, offset), column)
        return parse(part, line + text.count("\n", 0, offset), column + offset - start)

    if len(parts) == 1 and parts[0][0]:
        body = parts[0][1]
        if body.startswith("?"):
            return Call("@optional", (Call("@json", (expression(body[1:], parts[0][2] + 1),)),))
        expr = expression(body, parts[0][2])
        wrapped = expr if _is_plain(expr, objects) else Call("@json", (expr,))
        return Call("@optional", (wrapped,)) if _is_optional(expr) else wrapped
    return Call("@text", tuple(expression(t, o) if is_expr else Literal(t) for is_expr, t, o in parts))


def _is_plain(expr: Expr, objects: Collection[str]) -> bool:
    """JSON already: literals (but Uint), tests, and fields of objects (a setting or a let may hold a duration)."""
    if isinstance(expr, Literal):
        return type(expr.value) in _PLAIN
    while isinstance(expr, Select):
        if expr.test:
            return True
        if expr.optional:
            return False
        expr = expr.operand
        if isinstance(expr, Ident):
            return expr.name in objects
    return False


def _is_optional(expr: Expr) -> bool:
    if isinstance(expr, Select):
        return not expr.test and (expr.optional or _is_optional(expr.operand))
    if isinstance(expr, Macro):
        return expr.name in ("optMap", "optFlatMap")
    if isinstance(expr, Call):
        if expr.function == "_?_:_":
            return _is_optional(expr.args[1]) or _is_optional(expr.args[2])
        if expr.function in ("_[?_]",):
            return True
        if expr.function == "_[_]":
            return _is_optional(expr.args[0])
        if expr.target is not None and expr.function in ("or", "first", "last"):
            return expr.function != "or" or _is_optional(expr.args[0])
        return isinstance(expr.target, Ident) and expr.target.name == "optional"
    return False


def to_json(value: Any) -> Any:
    """A CEL value as JSON: instants as ``metav1.Time``, durations as seconds, quantities in canonical form, views as
    lists.

    Raises EvaluationError for what JSON has no form for.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {
            key if key.__class__ is str else str(to_json(key)): item if item.__class__ in _PLAIN else to_json(item)
            for key, item in value.items()
        }
    if kind is Timestamp:
        return rfc3339(value.ns)
    if kind is Quantity:
        return str(value)
    if kind is Duration:
        return f"{value.ns / SECOND:g}s"
    if kind is Optional:
        return value if value.content is MISSING else Optional(to_json(value.content))
    if isinstance(value, int):  # Uint
        return int(value)
    if isinstance(value, bytes):
        raise EvaluationError("bytes have no place in JSON: encode them (base64.encode)")
    if isinstance(value, dict):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [to_json(item) for item in value]
    return str(value)


def to_text(*parts: Any) -> str:
    """Interpolated text: strings as they are, other scalars as CEL's ``string()`` writes them."""
    out = []
    for part in parts:
        if type(part) is str:
            out.append(part)
        elif type(part) is bool:
            out.append("true" if part else "false")
        elif part is None or isinstance(part, (dict, list)):
            raise EvaluationError(f"{type(part).__name__ if part is not None else 'null'} cannot stand inside a text")
        else:
            out.append(str(to_json(part)))
    return "".join(out)


def expect_text(value: Any, source: Source, path: Path) -> str:
    """``value`` if it is text. Raises SourceError."""
    if not isinstance(value, str):
        raise source.error(f"text was expected, found {type(value).__name__}", path)
    return value


__all__ = ["SourceError", "expect_text", "split", "to_expression", "to_json", "to_text"]
