"""Python source of the operators: in place behind a cheap guard, else a call of the exact ones in operators.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.ast import Call, Expr, ListExpr, Literal
from ruleplane.lang.cel.code import Code
from ruleplane.lang.cel.values import INT_MAX, INT_MIN, Uint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.emit import Emitter

_EXACT: Final = 1 << 53  # up to here every int is a double
_ARITHMETIC: Final = {"_+_": ("+", "_add"), "_-_": ("-", "_sub"), "_*_": ("*", "_mul")}
_ORDER: Final = {"_<_": ("<", "_lt"), "_<=_": ("<=", "_le"), "_>_": (">", "_gt"), "_>=_": (">=", "_ge")}

# --- logic ------------------------------------------------------------------------------------------------------


def _logical(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    word = " and " if expr.function == "_&&_" else " or "
    terms = _flatten(expr, expr.function)
    return Code(f"({word.join(emitter.condition(term, local) for term in terms)})", "bool")


def _not(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    return Code(f"(not {emitter.condition(expr.args[0], local)})", "bool")


def _conditional(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    condition = emitter.condition(expr.args[0], local)
    then, otherwise = (emitter.emit(arg, local) for arg in expr.args[1:])
    kind = then.kind if then.kind == otherwise.kind else "any"
    return Code(f"({then.text} if {condition} else {otherwise.text})", kind, False, max(then.bound, otherwise.bound))


# --- arithmetic -------------------------------------------------------------------------------------------------


def _both(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> tuple[Code, Code]:
    return emitter.emit(expr.args[0], local), emitter.emit(expr.args[1], local)


def _held(emitter: Emitter, code: Code) -> tuple[str, str]:
    """``(code that evaluates and keeps, code that reads again)``."""
    if code.simple:
        return code.text, code.text
    t = emitter.fresh("t")
    return f"({t} := {code.text})", t


def _arithmetic(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    symbol, exact = _ARITHMETIC[expr.function]
    a, b = _both(emitter, expr, local)
    kinds = {a.kind, b.kind}
    if symbol == "+" and (kinds & {"str", "bytes"} or kinds == {"list"}):
        return Code(f"({a.text} + {b.text})", a.kind if a.kind != "any" else b.kind)
    if kinds == {"float"}:
        return Code(f"({a.text} {symbol} {b.text})", "float")
    if not kinds <= {"int", "any"}:
        return Code(f"{exact}({a.text}, {b.text})")
    bound = a.bound * b.bound if symbol == "*" else a.bound + b.bound
    if kinds == {"int"}:
        return Code(_in_range(emitter, f"{a.text} {symbol} {b.text}", bound), "int", False, min(bound, INT_MAX + 1))
    test, again, again2 = _both_int(emitter, a, b)
    return Code(
        f"({_in_range(emitter, f'{again} {symbol} {again2}', bound)} if {test} else {exact}({again}, {again2}))"
    )


def _exact_as_float(a: Code, b: Code) -> bool:
    """Whether Python compares them as the language does: as doubles."""
    return all(code.kind == "float" or code.bound <= _EXACT for code in (a, b))


def _both_int(emitter: Emitter, a: Code, b: Code) -> tuple[str, str, str]:
    """``(test that both are ints, a read again, b read again)``; the test evaluates both, whatever the first is."""
    first, again = _held(emitter, a)
    second, again2 = _held(emitter, b)
    tests = [
        f"({held}.__class__ is int)" if code.kind == "any" else f"({held} is not None)"
        for code, held in ((a, first), (b, second))
        if code.kind == "any" or not code.simple
    ]
    return " & ".join(tests), again, again2


def _in_range(emitter: Emitter, text: str, bound: int) -> str:
    if bound <= INT_MAX:
        return f"({text})"
    t = emitter.fresh("t")
    return f"({t} if {INT_MIN} <= ({t} := {text}) <= {INT_MAX} else _overflow())"


def _division(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    a, b = _both(emitter, expr, local)
    kind = "int" if a.kind == b.kind == "int" else "any"
    return Code(f"{'_div' if expr.function == '_/_' else '_mod'}({a.text}, {b.text})", kind)


def _negate(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    code = emitter.emit(expr.args[0], local)
    if code.kind == "int" and code.bound <= INT_MAX:
        return Code(f"(-{code.text})", "int", False, code.bound)
    return Code(f"_neg({code.text})", "int" if code.kind == "int" else "any")


# --- comparison -------------------------------------------------------------------------------------------------


def _equality(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    a, b = _both(emitter, expr, local)
    same = expr.function == "_==_"
    sign = "==" if same else "!="
    for one, other, literal in ((a, b, expr.args[1]), (b, a, expr.args[0])):
        if isinstance(literal, Literal):
            return _equal_literal(emitter, one, other, literal.value, same)
    if {"str", "bytes"} & {a.kind, b.kind} or a.kind == b.kind in ("int", "float", "bool"):
        return Code(f"({a.text} {sign} {b.text})", "bool")
    if b.simple or b.text.count("[") < 4:
        # A string equals exactly what Python says it equals.
        first, again = _held(emitter, a)
        maybe_not = "" if same else "not "
        return Code(
            f"({again} {sign} {b.text} if {first}.__class__ is str else {maybe_not}_eq({again}, {b.text}))", "bool"
        )
    return Code(f"({'' if same else 'not '}_eq({a.text}, {b.text}))", "bool")


def _equal_literal(emitter: Emitter, code: Code, constant: Code, value: Any, same: bool) -> Code:
    sign = "==" if same else "!="
    if value is None or value is True or value is False:
        return Code(f"({code.text} is {'' if same else 'not '}{constant.text})", "bool")
    if value.__class__ in (str, bytes):
        return Code(f"({code.text} {sign} {constant.text})", "bool")
    if value.__class__ in (int, float, Uint) and abs(value) < _EXACT:
        if value not in (0, 1) or code.kind in ("int", "float"):
            return Code(f"({code.text} {sign} {constant.text})", "bool")
        held, again = _held(emitter, code)  # Python's False == 0
        if same:
            return Code(f"({held} == {constant.text} and {again} is not {bool(value)})", "bool")
        return Code(f"({held} != {constant.text} or {again} is {bool(value)})", "bool")
    return Code(f"({'' if same else 'not '}_eq({code.text}, {constant.text}))", "bool")


def _ordering(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    symbol, exact = _ORDER[expr.function]
    a, b = _both(emitter, expr, local)
    kinds = {a.kind, b.kind}
    if kinds & {"str", "bytes"} or kinds == {"int"} or (kinds <= {"int", "float"} and _exact_as_float(a, b)):
        return Code(f"({a.text} {symbol} {b.text})", "bool")
    if "any" not in kinds or not kinds <= {"int", "any"}:
        return Code(f"{exact}({a.text}, {b.text})", "bool")
    test, again, again2 = _both_int(emitter, a, b)
    return Code(f"({again} {symbol} {again2} if {test} else {exact}({again}, {again2}))", "bool")


def _membership(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    items = expr.args[1]
    element = emitter.emit(expr.args[0], local)
    if isinstance(items, ListExpr) and not items.optional and items.elements:
        values = [item.value for item in items.elements if isinstance(item, Literal) and item.value.__class__ is str]
        if len(values) == len(items.elements):
            return Code(f"({element.text} in {tuple(values)!r})", "bool")
    container = emitter.emit(items, local)
    if element.kind == "str" and container.kind in ("list", "dict"):
        return Code(f"({element.text} in {container.text})", "bool")
    if element.kind == "str":
        held, again = _held(emitter, container)
        call = f"_in({element.text}, {again})"
        test = f"{held}.__class__ is dict or {again}.__class__ is list"
        return Code(f"({element.text} in {again} if {test} else {call})", "bool")
    return Code(f"_in({element.text}, {container.text})", "bool")


def _indexing(emitter: Emitter, expr: Call, local: Mapping[str, Code]) -> Code:
    found = emitter.maybe(expr, local)
    if found is not None:
        return Code(f"_optional({found})")
    container, key = _both(emitter, expr, local)
    if key.kind == "str":
        return Code(f"{container.text}[{key.text}]")
    if key.kind == "any" and container.simple:
        held, again = _held(emitter, key)
        return Code(f"({container.text}[{again}] if {held}.__class__ is str else _index({container.text}, {again}))")
    return Code(f"_index({container.text}, {key.text})")


def _flatten(expr: Expr, function: str) -> list[Expr]:
    if isinstance(expr, Call) and expr.function == function:
        return [term for arg in expr.args for term in _flatten(arg, function)]
    return [expr]


OPERATORS: Final[dict[str, Callable[[Emitter, Call, Mapping[str, Code]], Code]]] = {
    "_&&_": _logical,
    "_||_": _logical,
    "!_": _not,
    "_?_:_": _conditional,
    "_+_": _arithmetic,
    "_-_": _arithmetic,
    "_*_": _arithmetic,
    "_/_": _division,
    "_%_": _division,
    "-_": _negate,
    "_==_": _equality,
    "_!=_": _equality,
    "_<_": _ordering,
    "_<=_": _ordering,
    "_>_": _ordering,
    "_>=_": _ordering,
    "@in": _membership,
    "_[_]": _indexing,
    "_[?_]": _indexing,
}
