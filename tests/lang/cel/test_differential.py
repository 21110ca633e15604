"""Compiled code, the exact interpreter and an independent implementation agree on generated expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import Compiler, Type, Uint, parse, unparse, walk
from ruleplane.lang.cel import compile as compiling
from ruleplane.lang.cel.ast import Macro
from ruleplane.lang.cel.interpret import Interpreter
from ruleplane.lang.cel.values import kind_of

if TYPE_CHECKING:
    from ruleplane.lang.cel.ast import Expr
from support.cel_expressions import SCOPE, VALUES, expressions, same

NAMES = set(vars(SCOPE))
LENIENT = Compiler(lenient=True)
_SETTINGS = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _outcome(run: Any) -> Any:
    try:
        return run()
    except EvaluationError as error:
        return error


@_SETTINGS
@given(expressions(ours=True))
def test_compiled_code_gives_what_the_exact_interpreter_gives(expr: Expr) -> None:
    compiled = _outcome(lambda: LENIENT.compile(expr, NAMES)(SCOPE))
    exact = _outcome(lambda: LENIENT.interpret(expr, SCOPE, NAMES))
    if isinstance(exact, EvaluationError):
        assert isinstance(compiled, EvaluationError), f"{unparse(expr)}: {compiled!r}, not an error ({exact})"
        assert compiled.message == exact.message
    else:
        assert not isinstance(compiled, EvaluationError), f"{unparse(expr)}: {compiled}, not {exact!r}"
        assert same(compiled, exact), f"{unparse(expr)}: {compiled!r}, not {exact!r}"


@_SETTINGS
@given(expressions(ours=True))
def test_the_text_of_a_tree_parses_to_the_same_tree(expr: Expr) -> None:
    text = unparse(expr)
    again = parse(text)
    assert unparse(again) == text


def _simple(expr: Expr) -> bool:
    """Whether nothing in it absorbs errors: then only an error should need the interpreter."""
    absorbing = {"_&&_", "_||_", "all", "exists", "bind"}
    return not any(getattr(node, "function", getattr(node, "name", "")) in absorbing for node in walk(expr))


@_SETTINGS
@given(expressions(ours=False))
def test_what_does_not_fail_never_needs_the_interpreter(expr: Expr) -> None:
    if _simple(expr) and not isinstance(_outcome(lambda: LENIENT.interpret(expr, SCOPE, NAMES)), EvaluationError):
        compiled = LENIENT.compile(expr, NAMES)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiling, "Interpreter", None)
            compiled(SCOPE)


# --- an independent implementation ----------------------------------------------------------------------------------

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python is not installed: no oracle")
_ENV = cel.NewEnv(variables=dict.fromkeys(VALUES, cel.Type.DYN))
_TYPES = {"INT": "int", "BOOL": "bool", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes", "NULL": "null_type"}


def _native(value: Any) -> Any:
    """Our form of the oracle's value."""
    name = str(value.type())
    content = value.value()
    if name.startswith("LIST"):
        return [_native(item) for item in content]
    if name.startswith("MAP"):
        return {key: _native(item) for key, item in content.items()}
    if name.startswith("TYPE"):
        inner = str(content).partition("<")[0]
        return Type(_TYPES.get(inner, inner.lower()))
    return {"UINT": Uint, "BYTES": bytes}.get(name, lambda plain: plain)(content)


def _oracle(text: str) -> Any:
    """Its value, or the message of its error (an error is a value of its own there)."""
    try:
        value = _ENV.compile(text, disable_check=True).eval(data=VALUES)
    except RuntimeError as error:
        return error
    return RuntimeError(value.plain_value()) if str(value.type()) == "ERROR" else _native(value)


def _listed_a_map(expr: Expr) -> bool:
    """Whether a list was made of a map's keys: their order is anybody's."""
    resolved = LENIENT.resolve(expr, NAMES)
    targets = {id(node.target) for node in walk(resolved) if isinstance(node, Macro) and node.name in ("map", "filter")}
    seen: list[bool] = []

    def record(node: Expr, value: Any) -> None:
        seen.append(id(node) in targets and kind_of(value) == "map")

    run = Interpreter(LENIENT.functions, SCOPE, record)
    run.attempt(resolved, {})
    return any(seen)


def _differs(text: str, ours: Any, theirs: Any) -> bool:
    """Where the oracle is known to go its own way."""
    return (
        # an overload beyond the specification
        (isinstance(ours, EvaluationError) and ours.message == "no such overload: int on (bool)")
        # the text of a double is C++'s; ours is Go's %g
        or ("string(" in text and not isinstance(theirs, RuntimeError))
    )


@_SETTINGS
@given(expressions(ours=False))
def test_an_independent_implementation_agrees(expr: Expr) -> None:
    text = unparse(expr)
    theirs = _oracle(text)
    ours = _outcome(lambda: LENIENT.compile(expr, NAMES)(SCOPE))
    if _differs(text, ours, theirs) or _listed_a_map(expr):
        return
    if isinstance(theirs, RuntimeError):
        assert isinstance(ours, EvaluationError), f"{text}: {ours!r}, not an error ({theirs})"
    else:
        assert not isinstance(ours, EvaluationError), f"{text}: {ours}, not {theirs!r}"
        assert kind_of(ours) == kind_of(theirs), text
        assert same(ours, theirs), f"{text}: {ours!r}, not {theirs!r}"
