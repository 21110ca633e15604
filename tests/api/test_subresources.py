"""Binding and eviction."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.errors import Conflict, InternalError, Invalid, MethodNotAllowed, NotFound, TooManyRequests
from support.api import Server, config_map, gone, managers, pod

NODE = {"target": {"kind": "Node", "name": "node-1"}}


def test_a_pod_is_bound_and_thereby_scheduled() -> None:
    server = Server()
    made = server.create("v1/Pod", pod())
    new = server.post("v1/Pod", "web", "binding", {**NODE, "metadata": {"annotations": {"by": "me"}}}).value
    assert new["spec"]["nodeName"] == "node-1"
    assert new["metadata"]["annotations"] == {"by": "me"}
    assert new["metadata"]["generation"] == 1
    assert new["status"]["conditions"] == [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    ]
    assert managers(new) == managers(made)


def test_a_failed_attempt_to_schedule_is_overwritten() -> None:
    server = Server()
    server.create("v1/Pod", pod())
    refused = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/0 nodes are available",
    }
    server.patch("v1/Pod", "web", {"status": {"conditions": [refused]}}, "fields", subresource="status")
    conditions = server.post("v1/Pod", "web", "binding", NODE).value["status"]["conditions"]
    assert conditions == [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]


def test_a_pod_is_bound_once() -> None:
    server = Server()
    server.create("v1/Pod", pod())
    server.post("v1/Pod", "web", "binding", NODE)
    with pytest.raises(Conflict) as caught:
        server.post("v1/Pod", "web", "binding", {"target": {"name": "node-2"}})
    assert caught.value.message == (
        'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "node-1"'
    )


def test_a_pod_that_goes_or_is_gated_is_not_bound() -> None:
    server = Server()
    server.create("v1/Pod", pod(metadata={"finalizers": ["example.com/a"]}))
    server.delete("v1/Pod", "web")
    with pytest.raises(Conflict, match="pod web is being deleted, cannot be assigned to a host"):
        server.post("v1/Pod", "web", "binding", NODE)
    server.create("v1/Pod", pod("gated", spec={"schedulingGates": [{"name": "example.com/g"}]}))
    with pytest.raises(Conflict, match=r"has non-empty \.spec\.schedulingGates"):
        server.post("v1/Pod", "gated", "binding", NODE)


def test_a_binding_may_name_the_pod_that_it_means() -> None:
    server = Server()
    server.create("v1/Pod", pod())
    with pytest.raises(Conflict, match="Precondition failed: UID in precondition: other"):
        server.post("v1/Pod", "web", "binding", {**NODE, "metadata": {"uid": "other"}})


@pytest.mark.parametrize("target", [{}, {"name": ""}, {"kind": "Pod", "name": "x"}])
def test_a_binding_needs_a_node(target: Any) -> None:
    server = Server()
    server.create("v1/Pod", pod())
    with pytest.raises(Invalid, match="target"):
        server.post("v1/Pod", "web", "binding", {"target": target})


def test_what_does_not_exist_cannot_be_posted_to() -> None:
    server = Server()
    with pytest.raises(NotFound, match='pods "web" not found'):
        server.post("v1/Pod", "web", "binding", NODE)
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(NotFound, match="the server could not find the requested resource"):
        server.post("v1/ConfigMap", "settings", "binding", NODE)
    with pytest.raises(MethodNotAllowed):
        server.post("v1/Pod", "web", "status", {})


def running(server: Server, name: str = "web") -> None:
    server.create("v1/Pod", pod(name, metadata={"labels": {"app": "web"}}))
    server.post("v1/Pod", name, "binding", NODE)
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    server.patch("v1/Pod", name, {"status": ready}, "fields", subresource="status")


def budget(server: Server, allowed: int, name: str = "budget") -> None:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    server.create("policy/v1/PodDisruptionBudget", {"metadata": {"name": name}, "spec": spec})
    status = {
        "disruptionsAllowed": allowed, "currentHealthy": 1 + allowed, "desiredHealthy": 1, "expectedPods": 2,
        "observedGeneration": 1,
    }  # fmt: skip
    server.patch("policy/v1/PodDisruptionBudget", name, {"status": status}, subresource="status")


def test_a_pod_without_budget_is_evicted() -> None:
    server = Server(defaults=True)
    running(server)
    evicted = server.post("v1/Pod", "web", "eviction", {"deleteOptions": {"gracePeriodSeconds": 5}})
    assert evicted.value["metadata"]["deletionGracePeriodSeconds"] == 5
    assert gone(server.post("v1/Pod", "web", "eviction", {"deleteOptions": {"gracePeriodSeconds": 0}}))


def test_an_eviction_spends_the_budget() -> None:
    server = Server(defaults=True)
    running(server)
    budget(server, 1)
    assert not gone(server.post("v1/Pod", "web", "eviction", {}))
    status = server.get("policy/v1/PodDisruptionBudget", "budget")["status"]
    assert status["disruptionsAllowed"] == 0
    assert status["disruptedPods"] == {"web": "2026-01-01T00:00:00Z"}


def test_a_spent_budget_forbids_evictions() -> None:
    server = Server(defaults=True)
    running(server)
    budget(server, 0)
    with pytest.raises(TooManyRequests) as caught:
        server.post("v1/Pod", "web", "eviction", {})
    assert caught.value.message == "Cannot evict pod as it would violate the pod's disruption budget."
    assert caught.value.status()["details"]["causes"] == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget budget needs 1 healthy pods and has 1 currently",
        }
    ]


def test_two_budgets_on_one_pod_are_a_mistake() -> None:
    server = Server(defaults=True)
    running(server)
    budget(server, 1)
    budget(server, 1, "another")
    with pytest.raises(InternalError, match="This pod has more than one PodDisruptionBudget"):
        server.post("v1/Pod", "web", "eviction", {})


def test_a_pod_that_serves_nobody_needs_no_budget() -> None:
    server = Server(defaults=True)
    server.create("v1/Pod", pod(metadata={"labels": {"app": "web"}}))
    budget(server, 0)
    assert gone(server.post("v1/Pod", "web", "eviction", {}))


def test_an_eviction_can_be_tried_without_doing_it() -> None:
    server = Server(defaults=True)
    running(server)
    budget(server, 1)
    server.post("v1/Pod", "web", "eviction", {"deleteOptions": {"dryRun": ["All"]}})
    assert "deletionTimestamp" not in server.get("v1/Pod", "web")["metadata"]
    assert server.get("policy/v1/PodDisruptionBudget", "budget")["status"]["disruptionsAllowed"] == 1
