"""Compiled expressions: names, guards, errors, functions of rule sets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel import CelError, Compiler, Function, attribute, parse, rewrite, unparse
from ruleplane.lang.cel.ast import Call, Expr, Ident
from support.cel_expressions import View

POD = {"metadata": {"name": "web"}, "status": {"phase": "Running", "restarts": 1}, "spec": {"priority": True}}


def run(text: str, compiler: Compiler | None = None, **names: Any) -> Any:
    scope = SimpleNamespace(**names)
    return (compiler or Compiler()).compile(parse(text, file="r.yaml", line=3, column=5), names)(scope)


class Lazy:
    """A scope that computes on demand, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        value = {"pods": [POD], "size1": 7}.get(name, 0)
        setattr(self, name, value)
        return value


def test_free_names_are_read_from_the_scope_only_when_needed() -> None:
    compiled = Compiler().compile(parse("size(pods) > 0 || other > 1"), {"pods", "other"})
    scope = Lazy()
    assert compiled(scope) is True
    assert scope.asked == ["pods"]


def test_parameters_are_arguments_and_shadow_the_scope() -> None:
    compiled = Compiler().compile(parse("a + b"), {"a", "b"}, ("b",))
    assert compiled(SimpleNamespace(a=1, b=10), 100) == 101


def test_names_that_python_reserves_are_names_like_any_other() -> None:
    compiled = Compiler().compile(parse("class + from.map(lambda, lambda)[0]"), {"class"}, ("from",))
    assert compiled(SimpleNamespace(**{"class": 1}), [2]) == 3


def test_names_made_by_rewriting_are_mangled_attributes() -> None:
    def fold(node: Expr) -> Expr:
        return Ident("@size1", node.pos) if isinstance(node, Call) and node.function == "size" else node

    expr = rewrite(parse("size(pods) + 1"), fold)
    assert unparse(expr) == "@size1 + 1"
    assert Compiler().compile(expr, {"@size1"})(SimpleNamespace(**{attribute("@size1"): 7})) == 8


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("pdos.size()", 5, "there is no name 'pdos' here; did you mean 'pods'?"),
        ("pods.exists(p, q.x)", 20, "there is no name 'q' here"),
        ("1 + sise(pods)", 9, "there is no function 'sise' here; did you mean 'size'?"),
        ("pods.frobnicate()", 10, "there is no member function 'frobnicate' here"),
        ("size()", 5, "size() takes 1 arguments, not 0"),
        ("'a'.indexOf('b', 1, 2)", 9, "indexOf() takes 1 or 2 arguments, not 3"),
        ("Pod{value: 1}", 5, "there is no message type 'Pod' here"),
    ],
)
def test_unknown_names_are_told_when_compiled(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        Compiler().compile(parse(text, file="r.yaml", line=3, column=5), {"pods"})
    error = caught.value
    assert (error.file, error.line, error.column) == ("r.yaml", 3, column)
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pod.status.missing == 'x'", "no such key: missing in pod.status"),
        ("pod.status.phase.x", "type string has no fields (.x) in pod.status.phase"),
        ("pod.status.phase + 1", "no such overload: + on (string, int)"),
        ("pod.spec.priority + 1", "no such overload: + on (bool, int)"),
        ("pod.spec.priority > 0", "no such overload: > on (bool, int)"),
        ("pod.status.restarts ? 1 : 2", "no such overload: ?: on (int)"),
        ("!pod.status.restarts", "no such overload: ! on (int)"),
        ("pod.status.restarts / 0", "divide by zero"),
        ("9223372036854775807 + pod.status.restarts", "integer overflow"),
        ("-9223372036854775807 - 1 - pod.status.restarts", "integer overflow"),
        ("[1, 2][-1]", "index out of bounds: -1"),
        ("[1, 2][true]", "invalid list index: bool"),
        ("'abc'[0]", "no such overload: [] on (string, int)"),
        ("'a' in 'abc'", "no such overload: in on (string, string)"),
        ("'abc'.map(c, c)", "no such overload: a macro on (string)"),
        ("null in {'a': 1}", "no such overload: in on (null, map)"),
        ("{'a': 1}[?null].hasValue()", "no such overload: [] on (map, null)"),
        ("[1, 2].filter(x, x)", "no such overload: filter on (int)"),
        ("{'a': 1, 'a': 2}", "repeated key: a"),
        ("{[1]: 2}", "unsupported key type: list"),
        ("[[1], [2]].sortBy(x, x[0] == 1 ? null : x)", "no such overload: sortBy on (list, null)"),
        ("[1, true].sortBy(x, x)", "no such overload: sortBy on (bool, int)"),
        ("[].max(x, x)", "max() of an empty list"),
        ("[{'a': 1}, {'a': 'b'}].tally(x, x)", "no such overload: + on (int, string)"),
        ("[1, 1].toMap(x, x, x)", "repeated key: 1"),
        ("optional.none().value()", "optional.none() dereference"),
        ("pod.?x.y", "no error"),
    ],
)
def test_errors_name_what_was_found(text: str, message: str) -> None:
    if message == "no error":
        assert repr(run(text, pod=POD)) == "optional.none()"
        return
    with pytest.raises(CelError) as caught:
        run(text, pod=POD)
    assert caught.value.message == message
    assert str(caught.value).startswith("r.yaml:3:")


def test_an_error_shows_the_line_and_a_caret() -> None:
    with pytest.raises(EvaluationError) as caught:
        run("pod.status.missing", pod=POD)
    assert str(caught.value) == (
        "r.yaml:3:16: no such key: missing in pod.status\n      pod.status.missing\n                 ^"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pod.nothing.x || true", True),
        ("true || pod.nothing.x", True),
        ("false && pod.nothing.x", False),
        ("pod.nothing.x && false", False),
        ("[1, 2].exists(x, 1 / (x - 1) > 0)", True),
        ("[1, 2].all(x, 1 / (x - 1) > 5)", False),
        ("1 == true", False),
        ("0 == false", False),
        ("pod.status.restarts == true", False),
        ("pod.spec.priority == 1", False),
        ("pod.spec.priority != 1", True),
        ("pod.spec.priority == true", True),
        ("1 == 1.0 && 1u == 1 && 1.0 == 1u", True),
        ("[1] == [true]", False),
        ("[1, 2.0] == [1.0, 2u]", True),
        ("true in [1]", False),
        ("1 in {true: 'x'}", False),
        ("true in {1: 'x'}", False),
        ("1.0 in {1: 'x'}", True),
        ("{true: 'x', 1: 'y'}[1]", "y"),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("size('héé') + size(b'h\\xc3\\xa9')", 6),
        ("pod.metadata.?labels.app.orValue('none')", "none"),
        ("pod.?metadata.?name.optMap(n, n + '!').orValue('')", "web!"),
        ("pod.?metadata.?name.hasValue() && !pod.?metadata.?uid.hasValue()", True),
        ("has(pod.status.phase) && !has(pod.status.message)", True),
        ("cel.bind(x, 1 / 0, true)", True),
        ("[3, 1, 2].sortBy(x, -x)", [3, 2, 1]),
        ("['b', 'a'].sortBy(x, [size(x), x])", ["a", "b"]),
        ("[1, 2].sum(x, x * 2) + [4, 5].max(x, x) + [4, 5].min(x, x)", 15),
        ("[].sum(x, x)", 0),
        ("[{'a': 1}, {'a': 2, 'b': 3}].tally(x, x)", {"a": 3, "b": 3}),
        ("[1, 2, 3].groupBy(x, x % 2 == 0 ? 'even' : 'odd')", {"odd": [1, 3], "even": [2]}),
        ("['a', 'b'].toMap(x, x, size(x))", {"a": 1, "b": 1}),
        ("[[1], [2, 3]].flatMap(x, x)", [1, 2, 3]),
        ("{'a': 1}.transformMap(k, v, v + 1)", {"a": 2}),
        ("{'a': 1}.transformMapEntry(k, v, {string(v): k})", {"1": "a"}),
        ("[1, 2].transformList(i, v, i > 0, v * 10)", [20]),
        ("[1, 2].map(x, x > 1, x * 10)", [20]),
        ("[[1, 2], [3]].map(a, a.map(b, a.size() + b))", [[3, 4], [4]]),
        ("[?optional.of(1), ?optional.none()] + [2]", [1, 2]),
        ("{?'a': optional.of(1), ?'b': optional.none()}", {"a": 1}),
        ("quantity('1Gi') > quantity('1G') && quantity('500m') + quantity('0.5') == quantity('1')", True),
        ("duration('90s') == duration('1m30s')", True),
        ("timestamp('2026-01-01T00:00:00Z') + duration('1h') > timestamp('2026-01-01T00:30:00Z')", True),
    ],
)
def test_values_are_exactly_the_languages(text: str, value: Any) -> None:
    found = run(text, pod=POD)
    assert found == value
    assert found.__class__ is value.__class__


def test_macros_size_in_and_indices_work_on_any_sequence() -> None:
    view = View([{"n": 1}, {"n": 2}])
    assert run("size(v) + v.map(x, x.n)[1] + v[0].n + v.filter(x, x.n > 1).size()", v=view) == 6
    assert run("{'n': 2} in v && v.exists(x, x.n == 2) && v == [{'n': 1}, {'n': 2}]", v=view) is True
    assert run("v + v", v=view) == [*view, *view]
    assert run("v.transformList(i, x, i + x.n)", v=view) == [1, 3]


def test_a_rule_sets_functions_get_the_scope_and_tell_their_own_place() -> None:
    broken = Compiler().compile(parse("x.absent", file="lib.yaml", line=8), (), ("x",))
    compiler = Compiler(
        [
            Function("now", lambda scope: scope.instant, takes_scope=True),
            Function("twice", lambda x: x * 2, member=True),
            Function("broken", lambda x: broken(None, x)),
        ]
    )
    assert run("now() + n.twice()", compiler, n=2, instant=40) == 44
    with pytest.raises(CelError) as caught:
        run("broken({}) == 1", compiler)
    assert str(caught.value).startswith("lib.yaml:8:3: no such key: absent in x")
    assert run("broken({}) == 1 || true", compiler) is True


def test_a_function_may_not_take_a_standard_name() -> None:
    with pytest.raises(ValueError, match="there already is a function 'size'"):
        Compiler([Function("size", len)])


def test_a_bug_in_a_function_is_not_taken_for_an_error_of_the_expression() -> None:
    def buggy() -> None:
        raise AttributeError("a bug")

    with pytest.raises(AttributeError, match="a bug"):
        run("buggy() == 1 || true", Compiler([Function("buggy", buggy)]))


def test_what_nests_deeper_than_python_allows_is_interpreted() -> None:
    text = "(" * 90 + "x" + " + 1)" * 90
    assert run(text, x=1) == 91
    assert Compiler().compile(parse(text), (), ("x",), scoped=False)(1) == 91


def test_what_takes_no_scope_fails_as_what_takes_one() -> None:
    compiled = Compiler().compile(parse("size(x) > 0 || x.y == 1"), (), ("x",), scoped=False)
    assert compiled([1]) is True
    with pytest.raises(EvaluationError):
        compiled(1)


def test_code_is_written_at_the_first_call_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Expr] = []
    source = Compiler._source
    monkeypatch.setattr(
        Compiler, "_source", lambda self, expr, params, **how: written.append(expr) or source(self, expr, params, **how)
    )
    compiled = Compiler().compile(parse("x.map(i, i + y)"), {"x"}, ("y",))
    assert written == []
    assert compiled(SimpleNamespace(x=[1, 2]), 1) == [2, 3]
    assert compiled(SimpleNamespace(x=[3]), 4) == [7]
    assert len(written) == 1


def test_what_is_interpreted_is_tried_as_code_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Expr] = []

    def too_deep(self: Compiler, expr: Expr, params: Any, **how: Any) -> Any:
        tried.append(expr)
        raise RecursionError

    monkeypatch.setattr(Compiler, "_source", too_deep)
    compiled = Compiler().compile(parse("x + y"), {"x"}, ("y",))
    assert [compiled(SimpleNamespace(x=one), 1) for one in (1, 2, 3)] == [2, 3, 4]
    assert len(tried) == 1


def test_why_an_expression_is_not_true_is_told_by_conjunct() -> None:
    expr = parse("pod.status.phase == 'Running' && (has(pod.spec.x) || false) && pod.spec.x > 1 && true")
    told = Compiler().explain(expr, SimpleNamespace(pod=POD), {"pod"})
    assert [(unparse(term.expr), str(term.value).split("\n")[0], term.holds) for term in told] == [
        ("pod.status.phase == 'Running'", "True", True),
        ("has(pod.spec.x) || false", "False", False),
        ("pod.spec.x > 1", "1:73: no such key: x in pod.spec", False),
        ("true", "True", True),
    ]
