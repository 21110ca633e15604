"""The JSON patch, as kubectl patch --type=json sees it."""

from __future__ import annotations

import pytest

from ruleplane.api.json_patch import json_patch
from ruleplane.errors import BadRequest, Invalid, RequestEntityTooLarge

OLD = {"spec": {"replicas": 1, "list": ["a", "b"]}}


def test_operations_apply_in_order_and_leave_the_object_alone() -> None:
    new = json_patch(
        OLD,
        [
            {"op": "test", "path": "/spec/replicas", "value": 1},
            {"op": "replace", "path": "/spec/replicas", "value": 2},
            {"op": "add", "path": "/spec/list/-", "value": "c"},
            {"op": "remove", "path": "/spec/list/0"},
            {"op": "copy", "from": "/spec/replicas", "path": "/spec/wanted"},
            {"op": "move", "from": "/spec/wanted", "path": "/spec/moved"},
        ],
    )
    assert new == {"spec": {"replicas": 2, "list": ["b", "c"], "moved": 2}}
    assert OLD == {"spec": {"replicas": 1, "list": ["a", "b"]}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/spec/replicas", "value": 2},
        {"op": "remove", "path": "/spec/nothing"},
        {"op": "replace", "path": "/nothing/at/all", "value": 1},
        {"op": "add", "path": "/spec/list/9", "value": 1},
        {"op": "replace", "path": "", "value": 1},
    ],
)
def test_an_operation_that_does_not_fit_is_invalid(operation: object) -> None:
    with pytest.raises(Invalid, match="the server rejected our request due to an error in our request"):
        json_patch(OLD, [operation])


@pytest.mark.parametrize("patch", [{"op": "add"}, [{"op": "fly", "path": "/"}], [{"path": "/a"}], "text", [1]])
def test_what_is_no_patch_is_a_bad_request(patch: object) -> None:
    with pytest.raises(BadRequest):
        json_patch(OLD, patch)


def test_too_many_operations_are_refused() -> None:
    with pytest.raises(RequestEntityTooLarge, match="10000, got 10001"):
        json_patch(OLD, [{"op": "test", "path": "/spec/replicas", "value": 1}] * 10_001)
