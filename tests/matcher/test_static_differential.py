"""Conditions taken apart against the exact interpreter: the same objects meet them, errors included."""

import random

import pytest

import ruleplane.lang.cel.functions.core
import ruleplane.lang.cel.functions.optionals  # noqa: F401 (declares its functions)
from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.interpret import Interpreter
from ruleplane.lang.cel.parser import parse
from ruleplane.lang.cel.registry import declared
from ruleplane.lang.cel.resolve import resolve
from ruleplane.matcher.clause import Always
from ruleplane.matcher.closures import getter, verdict_of
from ruleplane.matcher.static import clause_of, split
from support import clauses as made

FUNCTIONS = declared()
WORDS = ["0", "1", "1.0", "2u", "'a'", "''", "true", "false", "null", "0.5", "1e-7", "'1'"]
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]


def _chain(rng):
    """A selection, optional from some step on or not at all."""
    names = [rng.choice(made.TOP), *rng.sample(made.INNER, rng.choice([0, 1, 1, 2]))]
    steps = [rng.choice([f".{name}", f".?{name}", f".{name}", f"['{name}']", f"[?'{name}']"]) for name in names]
    return "x" + "".join(steps)


def _operand(rng):
    chain = _chain(rng)
    if "?" not in chain:
        return chain
    return f"{chain}.orValue({rng.choice(WORDS)})" if rng.random() < 0.8 else f"{chain}.value()"


def _atom(rng):
    match rng.randrange(9):
        case 0 | 1 | 2:
            sides = [_operand(rng), word := rng.choice(WORDS)]
            rng.shuffle(sides)
            return f"{sides[0]} {rng.choice(COMPARISONS[: 2 if word == 'null' else 6])} {sides[1]}"
        case 3:
            return f"{_operand(rng)} in [{', '.join(rng.sample(WORDS, 3))}]"
        case 4:
            return f"{rng.choice(WORDS)} in {_operand(rng)}"
        case 5 | 6:
            return f"has({_chain(rng)}.{rng.choice(made.INNER)})"
        case 7:
            return f"{chain}.hasValue()" if "?" in (chain := _chain(rng)) else chain
        case _:
            return _operand(rng)


def _condition(rng, depth, atom):
    if depth == 0 or rng.random() < 0.3:
        return atom(rng)
    if rng.random() < 0.25:
        return f"!({_condition(rng, depth - 1, atom)})"
    operator = rng.choice([" && ", " || "])
    return operator.join(f"({_condition(rng, depth - 1, atom)})" for _ in range(rng.randint(2, 3)))


def _partly_static(rng):
    return _atom(rng) if rng.random() < 0.6 else f"size({_operand(rng)}) == {rng.randrange(3)}"


def interpreted(expr, obj):
    """True, false, or None for an error (or for a value that is no boolean: a condition must be one)."""
    resolved = resolve(expr, (), FUNCTIONS, ("x",))
    try:
        value = Interpreter(FUNCTIONS, None).evaluate(resolved, {"x": obj})
    except EvaluationError:
        return None
    return value if isinstance(value, bool) else None


@pytest.mark.parametrize("seed", range(8))
def test_a_clause_has_the_result_of_its_condition(seed):
    rng = random.Random(seed)
    seen = set()
    for _ in range(60):
        text = _condition(rng, 3, _atom)
        expr = parse(text)
        clause = clause_of(expr, "x")
        assert clause is not None, text
        test = verdict_of(clause)
        for _ in range(20):
            obj = made.instance(rng)
            expected = interpreted(expr, obj)
            assert test(getter(obj)) is expected, (text, obj)
            seen.add(expected)
    assert seen == {True, False, None}


@pytest.mark.parametrize("seed", range(8))
def test_clause_and_residual_together_are_the_condition(seed):
    rng = random.Random(seed)
    partly = 0
    for _ in range(60):
        text = _condition(rng, 3, _partly_static)
        expr = parse(text)
        static = split(expr, "x")
        partly += static.residual is not None and static.clause != Always()
        test = verdict_of(static.clause)
        for _ in range(20):
            obj = made.instance(rng)
            both = test(getter(obj)) is True and (static.residual is None or interpreted(static.residual, obj) is True)
            assert both is (interpreted(expr, obj) is True), (text, obj)
    assert partly
