"""The type checker: what it refuses, what it lets through, and that its answers are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel import Compiler, Function, Shape, parse, shape, shape_of, unparse
from ruleplane.lang.cel.values import MISSING, kind_of
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from support.cel_expressions import SCOPE, expressions

if TYPE_CHECKING:
    from ruleplane.lang.cel.ast import Expr

_SCHEMAS, _REGISTRY = Schemas.builtin(), builtin_registry()


def _kind(reference: str) -> Shape:
    return shape_of(_SCHEMAS.node(_REGISTRY.get(reference)))


NAMES = {
    "rs": _kind("apps/v1/ReplicaSet"),
    "pods": Shape("list", (_kind("v1/Pod"),)),
    "node": _kind("v1/Node"),
    "anything": shape("dyn"),
}


def check(text: str, compiler: Compiler | None = None) -> str:
    return str((compiler or Compiler()).check(parse(text, file="r.yaml", line=7, column=3), NAMES))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rs.spec.replicas - size(pods.filter(p, p.status.phase != 'Failed'))", "int"),
        ("rs.metadata.labels", "map(string, string)"),
        ("rs.metadata.?labels['app'].orValue('')", "string"),
        ("pods.map(p, p.metadata.name)", "list(string)"),
        ("pods.groupBy(p, p.spec.nodeName)", "map(string, list(Pod))"),
        ("pods.sortBy(p, [p.status.phase == 'Running' ? 1 : 0])[0].spec", "PodSpec"),
        ("pods.exists(p, p.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True'))", "bool"),
        ("node.status.allocatable['cpu']", "dyn"),
        ("quantity(node.status.allocatable['cpu']) + quantity('1')", "quantity"),
        ("pods.map(p, p.spec.containers.map(c, c.ports.map(q, q.containerPort)))", "list(list(list(int)))"),
        ("pods.toMap(p, p.metadata.uid, p)", "map(string, Pod)"),
        ("{'kind': 'Pod', 'spec': rs.spec.template.spec}", "map(string, dyn)"),
        ("[]", "list(dyn)"),
        ("[] + [1]", "list(int)"),
        ("true ? [] : ['a']", "list(string)"),
        ("anything.whatever[0].x + 1", "int"),
        ("pods[?0].optMap(p, p.metadata.name)", "optional(string)"),
        ("cel.bind(n, size(pods), [n, n])", "list(int)"),
        ("timestamp(rs.metadata.creationTimestamp) + duration('1h')", "timestamp"),
        ("has(rs.status.conditions) && 'name' in rs.metadata", "bool"),
        ("type(1)", "type(int)"),
        ("[1, 'a']", "list(dyn)"),
    ],
)
def test_the_type_of_an_expression_over_kinds(text: str, found: str) -> None:
    assert check(text) == found


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("rs.spec.replcas", 11, "rs.spec (ReplicaSetSpec) has no field 'replcas'; did you mean 'replicas'?"),
        ("pods.filter(p, p.status.fase == 'x')", 27, "p.status (PodStatus) has no field 'fase'; did you mean 'phase'?"),
        ("has(rs.sepc)", 10, "rs (ReplicaSet) has no field 'sepc'; did you mean 'spec'?"),
        ("rs.spec.replicas.x", 20, "rs.spec.replicas is of type int, which has no fields"),
        ("rs.spec.replicas + 'a'", 20, "+ does not take (int, string)"),
        ("rs.spec.replicas == '3'", 20, "== does not take (int, string)"),
        ("rs.spec.replicas && true", 20, "&& does not take (int, bool)"),
        ("rs.metadata.name > 3", 20, "> does not take (string, int)"),
        ("pods.all(p, p.metadata.name)", 26, "p.metadata.name is of type string, not bool"),
        ("rs.spec.replicas.map(x, x)", 20, "map() cannot run over a int"),
        ("rs.metadata.name.startsWith(1)", 20, "startsWith does not take (string, int)"),
        ("size(rs.spec.replicas)", 3, "size does not take (int)"),
        ("pods[rs.metadata.name]", 7, "[] does not take (list(Pod), string)"),
        ("rs.metadata.name in pods", 20, "in does not take (string, list(Pod))"),
        ("pods.flatMap(p, p.metadata.name)", 30, "the expression of flatMap() is of type string, not list"),
        ("rs.spec.?replicas.orValue('none')", 21, "orValue does not take (optional(int), string)"),
        ("pods.optMap(p, p)", 3, "pods is of type list(Pod), not optional(T)"),
    ],
)
def test_what_cannot_work_is_told_before_it_runs(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        check(text)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, 7, column)


def test_functions_of_unknown_type_fit_everywhere() -> None:
    compiler = Compiler([Function("mystery", print)])
    assert check("mystery(rs, 1) + 1", compiler) == "int"
    assert check("mystery(rs).a.b", compiler) == "dyn"


_SHAPES = {
    **dict.fromkeys(("i", "j", "zero", "one", "big", "low"), "int"),
    **dict.fromkeys(("d", "whole", "nan"), "double"),
    **dict.fromkeys(("yes", "no"), "bool"),
    **dict.fromkeys(("s", "empty", "digit"), "string"),
    **{"none": "null", "raw": "bytes", "l": "list(int)", "odd": "list(dyn)", "texts": "list(string)"},
    **{"m": "map(string, dyn)", "numbers": "map(int, dyn)", "truths": "map(bool, dyn)"},
    **{"pods": "list(map(string, dyn))", "podview": "list(map(string, dyn))", "view": "list(dyn)"},
    **{"u": "uint", "unit": "uint", "cpu": "quantity", "opt": "optional(map(string, dyn))", "nothing": "optional(int)"},
}


def _is(value: Any, wanted: Shape) -> bool:
    """Whether a value is of a shape, all the way down."""
    if wanted.name == "dyn" or (value is None and wanted.name == "optional"):
        return True
    if kind_of(value) != wanted.name:
        return False
    match wanted.name:
        case "list":
            return all(_is(item, wanted.params[0]) for item in value)
        case "map":
            return all(_is(key, wanted.params[0]) and _is(item, wanted.params[1]) for key, item in value.items())
        case "optional":
            return value.content is MISSING or _is(value.content, wanted.params[0])
    return True


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expressions(ours=True))
def test_a_value_is_of_the_type_that_was_foretold(expr: Expr) -> None:
    compiler = Compiler()
    try:
        foretold = compiler.check(expr, {name: shape(text) for name, text in _SHAPES.items()})
        value = compiler.interpret(expr, SCOPE, set(_SHAPES))
    except (SourceError, EvaluationError):
        return
    assert _is(value, foretold), f"{unparse(expr)}: {value!r} is no {foretold}"
