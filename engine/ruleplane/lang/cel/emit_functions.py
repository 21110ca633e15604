"""Python source of function calls and of optionals.

A few functions are written in place (``size`` is ``len``), pure ones of constants are computed now, the others are
called. Optionals are never built where their content is taken at once: ``a.?b.c.orValue(0)`` becomes two
``dict.get``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.ast import Call, Expr, Literal, Macro, Select
from ruleplane.lang.cel.code import Code
from ruleplane.lang.cel.quantity import quantity
from ruleplane.lang.cel.regex import pattern
from ruleplane.lang.cel.times import parse_duration, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.emit import Emitter

_RESULTS: Final = {"bool": "bool", "int": "int", "string": "str", "double": "float", "bytes": "bytes"}
_FOLDED: Final = frozenset({"quantity", "duration", "timestamp", "ip", "cidr", "semver", "url"})


def emit_function(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    """The code of a call by registry key."""
    special = _INLINE.get(expr.function)
    if special is not None:
        code = special(emitter, expr, local)
        if code is not None:
            return code
    function = emitter.functions[expr.function]
    if expr.function in _FOLDED and all(isinstance(arg, Literal) for arg in expr.args):
        try:
            return Code(emitter.constant(function.call(*(arg.value for arg in expr.args if isinstance(arg, Literal)))))
        except (EvaluationError, ValueError):
            pass  # then it fails when it is reached, with its position
    args = [emitter.emit(arg, local).text for arg in expr.args]
    if function.takes_scope:
        args.insert(0, "scope")
    results = {overload.result for overload in function.overloads}
    kind = _RESULTS.get(results.pop(), "any") if len(results) == 1 else "any"
    return Code(f"{emitter.constant(function.call)}({', '.join(args)})", kind)


# --- written in place -----------------------------------------------------------------------------------------------


def _size(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    return Code(f"len({emitter.emit(expr.args[0], local).text})", "int", False, 1 << 48)


def _dyn(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    return emitter.emit(expr.args[0], local)


def _text_method(method: str, suffix: str = "") -> Callable[[Emitter, Call, Mapping[str, Code]], Code | None]:
    """``x.method('constant')``: what is no string has no such method, or refuses a string (bytes)."""

    def emit(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
        part = expr.args[1]
        if not isinstance(part, Literal) or part.value.__class__ is not str:
            return None
        return Code(f"({emitter.emit(expr.args[0], local).text}.{method}({part.value!r}){suffix})", "bool")

    return emit


def _matches(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
    regex = expr.args[1]
    if not isinstance(regex, Literal) or regex.value.__class__ is not str:
        return None
    try:
        search = emitter.constant(pattern(regex.value).search)
    except EvaluationError:
        return None
    return Code(f"({search}({emitter.emit(expr.args[0], local).text}) is not None)", "bool")


def _of_text(
    parse: Callable[[str], Any] | None, kind: str
) -> Callable[[Emitter, Call, Mapping[str, Code]], Code | None]:
    """A conversion of what is a string nearly always: ``parse`` (None: nothing to do) at once, the overloads
    otherwise.
    """

    def emit(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
        if len(expr.args) != 1 or isinstance(expr.args[0], Literal):
            return None
        t, call = emitter.fresh("t"), emitter.constant(emitter.functions[expr.function].call)
        parsed = t if parse is None else f"{emitter.constant(parse)}({t})"
        text = emitter.emit(expr.args[0], local).text
        return Code(f"({parsed} if ({t} := {text}).__class__ is str else {call}({t}))", kind)

    return emit


def _or_value(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
    found = emit_maybe(emitter, expr.args[0], local)
    if found is None:
        return None
    t, default = emitter.fresh("t"), emitter.emit(expr.args[1], local)
    return Code(f"({t} if ({t} := {found}) is not _M else {default.text})")


def _has_value(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
    found = emit_maybe(emitter, expr.args[0], local)
    return None if found is None else Code(f"({found} is not _M)", "bool")


def _value(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
    found = emit_maybe(emitter, expr.args[0], local)
    if found is None:
        return None
    t = emitter.fresh("t")
    return Code(f"({t} if ({t} := {found}) is not _M else _absent())")


def _optional(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code | None:
    found = emit_maybe(emitter, expr, local)
    return None if found is None else Code(f"_optional({found})")


_INLINE: Final[dict[str, Callable[[Emitter, Call, Mapping[str, Code]], Code | None]]] = {
    "size": _size,
    ".size": _size,
    "dyn": _dyn,
    ".startsWith": _text_method("startswith"),
    ".endsWith": _text_method("endswith"),
    ".contains": _text_method("find", " >= 0"),
    "matches": _matches,
    ".matches": _matches,
    ".orValue": _or_value,
    ".hasValue": _has_value,
    ".value": _value,
    ".or": _optional,
    "string": _of_text(None, "str"),
    "quantity": _of_text(quantity, "any"),
    "timestamp": _of_text(parse_timestamp, "any"),
    "duration": _of_text(parse_duration, "any"),
}

# --- optionals ------------------------------------------------------------------------------------------------------


def emit_maybe(emitter: Emitter, expr: Expr, local: Mapping[str, Code]) -> str | None:
    """The content of an optional expression or ``_M``; None where it is not seen to be optional from the text."""
    if isinstance(expr, Select):
        return _maybe_select(emitter, expr, local)
    if isinstance(expr, Macro) and expr.name in ("optMap", "optFlatMap") and expr.target is not None:
        return _maybe_mapped(emitter, expr, expr.target, local)
    if not isinstance(expr, Call):
        return None
    if expr.function in ("_[?_]", "_[_]"):
        return _maybe_index(emitter, expr, local)
    if expr.function == "optional.of":
        return emitter.emit(expr.args[0], local).text
    if expr.function == "optional.none":
        return "_M"
    if expr.function == ".or":
        first, second = (emit_maybe(emitter, arg, local) for arg in expr.args)
        if first is not None and second is not None:
            t = emitter.fresh("t")
            return f"({t} if ({t} := {first}) is not _M else {second})"
    return None


def _through(emitter: Emitter, found: str, then: Callable[[str], str], missing: str = "_M") -> str:
    t = emitter.fresh("t")
    return f"({then(t)} if ({t} := {found}) is not _M else {missing})"


def _maybe_select(emitter: Emitter, expr: Select, local: Mapping[str, Code]) -> str | None:
    found = emit_maybe(emitter, expr.operand, local)
    if found is not None:
        return _through(emitter, found, lambda t: f"{t}.get({expr.field!r}, _M)")
    if not expr.optional:
        return None
    return f"{emitter.emit(expr.operand, local).text}.get({expr.field!r}, _M)"


def _maybe_index(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> str | None:
    container, key = expr.args
    found = emit_maybe(emitter, container, local)
    if found is None and expr.function == "_[_]":
        return None
    index = emitter.emit(key, local)

    def look(text: str) -> str:
        if index.kind == "str":
            return f"{text}.get({index.text}, _M)"
        if index.kind != "any" or not text.isidentifier():
            return f"_find({text}, {index.text})"
        t = index.text if index.simple else emitter.fresh("t")
        held = t if index.simple else f"({t} := {index.text})"
        return f"({text}.get({t}, _M) if {held}.__class__ is str else _find({text}, {t}))"

    if found is None:
        return look(emitter.emit(container, local).text)
    # The index is evaluated, and may fail, even where there is nothing to look into.
    return _through(emitter, found, look, "_M" if index.simple else f"({index.text}, _M)[1]")


def _maybe_mapped(emitter: Emitter, expr: Macro, target: Expr, local: Mapping[str, Code]) -> str | None:
    found = emit_maybe(emitter, target, local)
    if found is None:
        return None
    name = emitter.variable(expr.variables[0])
    inner: dict[str, Any] = {**local, expr.variables[0]: Code(name, "any", True)}
    if expr.name == "optMap":
        body = emitter.emit(expr.args[0], inner).text
    else:
        content = emit_maybe(emitter, expr.args[0], inner)
        if content is None:
            return None
        body = content
    call = emitter.block([name], [f"return {body}"], inner)
    return _through(emitter, found, call)
