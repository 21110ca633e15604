"""The strategic merge patch, on the behaviours that its design document and kubectl rely on."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.api.strategic import strategic_merge
from ruleplane.errors import BadRequest, Invalid
from ruleplane.model.builtin import builtin_registry
from support.api import SCHEMAS

REGISTRY = builtin_registry()
POD = SCHEMAS.node(REGISTRY.get("v1/Pod"))  # type: ignore[arg-type]
DEPLOYMENT = SCHEMAS.node(REGISTRY.get("apps/v1/Deployment"))  # type: ignore[arg-type]


def containers(*items: Any, **more: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(items), **more}}


def merged(old: Any, patch: Any) -> Any:
    before = repr((old, patch))
    new = strategic_merge(POD, old, patch)
    assert repr((old, patch)) == before
    return new


def test_list_elements_merge_by_the_merge_key_and_new_ones_come_first() -> None:
    new = merged(
        containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"}),
        containers({"name": "b", "image": "2"}, {"name": "c"}),
    )
    # b keeps its place behind a; nothing says where c belongs among the server's
    assert new == containers({"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c"})
    assert merged(containers({"name": "a"}), containers({"name": "c"})) == containers({"name": "c"}, {"name": "a"})


def test_an_element_is_deleted_by_its_merge_key() -> None:
    new = merged(containers({"name": "a"}, {"name": "b"}), containers({"name": "a", "$patch": "delete"}))
    assert new == containers({"name": "b"})


def test_a_list_is_replaced_where_an_element_says_so() -> None:
    new = merged(containers({"name": "a"}, {"name": "b"}), containers({"$patch": "replace"}, {"name": "c"}))
    assert new == containers({"name": "c"})


def test_a_map_is_replaced_or_emptied_where_it_says_so() -> None:
    old = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    assert merged(old, {"metadata": {"labels": {"c": "3", "$patch": "replace"}}}) == {
        "metadata": {"labels": {"c": "3"}}
    }
    assert merged(old, {"metadata": {"labels": {"$patch": "delete"}}}) == {"metadata": {"labels": {}}}


def test_null_removes_a_field() -> None:
    assert merged({"spec": {"nodeName": "n", "hostname": "h"}}, {"spec": {"nodeName": None}}) == {
        "spec": {"hostname": "h"}
    }


def test_a_list_of_plain_values_unites() -> None:
    new = merged({"metadata": {"finalizers": ["a", "b"]}}, {"metadata": {"finalizers": ["b", "c"]}})
    assert new["metadata"]["finalizers"] == ["a", "b", "c"]


def test_plain_values_are_deleted_from_a_list() -> None:
    new = merged(
        {"metadata": {"finalizers": ["a", "b", "c"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"], "$setElementOrder/finalizers": ["c", "a"]}},
    )
    assert new["metadata"]["finalizers"] == ["c", "a"]


def test_a_list_without_merge_strategy_is_replaced() -> None:
    new = merged(containers({"name": "a", "args": ["x", "y"]}), containers({"name": "a", "args": ["z"]}))
    assert new == containers({"name": "a", "args": ["z"]})


def test_an_order_arranges_what_it_names_and_leaves_the_others_where_they_were() -> None:
    old = containers({"name": "a"}, {"name": "mine"}, {"name": "b"})
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "a", "image": "2"}],
        }
    }
    assert [one["name"] for one in merged(old, patch)["spec"]["containers"]] == ["mine", "b", "a"]


def test_an_order_alone_arranges_the_list() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    assert merged(containers({"name": "a"}, {"name": "b"}), patch) == containers({"name": "b"}, {"name": "a"})


def test_a_list_must_follow_the_order_that_comes_with_it() -> None:
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}, {"name": "b"}],
            "containers": [{"name": "b"}, {"name": "a"}],
        }
    }
    with pytest.raises(BadRequest, match="doesn't match \\$setElementOrder list"):
        merged(containers(), patch)


def test_retained_keys_drop_the_union_members_that_are_not_named() -> None:
    old = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(DEPLOYMENT, old, patch) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_a_key_that_is_patched_must_be_retained() -> None:
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}}
    with pytest.raises(BadRequest, match="rollingUpdate"):
        strategic_merge(DEPLOYMENT, {"spec": {"strategy": {"type": "Recreate"}}}, patch)


def test_directives_never_reach_the_object() -> None:
    patch = containers(
        {"name": "a", "$setElementOrder/ports": [{"containerPort": 80}], "ports": [{"containerPort": 80}]}
    )
    assert merged({}, patch) == containers({"name": "a", "ports": [{"containerPort": 80}]})


def test_an_unknown_directive_is_refused() -> None:
    with pytest.raises(BadRequest, match="unknown patch type 'merge'"):
        merged({"metadata": {"labels": {}}}, {"metadata": {"labels": {"$patch": "merge"}}})


def test_an_element_without_its_merge_key_is_refused() -> None:
    with pytest.raises(Invalid, match="does not contain declared merge key: name"):
        merged(containers({"name": "a"}), containers({"image": "x"}))


def test_a_patch_that_changes_nothing_returns_the_object_itself() -> None:
    old = containers({"name": "a", "image": "1"})
    assert strategic_merge(POD, old, containers({"name": "a", "image": "1"})) is old
    assert strategic_merge(POD, old, {"metadata": None}) is old


def test_fields_of_unknown_types_merge_as_maps_and_replace_as_lists() -> None:
    assert strategic_merge(None, {"a": {"b": 1}, "c": [1]}, {"a": {"d": 2}, "c": [2]}) == {
        "a": {"b": 1, "d": 2},
        "c": [2],
    }
