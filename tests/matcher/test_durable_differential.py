"""durable-rules against closures: the same clauses, the same objects, the same names."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.clause import (
    EVENT_TYPES,
    Always,
    And,
    Compare,
    Contains,
    Event,
    Flag,
    Has,
    In,
    Not,
    Or,
    normalise,
)
from ruleplane.matcher.closures import getter, verdict_of

pytest.importorskip("durable_rules_engine")

# Names whose 32-bit hashes, dots or prefixes have confused the engine, besides plain ones.
NAMES = ["a", "b", "a.b", "id", "sid", "$m", "app.kubernetes.io/name", 'q"\\', "é", ""]
# One of each trap of carrying values: coercion, length, width, exponents, escapes, null, tokens that look alike.
SCALARS = [None, True, False, 0, 1, -1, 5, 2**31, 2**63, 2**63 - 1, -(2**63), 10**30, 1.0, 0.5, 5.0, 1e-7, 1e300, 1e16]
SCALARS += [
    float("inf"),
    "",
    "1",
    "5",
    "true",
    "null",
    "a",
    "b",
    "s:a",
    "x" * 70_000,
    "x" * 70_001,
    'q"\\\n',
    "é",
    "\0",
]

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)


def _scalar(place):
    return SCALARS[place]


scalars = st.integers(0, len(SCALARS) - 1).map(_scalar)  # no sampled_from: Hypothesis would print them all
ordered = scalars.filter(lambda value: value is not None)


@st.composite
def presences(draw):
    path = draw(paths)
    return Has(path, draw(st.integers(-1, len(path) - 1)))


leaves = st.one_of(
    st.builds(Compare, paths, st.sampled_from(["==", "!="]), scalars),
    st.builds(Compare, paths, st.sampled_from(["<", "<=", ">", ">="]), ordered),
    presences(),
    st.builds(In, paths, st.lists(scalars, max_size=4).map(tuple)),
    st.builds(Contains, paths, scalars),
    st.builds(Flag, paths),
    st.sampled_from([Always(), *map(Event, EVENT_TYPES)]),
)


def _junctions(parts):
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, parts))


clauses = st.recursive(leaves, _junctions, max_leaves=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)
events = st.sampled_from(["", *EVENT_TYPES])


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(clauses, min_size=1, max_size=40),
    st.lists(st.tuples(objects, events), min_size=1, max_size=12),
    st.sampled_from([0, 8]),
)
def test_durable_rules_finds_what_closures_find(listed, arrivals, memo):
    named = {f"c{place}": clause for place, clause in enumerate(listed)}
    durable = build_matcher({"K": named}, engine="durable", memo=memo)
    oracle = build_matcher({"K": named}, engine="closures")
    try:
        for obj, event in arrivals * 2:  # again: what an event leaves behind would show
            get = getter(obj, event)
            expected = oracle.match("K", get)
            assert durable.match("K", get) == expected
            assert durable.match("K", lambda path, get=get: get(path)) == expected  # any other way to read an object
        assert durable.stats.rebuilds == 0
    finally:
        durable.close()


@settings(max_examples=500, deadline=None)
@given(clauses, objects, events)
def test_a_normalised_clause_matches_what_the_clause_matches(clause, obj, event):
    get = getter(obj, event)
    assert (verdict_of(normalise(clause))(get) is True) == (verdict_of(clause)(get) is True)


@settings(max_examples=500, deadline=None)
@given(clauses, objects, events)
def test_the_opposite_of_a_clause_never_matches_with_it(clause, obj, event):
    get = getter(obj, event)
    straight, opposite = verdict_of(clause)(get), verdict_of(normalise(Not(clause)))(get)
    assert (straight is False) == (opposite is True)
