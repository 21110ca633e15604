"""What a rule set reads and writes, found in its text."""

from __future__ import annotations

import pytest

from ruleplane.lang.access import Access, accesses
from ruleplane.lang.load import load
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.data import data_dir
from ruleplane.model.schema import Schemas

SCHEMAS, REGISTRY = Schemas.builtin(), builtin_registry()


def node(kind: str):
    known = REGISTRY.get(kind)
    return SCHEMAS.node(known) if known is not None else None


@pytest.fixture(scope="module")
def bundled() -> dict[str, list[Access]]:
    return {program.name: accesses(program, node) for program in load([data_dir("rules")])}


def of(found: list[Access], rule: str, verb: str, kind: str, subresource: str = "") -> tuple[tuple[str, ...], ...]:
    matching = [a for a in found if (a.rule, a.verb, a.kind, a.subresource) == (rule, verb, kind, subresource)]
    assert matching, [(a.rule, a.verb, a.kind, a.subresource) for a in found]
    return tuple(path for access in matching for path in access.paths)


def test_what_is_watched_is_got_listed_and_watched(bundled):
    assert {(a.kind, a.verb) for a in bundled["replicaset"] if a.rule == ""} == {
        (kind, verb) for kind in ("apps/v1/ReplicaSet", "v1/Pod") for verb in ("get", "list", "watch")
    }


def test_a_rule_reads_what_its_lets_and_functions_read(bundled):
    assert ("status", "phase") in of(bundled["replicaset"], "keep-replicas", "get", "v1/Pod")
    assert ("spec", "replicas") in of(bundled["replicaset"], "keep-replicas", "get", "apps/v1/ReplicaSet")


def test_ensure_creates_and_deletes_and_patches_only_what_it_keeps(bundled):
    found = bundled["replicaset"]
    assert ("metadata", "generateName") in of(found, "keep-replicas", "create", "v1/Pod")
    assert of(found, "keep-replicas", "delete", "v1/Pod") == ()
    assert not [a for a in found if a.rule == "keep-replicas" and a.verb == "patch" and a.kind == "v1/Pod"]
    kept = of(bundled["kubelet-node"], "register", "patch", "v1/Node")
    assert ("metadata", "labels", "kubernetes.io/os") in kept
    assert not [a for a in bundled["kubelet-node"] if a.rule == "register" and a.verb == "delete"]  # delete: "[]"


def test_status_is_a_patch_of_the_subresource(bundled):
    assert ("status", "readyReplicas") in of(bundled["replicaset"], "report", "patch", "apps/v1/ReplicaSet", "status")


def test_elements_of_a_list_with_keys_are_told_apart(bundled):
    paths = of(bundled["kubelet-node"], "report", "patch", "v1/Node", "status")
    assert ("status", "conditions", "[type=Ready]", "reason") in paths
    assert ("status", "addresses", "[type=Hostname]", "address") in paths


def test_keep_patches_the_list_of_the_objects_that_each_lists(bundled):
    assert of(bundled["replicaset"], "adopt", "patch", "v1/Pod") == (("metadata", "ownerReferences"),)


def test_a_post_is_a_create_of_the_subresource(bundled):
    assert ("target",) not in of(bundled["default-scheduler"], "bind", "create", "v1/Pod", "binding")
    assert ("target", "name") in of(bundled["default-scheduler"], "bind", "create", "v1/Pod", "binding")


def test_the_objects_of_a_deletion_are_followed_through_maps_and_sums(bundled):
    kinds = {a.kind for a in bundled["kubelet-sandbox"] if a.rule == "clear" and a.verb == "delete"}
    assert kinds == {"node.ruleplane.dev/v1/Container", "node.ruleplane.dev/v1/Sandbox"}


def test_events_are_created_and_counted(bundled):
    assert {a.verb for a in bundled["default-scheduler"] if a.kind == "v1/Event"} == {"create", "patch"}


def test_objects_of_any_kind_stay_any_kind(bundled):
    assert of(bundled["garbage-collector"], "orphan", "patch", "*") == (("metadata", "ownerReferences"),)


def test_every_kind_that_bundled_rules_touch_is_known(bundled):
    assert not [access for found in bundled.values() for access in found if access.kind == ""]
