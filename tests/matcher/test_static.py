"""Which part of a CEL condition becomes a clause, and that it means the same."""

import pytest

from ruleplane.lang.cel.parser import parse
from ruleplane.lang.cel.unparse import unparse
from ruleplane.matcher.clause import NEVER, Always, And, Compare, Contains, Flag, Has, In, Not, Or
from ruleplane.matcher.static import split


def clause(text):
    static = split(parse(text), "x")
    assert static.residual is None
    return static.clause


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", Always()),
        ("false", NEVER),
        ("has(x.a)", Has(("a",))),
        ("has(x.a.b)", Has(("a", "b"), 1)),
        ("has(x.a.?b.c)", Has(("a", "b", "c"), 1)),
        ("x.?a.b.hasValue()", Has(("a", "b"), 0)),
        ("x.a[?'b/c'].hasValue()", Has(("a", "b/c"), 1)),
        ("x.a.b == 'v'", Compare(("a", "b"), "==", "v")),
        ("x.a['b/c'] != null", Compare(("a", "b/c"), "!=", None)),
        ("'v' == x.a", Compare(("a",), "==", "v")),
        ("3 < x.a", Compare(("a",), ">", 3)),
        ("-3.5 >= x.a", Compare(("a",), "<=", -3.5)),
        ("x.a == 3u", Compare(("a",), "==", 3)),
        ("x.a in ['p', 'q', 1, null]", In(("a",), ("p", "q", 1, None))),
        ("x.a in []", In(("a",), ())),
        ("'f' in x.metadata.finalizers", Contains(("metadata", "finalizers"), "f")),
        ("x.a", Flag(("a",))),
        ("!x.a", Not(Flag(("a",)))),
        ("x.?a.value() == 1", Compare(("a",), "==", 1)),
        ("has(x.a) && !(x.b == 1 || x.c)", And((Has(("a",)), Not(Or((Compare(("b",), "==", 1), Flag(("c",)))))))),
        ("x.?a.orValue(0) == 0", Or((Compare(("a",), "==", 0), Not(Has(("a",), 0))))),
        ("x.a.?b.orValue(1) > 1", And((Compare(("a", "b"), ">", 1), Has(("a", "b"), 1)))),
        ("x.?a.orValue('') > 1", Compare(("a",), ">", 1)),
        ("!x.?a.orValue(false)", Not(And((Flag(("a",)), Has(("a",), 0))))),
        ("'f' in x.?a.orValue([])", And((Contains(("a",), "f"), Has(("a",), 0)))),
        ("'f' in x.?a.orValue({})", And((Contains(("a",), "f"), Has(("a",), 0)))),
    ],
)
def test_what_a_clause_can_say_becomes_a_clause(text, expected):
    assert clause(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x == 1",
        "y.a == 1",
        "x.a == y.a",
        "x.a == x.b",
        "x.a == y",
        "x.a + 1 == 2",
        "size(x.a) == 0",
        "x.a.startsWith('p')",
        "x.a[0] == 1",
        "x[y] == 1",
        "x.?a == 1",
        "x.?a.orValue(y) == 1",
        "x.a.orValue(1) == 1",
        "x.a.hasValue()",
        "x.a == [1]",
        "x.a in [[1]]",
        "x.a in [y]",
        "x.a in [?x.?b]",
        "x.a < null",
        "x.a == b'bytes'",
        "x.a ? x.b : x.c",
        "x.a.all(x, x.b == 1)",
        ".x.a == 1",
        "f(x)",
        "x.a == 1 || y.a == 1",
        "!(x.a == 1 && y.a == 1)",
        "1 == 1",
    ],
)
def test_what_a_clause_cannot_say_stays_cel(text):
    expr = parse(text)
    static = split(expr, "x")
    assert static.residual == expr
    assert static.clause == Always()


def test_conjuncts_are_parted_in_whatever_order_and_nesting():
    static = split(parse("has(x.a) && f(x) && (x.b == 1 && (g(x) || x.c) && x.d)"), "x")
    assert static.clause == And((Has(("a",)), Compare(("b",), "==", 1), Flag(("d",))))
    assert static.residual is not None
    assert unparse(static.residual) == unparse(parse("f(x) && (g(x) || x.c)"))


def test_a_residual_disjunction_still_rules_out_what_both_sides_do():
    static = split(parse("(x.a == 1 && f(x)) || x.b || (x.c && x.d && g(x))"), "x")
    assert static.clause == Or((Compare(("a",), "==", 1), Flag(("b",)), And((Flag(("c",)), Flag(("d",))))))
    assert static.residual is not None
    assert split(parse("(x.a == 1 && f(x)) || g(x)"), "x").clause == Always()


def test_a_negated_residual_implies_nothing():
    assert split(parse("!(x.a == 1 || f(x))"), "x").clause == Always()
