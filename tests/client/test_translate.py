"""A patch by field, said in the words of an API server, does the same there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruleplane.api.merge import merge_fields, merge_patch
from ruleplane.api.strategic import strategic_merge
from ruleplane.client.translate import difference, way, whole
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.kind import Kind
from ruleplane.model.schema import Schemas

SCHEMAS = Schemas.builtin()
POD, SERVICE = "v1/Pod", "v1/Service"


def builtin(ref):
    kind = builtin_registry().get(ref)
    return kind, SCHEMAS.node(kind)


@pytest.mark.parametrize(
    ("ref", "body", "said"),
    [
        (POD, {"metadata": {"labels": {"a": "b"}, "annotations": None}}, "merge"),
        (POD, {"metadata": {"finalizers": ["example.com/a"]}}, "merge"),  # a set: replaced, here and there
        (POD, {"spec": {"containers": [{"name": "a", "image": "b"}]}}, "strategic"),
        (POD, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, "strategic"),
        # a port is told by its number and protocol, and a strategic merge would look at the number alone
        (SERVICE, {"spec": {"ports": [{"port": 53, "protocol": "UDP"}]}}, "read"),
        # command is replaced, and a strategic merge would do so too; finalizers it would add to
        (POD, {"spec": {"containers": [{"name": "a", "command": ["x"]}]}}, "strategic"),
        (
            POD,
            {"metadata": {"finalizers": ["e.com/a"]}, "spec": {"containers": [{"name": "a", "image": "b"}]}},
            "read",
        ),
    ],
)
def test_the_way_is_the_least_that_says_the_same(ref, body, said):
    kind, node = builtin(ref)
    assert way(kind, node, body) == said


def test_a_custom_kind_with_merging_lists_is_read_first():
    kind = Kind("e.com", "v1", "Web", "webs", True, definition="com.e.v1.Web", custom=True)
    schemas = Schemas.builtin()
    hosts = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}},
    }
    spec = {"type": "object", "properties": {"hosts": hosts}}
    node = schemas.add(kind, {"properties": {"spec": spec}})
    body = {"spec": {"hosts": [{"name": "b", "port": 2}]}}
    assert way(kind, node, body) == "read"
    have = {"spec": {"hosts": [{"name": "a", "port": 1}, {"name": "b", "port": 1}]}}
    assert whole(node, have, body) == {"spec": {"hosts": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]}}
    assert way(kind, node, {"spec": {"replicas": 1}}) == "merge"


def test_what_changes_nothing_needs_no_request():
    _, node = builtin(SERVICE)
    have = {"spec": {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}}
    assert whole(node, have, {"spec": {"ports": [{"port": 53, "protocol": "UDP"}]}}) == {}


names = st.sampled_from(["a", "b", "c"])
scalars = st.one_of(st.integers(0, 2), st.sampled_from(["x", "y"]), st.booleans())
trees = st.recursive(
    st.one_of(scalars, st.lists(scalars, max_size=2)), lambda inner: st.dictionaries(names, inner, max_size=3)
)
objects = st.dictionaries(names, trees, max_size=3)


@given(objects, objects)
def test_a_difference_leads_from_one_object_to_the_other(old, new):
    assert merge_patch(old, difference(old, new)) == new


ports = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.sampled_from([53, 80]), "protocol": st.sampled_from(["UDP", "TCP"])},
        optional={"name": names},
    ),
    max_size=3,
    unique_by=lambda port: (port["containerPort"], port["protocol"]),
)
containers = st.lists(
    st.fixed_dictionaries(
        {"name": names},
        optional={"image": names, "ports": ports, "command": st.lists(names, max_size=2), "env": st.lists(
            st.fixed_dictionaries({"name": names}, optional={"value": names}), max_size=2, unique_by=lambda e: e["name"]
        )},
    ),
    max_size=3,
    unique_by=lambda container: container["name"],
)  # fmt: skip
pods = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {},
            optional={"labels": st.dictionaries(names, names, max_size=2), "finalizers": st.lists(names, max_size=2)},
        ),
        "spec": st.fixed_dictionaries({"containers": containers}, optional={"nodeName": names}),
    }
)


def unordered(value):
    """Lists of named things may come in any order."""
    if isinstance(value, dict):
        return {name: unordered(item) for name, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return sorted((unordered(item) for item in value), key=repr)
    return value


@given(pods, pods)
def test_every_way_comes_to_what_the_patch_by_field_comes_to(have, body):
    kind, node = builtin(POD)
    wanted = merge_fields(node, have, body)
    said = way(kind, node, body)
    if said == "merge":
        found = merge_patch(have, body)
    elif said == "strategic":
        found = strategic_merge(node, have, body)
    else:
        found = merge_patch(have, whole(node, have, body))
    assert unordered(found) == unordered(wanted)
