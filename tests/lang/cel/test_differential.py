"""Compiled code, the exact interpreter and an independent implementation agree on generated expressions."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import Compiler, parse, unparse
from ruleplane.lang.cel.ast import Expr
from support.cel_expressions import SCOPE, expressions, same

NAMES = set(vars(SCOPE))
LENIENT = Compiler(lenient=True)
_SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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
