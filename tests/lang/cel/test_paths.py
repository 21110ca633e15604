"""Which fields an expression reads: never too few."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import Body, Compiler, free_names, parse, paths, projector, rewrite, substitute, unparse
from ruleplane.lang.cel.ast import Expr, Ident, Literal
from support.cel_expressions import SCOPE, VALUES, expressions, same


def dotted(text: str, name: str = "x", **more: Any) -> set[str]:
    return {".".join(path) for path in paths(parse(text), name, **more)}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("x.a.b == 1", {"a.b"}),
        ("x.a.b == 1 && x.a == {}", {"a"}),
        ("x", {""}),
        ("f(x.a)", {"a"}),
        ("y.a", set()),
        ("has(x.a.b) && x['c'].d > 0", {"a.b", "c.d"}),
        ("x.a[y]", {"a.[]"}),
        ("x.a[0].b", {"a.[].b"}),
        ("x.labels[x.key]", {"labels.[]", "key"}),
        ("size(x.a)", {"a"}),
        ("size(x.a.filter(e, e.b > e.c.d))", {"a.[].b", "a.[].c.d"}),
        ("x.a.filter(e, e.b > 0)", {"a"}),
        ("x.a.filter(e, e.b > 0).map(e, e.c)", {"a.[].b", "a.[].c"}),
        ("x.a.sortBy(e, e.b)[0].c", {"a.[].b", "a.[].c"}),
        ("x.a.map(e, 1)", {"a"}),
        ("x.a.exists(e, true)", {"a"}),
        ("x.a.all(x, x.b)", {"a.[].b"}),
        ("x.a.groupBy(e, e.zone)[y].size()", {"a.[].zone"}),
        ("x.a.groupBy(e, e.zone)[y].filter(e, e.b)", {"a"}),
        ("x.a.groupBy(e, e.zone)", {"a"}),
        ("x.a.toMap(e, e.k, e.v)", {"a.[].k", "a.[].v"}),
        ("x.a.transformList(i, e, e.b)", {"a.[].b"}),
        ("x.a.transformList(i, e, i)", {"a.[]"}),
        ("x.?a.?b.orValue(1)", {"a.b"}),
        ("x.?a.orValue([]).exists(e, e.b)", {"a.[].b"}),
        ("x.?a.orValue({'b': 1}).b", {"a"}),
        ("x.?a.optMap(v, v.b)", {"a"}),
        ("x.?a.hasValue()", {"a"}),
        ("(y ? x.a : x.b).c == 1", {"a.c", "b.c"}),
        ("(x.a + x.b).exists(e, e.c)", {"a.[].c", "b.[].c"}),
        ("x.a + 1 > 2", {"a"}),
        ("cel.bind(v, x.a, v.b + v.c)", {"a.b", "a.c"}),
        ("{'k': x.a}.k", {"a"}),
        ("[x.a].size()", {"a"}),
        ("optional.of(x.a).?b.orValue(1)", {"a.b"}),
    ],
)
def test_the_paths_below_a_variable(text: str, read: set[str]) -> None:
    assert dotted(text) == read


def test_known_functions_and_lets_are_looked_into() -> None:
    active = Body(("p",), parse("p.status.phase != 'Failed'"))
    assert dotted("x.filter(p, isActive(p)).size()", functions={"isActive": active}) == {"[].status.phase"}
    assert dotted("isActive(x) && f(y)", functions={"isActive": active}) == {"status.phase"}
    assert dotted("live.size()", definitions={"live": parse("x.filter(p, p.a)")}) == {"[].a"}
    assert dotted("isActive(x, 1)", functions={"isActive": active}) == {""}


def test_recursion_among_functions_reads_everything() -> None:
    deep = Body(("p",), parse("p.a > 0 && deep(p.next)"))
    assert dotted("deep(x)", functions={"deep": deep}) == {"a", "next"}


def test_projections_tell_how_far_a_path_goes() -> None:
    project = projector({("a", "b"), ("l", "[]", "c")})
    values: list[Any] = [
        {},
        {"a": None},
        {"a": {}},
        {"a": {"b": None}},
        {"a": {"b": 1}},
        {"l": []},
        {"l": [{}]},
        {"l": [{"c": 1}]},
        {"l": [{"c": 1}, {"c": 1}]},
        {"l": {"k": {"c": 1}}},
    ]
    projections = [project(value) for value in values]
    assert all(a != b for n, a in enumerate(projections) for b in projections[:n])
    assert project({"a": {"b": 1, "z": 2}, "y": 3}) == project({"a": {"b": 1}})


def _outcome(expr: Expr, scope: Any) -> Any:
    try:
        return Compiler(lenient=True).interpret(expr, scope, set(vars(scope)))
    except EvaluationError:
        return None


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, Any]:
    """A variable and another value of it: something removed, replaced or added somewhere in it."""
    name = draw(st.sampled_from(["m", "pods"]))
    value = copy.deepcopy(VALUES[name])
    spots: list[tuple[Any, Any]] = []

    def collect(part: Any) -> None:
        for key in part if isinstance(part, dict) else range(len(part)):
            spots.append((part, key))
            if isinstance(part[key], dict | list):
                collect(part[key])

    collect(value)
    container, key = draw(st.sampled_from(spots))
    action = draw(st.sampled_from(["remove", "replace", "add"]))
    if action == "remove":
        del container[key]
    elif action == "replace":
        container[key] = draw(st.sampled_from([7, "other", None, {}, [], {"a": 2, "status": {}}, [{"a": 1}]]))
    elif isinstance(container, dict):
        container["absent"] = 1
    else:
        container.append(copy.deepcopy(container[key]))
    return name, value


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions(ours=True, favour=("m", "pods")), changes())
def test_an_outcome_changes_only_with_the_projection(expr: Expr, change: tuple[str, Any]) -> None:
    name, value = change
    project = projector(paths(expr, name))
    if project(value) != project(VALUES[name]):
        return
    before, after = _outcome(expr, SCOPE), _outcome(expr, SimpleNamespace(**{**vars(SCOPE), name: value}))
    assert same(before, after), f"{unparse(expr)} reads {paths(expr, name)} of {name}: {before!r} became {after!r}"


def test_free_names_are_those_no_macro_binds() -> None:
    assert free_names(parse("a.b + c.map(d, d + e + .d) + cel.bind(f, f + g, f)")) == {"a", "c", "e", "d", "f", "g"}


def test_rewriting_goes_leaves_first_and_shares_what_it_leaves() -> None:
    expr = parse("a + b.c(a)[a ? [a] : {a: a}]")
    same_tree = rewrite(expr, lambda node: node)
    assert same_tree is expr
    ones = rewrite(expr, lambda node: Literal(1) if node == Ident("a") else node)
    assert unparse(ones) == "1 + b.c(1)[1 ? [1] : {1: 1}]"


def test_substitution_minds_what_macros_bind() -> None:
    expr = substitute(parse("x + l.map(x, x + y)"), {"x": parse("p.q"), "y": parse("x.z")})
    assert unparse(expr) == "p.q + l.map(@x, @x + x.z)"
