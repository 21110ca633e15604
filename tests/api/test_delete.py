"""Deletion: preconditions, grace, finalizers, propagation, namespaces."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.clock import SECOND
from ruleplane.errors import Conflict, Invalid, NotFound
from support.api import Server, config_map, deployment, gone, pod


def bound(server: Server, name: str = "web", **spec: Any) -> dict[str, Any]:
    server.create("v1/Pod", pod(name, spec=spec))
    return server.post("v1/Pod", name, "binding", {"target": {"name": "node-1"}}).value


def test_an_object_that_nobody_waits_for_goes_at_once() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    assert gone(server.delete("v1/ConfigMap", "settings"))
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        server.delete("v1/ConfigMap", "settings")


def test_a_uid_precondition_protects_the_next_object_of_that_name() -> None:
    server = Server()
    made = server.create("apps/v1/Deployment", deployment())
    with pytest.raises(Conflict) as caught:
        server.delete("apps/v1/Deployment", "web", {"preconditions": {"uid": "other"}})
    assert caught.value.message == (
        'Operation cannot be fulfilled on deployments.apps "web": the UID in the precondition (other) does not match '
        f"the UID in record ({made['metadata']['uid']}). The object might have been deleted and then recreated"
    )
    assert gone(server.delete("apps/v1/Deployment", "web", {"preconditions": {"uid": made["metadata"]["uid"]}}))


def test_a_version_precondition_protects_what_was_changed() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map())
    server.patch("v1/ConfigMap", "settings", {"data": {"a": "1"}})
    with pytest.raises(Conflict, match="The object might have been modified"):
        server.delete(
            "v1/ConfigMap", "settings", {"preconditions": {"resourceVersion": made["metadata"]["resourceVersion"]}}
        )


def test_a_running_pod_waits_for_its_kubelet() -> None:
    server = Server(defaults=True)
    bound(server)
    first = server.delete("v1/Pod", "web")
    assert not gone(first)
    metadata = first.value["metadata"]
    assert metadata["deletionTimestamp"] == "2026-01-01T00:00:30Z"
    assert metadata["deletionGracePeriodSeconds"] == 30
    assert metadata["generation"] == 2
    server.clock.advance(SECOND)
    assert server.delete("v1/Pod", "web").revision == first.revision
    assert gone(server.delete("v1/Pod", "web", {"gracePeriodSeconds": 0}))


def test_a_grace_can_be_given_and_later_only_be_shortened() -> None:
    server = Server(defaults=True)
    bound(server)
    assert (
        server.delete("v1/Pod", "web", {"gracePeriodSeconds": 60}).value["metadata"]["deletionGracePeriodSeconds"] == 60
    )
    same = server.delete("v1/Pod", "web", {"gracePeriodSeconds": 90}).value["metadata"]
    assert same["deletionGracePeriodSeconds"] == 60
    short = server.delete("v1/Pod", "web", {"gracePeriodSeconds": 10}).value["metadata"]
    assert (short["deletionGracePeriodSeconds"], short["deletionTimestamp"]) == (10, "2026-01-01T00:00:10Z")


def test_a_negative_grace_is_one_second() -> None:
    server = Server(defaults=True)
    bound(server)
    assert (
        server.delete("v1/Pod", "web", {"gracePeriodSeconds": -5}).value["metadata"]["deletionGracePeriodSeconds"] == 1
    )


@pytest.mark.parametrize("phase", ["", "Succeeded", "Failed"])
def test_a_pod_that_is_nowhere_or_finished_goes_at_once(phase: str) -> None:
    server = Server(defaults=True)
    if phase:
        bound(server)
        server.patch("v1/Pod", "web", {"status": {"phase": phase}}, subresource="status")
    else:
        server.create("v1/Pod", pod())
    assert gone(server.delete("v1/Pod", "web"))


def test_an_object_with_finalizers_waits_for_them() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment() | {"metadata": {"name": "web", "finalizers": ["example.com/a"]}})
    waiting = server.delete("apps/v1/Deployment", "web")
    assert not gone(waiting)
    metadata = waiting.value["metadata"]
    assert metadata["deletionTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["deletionGracePeriodSeconds"] == 0
    assert metadata["generation"] == 2
    assert server.delete("apps/v1/Deployment", "web").revision == waiting.revision
    server.patch("apps/v1/Deployment", "web", {"metadata": {"finalizers": None}})
    with pytest.raises(NotFound):
        server.get("apps/v1/Deployment", "web")


def test_a_pod_with_finalizers_waits_for_its_kubelet_and_for_them() -> None:
    server = Server(defaults=True)
    server.create("v1/Pod", pod(metadata={"finalizers": ["example.com/a"]}))
    server.post("v1/Pod", "web", "binding", {"target": {"name": "node-1"}})
    server.delete("v1/Pod", "web")
    server.patch("v1/Pod", "web", {"metadata": {"finalizers": None}})
    assert server.get("v1/Pod", "web")
    server.patch("v1/Pod", "web", {"metadata": {"labels": {"still": "here"}}})
    assert gone(server.delete("v1/Pod", "web", {"gracePeriodSeconds": 0}))


@pytest.mark.parametrize(
    ("options", "finalizer"),
    [
        ({"propagationPolicy": "Foreground"}, "foregroundDeletion"),
        ({"propagationPolicy": "Orphan"}, "orphan"),
        ({"orphanDependents": True}, "orphan"),
    ],
)
def test_a_policy_on_dependents_is_a_finalizer(options: Any, finalizer: str) -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    waiting = server.delete("apps/v1/Deployment", "web", options)
    assert waiting.value["metadata"]["finalizers"] == [finalizer]
    assert "deletionTimestamp" in waiting.value["metadata"]


@pytest.mark.parametrize("options", [None, {"propagationPolicy": "Background"}, {"orphanDependents": False}])
def test_dependents_are_left_to_the_garbage_collector(options: Any) -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    assert gone(server.delete("apps/v1/Deployment", "web", options))


def test_a_later_policy_replaces_an_earlier_one() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    server.delete("apps/v1/Deployment", "web", {"propagationPolicy": "Foreground"})
    waiting = server.delete("apps/v1/Deployment", "web", {"propagationPolicy": "Orphan"})
    assert waiting.value["metadata"]["finalizers"] == ["orphan"]
    assert gone(server.delete("apps/v1/Deployment", "web", {"propagationPolicy": "Background"}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"propagationPolicy": "Sideways"}, 'propagationPolicy: Unsupported value: "Sideways"'),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, "cannot be both set"),
        ({"dryRun": ["Some"]}, 'dryRun: Unsupported value: "Some": supported values: "All"'),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Any, message: str) -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(Invalid) as caught:
        server.delete("v1/ConfigMap", "settings", options)
    assert message in caught.value.message
    assert server.get("v1/ConfigMap", "settings")


def test_a_dry_run_deletes_nothing() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map())
    assert gone(server.delete("v1/ConfigMap", "settings", {"dryRun": ["All"]}))
    assert server.get("v1/ConfigMap", "settings") is made


def test_a_namespace_waits_until_it_is_finalized() -> None:
    server = Server(defaults=True)
    waiting = server.delete("v1/Namespace", "default")
    assert not gone(waiting)
    assert waiting.value["status"]["phase"] == "Terminating"
    assert "deletionTimestamp" in waiting.value["metadata"]
    assert server.delete("v1/Namespace", "default").revision == waiting.revision
    server.update("v1/Namespace", {**waiting.value, "spec": {"finalizers": []}}, subresource="finalize")
    with pytest.raises(NotFound):
        server.get("v1/Namespace", "default")


def test_a_namespace_with_both_kinds_of_finalizers_waits_for_both() -> None:
    server = Server(defaults=True)
    server.patch("v1/Namespace", "default", {"metadata": {"finalizers": ["example.com/a"]}})
    waiting = server.delete("v1/Namespace", "default").value
    server.patch("v1/Namespace", "default", {"metadata": {"finalizers": None}})
    server.update("v1/Namespace", {"metadata": {"name": "default"}, "spec": {"finalizers": []}}, subresource="finalize")
    assert waiting["spec"] == {"finalizers": ["kubernetes"]}
    with pytest.raises(NotFound):
        server.get("v1/Namespace", "default")


def test_a_kinds_own_cleanup_is_waited_for_however_it_is_deleted() -> None:
    server = Server()
    ref = "apiextensions.k8s.io/v1/CustomResourceDefinition"
    names = {"plural": "lamps", "singular": "lamp", "kind": "Lamp", "listKind": "LampList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    spec = {"group": "example.com", "scope": "Cluster", "names": names, "versions": [version]}
    server.create(ref, {"metadata": {"name": "lamps.example.com"}, "spec": spec})
    assert not gone(server.delete(ref, "lamps.example.com"))
    assert not gone(server.delete(ref, "lamps.example.com"))  # asked for once more
    metadata = server.get(ref, "lamps.example.com")["metadata"]
    assert metadata["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    server.patch(ref, "lamps.example.com", {"metadata": {"finalizers": []}})
    with pytest.raises(NotFound):
        server.get(ref, "lamps.example.com")
