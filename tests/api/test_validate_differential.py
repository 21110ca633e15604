"""The fast check accepts nothing that the exact walk would refuse or change."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ruleplane.api.canonical import quantity_text, quantity_value
from ruleplane.api.shape import compile_shape
from ruleplane.api.validation_file import load_validation
from ruleplane.api.walk import Walk
from support.kinds import kind, pod, schemas, workload

REFINEMENTS = load_validation().refinements
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 64), 1 << 64),
    st.integers(-2, 70000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet="aA1-._/ :=é\n", max_size=5),
    st.sampled_from(
        [
            "",
            "Always",
            "TCP",
            "100m",
            "0.5",
            "1000m",
            "1024Mi",
            "2026-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "YQ==",
            "a" * 64,
        ]
    ),
    st.just([]),
    st.just({}),
    st.just({"a": "b"}),
    st.just(["a"]),
)
NAMES = st.sampled_from(
    ["foo", "name", "image", "replicas", "labels", "hostPort", "nodeName", "command", "data", "priority"]
)
OBJECTS = {
    "v1/Pod": pod(activeDeadlineSeconds=3, hostname="a", tolerations=[{"key": "a", "operator": "Exists"}]),
    "apps/v1/Deployment": workload("apps/v1/Deployment", strategy={"rollingUpdate": {"maxSurge": "25%"}}),
    "v1/Secret": {"metadata": {"name": "a", "namespace": "b"}, "data": {"k": "YQ=="}},
    "coordination.k8s.io/v1/Lease": {
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"renewTime": "2026-01-01T00:00:00.000000Z", "leaseDurationSeconds": 3},
    },
}
SHAPES = {ref: compile_shape(schemas(), kind(ref).definition, REFINEMENTS) for ref in OBJECTS}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of an object."""
    found = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += [(value, key), *places(inner)]
    return found


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    ref = draw(st.sampled_from(sorted(OBJECTS)))
    obj = copy.deepcopy(OBJECTS[ref])
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(obj)))
        action = draw(st.sampled_from(["set", "remove", "add"]))
        if action == "set":
            container[key] = copy.deepcopy(draw(LEAVES))
        elif action == "remove":
            del container[key]
        elif isinstance(container[key], dict):
            container[key][draw(NAMES)] = copy.deepcopy(draw(LEAVES))
        if not obj:
            break
    return ref, obj


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_what_the_fast_check_accepts_the_walk_leaves_as_it_is(case):
    ref, obj = case
    walk = Walk(REFINEMENTS)
    stored = walk.run(obj, schemas().node(kind(ref)))
    mistakes = walk.unknown + walk.undecodable + [str(error) for error in walk.errors]
    if SHAPES[ref](obj):
        assert not mistakes
        assert stored is obj


QUANTITIES = st.from_regex(r"\A[+-]?[0-9]{1,7}(\.[0-9]{1,3})?([numkMGTPE]|[KMGTPE]i|e[0-9])?\Z")


@settings(max_examples=1000, deadline=None)
@given(QUANTITIES)
def test_a_quantity_that_the_fast_check_accepts_is_canonical(text):
    obj = copy.deepcopy(OBJECTS["v1/Pod"])
    obj["spec"]["containers"][0]["resources"] = {"limits": {"cpu": text}}
    canonical = quantity_text(text)
    assert quantity_text(canonical) == canonical
    assert quantity_value(canonical) == quantity_value(text) or "n" in text or "." in text
    if SHAPES["v1/Pod"](obj):
        assert text == canonical
