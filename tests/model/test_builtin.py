"""The built-in kinds are those of a default API server, under every name that clients use."""

from __future__ import annotations

import pytest

from ruleplane.model.builtin import builtin_registry


@pytest.mark.parametrize(
    ("ref", "plural", "namespaced", "short"),
    [
        ("v1/Pod", "pods", True, ("po",)),
        ("v1/Node", "nodes", False, ("no",)),
        ("apps/v1/Deployment", "deployments", True, ("deploy",)),
        ("v1/Endpoints", "endpoints", True, ("ep",)),
        ("networking.k8s.io/v1/NetworkPolicy", "networkpolicies", True, ("netpol",)),
        ("apiextensions.k8s.io/v1/CustomResourceDefinition", "customresourcedefinitions", False, ("crd", "crds")),
    ],
)
def test_a_kind_has_its_names(ref, plural, namespaced, short):
    kind = builtin_registry().get(ref)
    assert kind is not None
    assert (kind.plural, kind.namespaced, kind.short_names) == (plural, namespaced, short)
    assert kind.singular == kind.kind.lower()


def test_a_kind_is_found_by_reference_by_object_and_by_path():
    registry = builtin_registry()
    kind = registry.get("apps/v1/ReplicaSet")
    assert kind is registry.of("apps/v1", "ReplicaSet")
    assert kind is registry.resource("apps", "v1", "replicasets")


def test_kubectl_get_all_means_what_it_means_in_kubernetes():
    everything = {kind.plural for kind in builtin_registry() if "all" in kind.categories}
    assert everything == {
        "cronjobs", "daemonsets", "deployments", "horizontalpodautoscalers", "jobs", "pods", "replicasets",
        "replicationcontrollers", "services", "statefulsets",
    }  # fmt: skip


def test_only_released_versions_are_served_and_one_of_each_kind():
    registry = builtin_registry()
    assert {kind.version for kind in registry} == {"v1", "v2"}
    assert len({kind.bucket for kind in registry}) == len(registry)


def test_the_reason_for_a_version_that_is_not_served_is_told():
    unserved = builtin_registry().unserved
    assert "converted from autoscaling/v2" in unserved["autoscaling/v1"]
    assert "use v1" in unserved["events.k8s.io/v1"]


def test_a_subresource_says_what_it_speaks():
    registry = builtin_registry()
    pods, sets = registry.get("v1/Pod"), registry.get("apps/v1/ReplicaSet")
    assert pods is not None
    assert sets is not None
    eviction, scale = pods.subresource("eviction"), sets.subresource("scale")
    assert eviction is not None
    assert (eviction.ref, eviction.verbs) == ("policy/v1/Eviction", ("create",))
    assert scale is not None
    assert scale.ref == "autoscaling/v1/Scale"
    assert sets.scale == (("spec", "replicas"), ("status", "replicas"), ("spec", "selector"))
    assert pods.subresource("nonsense") is None


def test_registries_do_not_share_changes():
    one, other = builtin_registry(), builtin_registry()
    kind = one.get("v1/Pod")
    assert kind is not None
    before = one.generation
    one.remove(kind)
    assert one.get("v1/Pod") is None
    assert one.generation == before + 1
    assert other.get("v1/Pod") is kind
