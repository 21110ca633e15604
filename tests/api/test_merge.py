"""Merging by content: the JSON merge patch and the patch by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruleplane.api.merge import bare, merge_fields, merge_patch, same
from ruleplane.model.builtin import builtin_registry
from support.api import SCHEMAS

POD = SCHEMAS.node(builtin_registry().get("v1/Pod"))  # type: ignore[arg-type]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.sampled_from("xyz"), JSON, max_size=3)


@pytest.mark.parametrize(
    ("old", "patch", "new"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_the_examples_of_rfc_7386(old: Any, patch: Any, new: Any) -> None:
    assert merge_patch(old, patch) == new


@given(OBJECT, OBJECT)
def test_a_merge_patch_twice_is_a_merge_patch_once(old: Any, patch: Any) -> None:
    once = merge_patch(old, patch)
    assert merge_patch(once, patch) is once


@given(OBJECT, OBJECT)
def test_neither_merge_changes_its_arguments(old: Any, patch: Any) -> None:
    before = repr((old, patch))
    merge_patch(old, patch)
    merge_fields(None, old, patch)
    assert repr((old, patch)) == before


@given(OBJECT)
def test_a_bare_value_has_no_null_field_left(value: Any) -> None:
    def nulls(item: Any) -> bool:
        if isinstance(item, dict):
            return any(one is None or nulls(one) for one in item.values())
        return isinstance(item, list) and any(map(nulls, item))

    assert not nulls(bare(value))


def test_true_is_not_one() -> None:
    assert not same({"a": True}, {"a": 1})
    assert same({"a": [True]}, {"a": [True]})
    assert merge_patch({"a": 1}, {"a": True}) == {"a": True}


def test_a_patch_by_field_that_states_what_is_returns_the_object_itself() -> None:
    old = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    assert merge_fields(POD, old, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}) is old


def test_a_patch_by_field_merges_keyed_lists_by_their_keys() -> None:
    old = {"status": {"conditions": [{"type": "A", "status": "True", "reason": "x"}, {"type": "B", "status": "True"}]}}
    patch = {
        "status": {"conditions": [{"type": "C", "status": "True"}, {"type": "A", "status": "False", "reason": None}]}
    }
    new = merge_fields(POD, old, patch)
    assert new["status"]["conditions"] == [
        {"type": "A", "status": "False"},
        {"type": "B", "status": "True"},
        {"type": "C", "status": "True"},
    ]
    assert new["status"]["conditions"][1] is old["status"]["conditions"][1]


def test_a_patch_by_field_finds_a_port_whose_protocol_is_left_out() -> None:
    old = {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}
    patch = {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]}}
    ports = merge_fields(POD, old, patch)["spec"]["containers"][0]["ports"]
    assert ports == [{"containerPort": 80, "protocol": "TCP", "name": "http"}]


def test_a_patch_by_field_replaces_lists_without_keys() -> None:
    old = {"spec": {"containers": [{"name": "a", "args": ["x", "y"]}]}}
    new = merge_fields(POD, old, {"spec": {"containers": [{"name": "a", "args": ["z"]}]}})
    assert new["spec"]["containers"] == [{"name": "a", "args": ["z"]}]


def test_a_patch_by_field_removes_an_element_that_it_says_to_delete() -> None:
    old = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}
    new = merge_fields(POD, old, {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}})
    assert new["spec"]["containers"] == [{"name": "b"}]
    again = {"spec": {"containers": [{"name": "c", "$patch": "delete"}]}}
    assert merge_fields(POD, old, again) is old


def test_nulls_in_what_is_new_are_not_stored() -> None:
    assert merge_fields(POD, {}, {"spec": {"nodeName": None, "hostname": "h"}}) == {"spec": {"hostname": "h"}}
