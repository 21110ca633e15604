"""Discovery says what the registry says, in both forms, and knows when it has changed."""

from __future__ import annotations

import orjson
import pytest

from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.schema import Schemas
from ruleplane.server.discovery import Discovery, version_rank
from support.kinds import CRONTABS


@pytest.fixture
def registry():
    return builtin_registry()


def read(document):
    assert document is not None
    return orjson.loads(document.body)


def resource(listing, group, plural):
    for item in listing["items"]:
        if item["metadata"].get("name", "") == group:
            for version in item["versions"]:
                for one in version["resources"]:
                    if one["resource"] == plural:
                        return one
    return None


def test_the_aggregated_form_has_every_group_in_two_documents(registry):
    discovery = Discovery(registry)
    core, others = read(discovery.aggregated(core=True)), read(discovery.aggregated(core=False))
    assert core["apiVersion"] == "apidiscovery.k8s.io/v2"
    assert len(core["items"]) == 1
    counted = sum(len(v["resources"]) for doc in (core, others) for item in doc["items"] for v in item["versions"])
    assert counted == len(registry)
    assert resource(core, "", "pods")["shortNames"] == ["po"]


def test_a_resource_is_described_with_its_subresources(registry):
    deployments = resource(read(Discovery(registry).aggregated(core=False)), "apps", "deployments")
    assert deployments == {
        "resource": "deployments",
        "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "scope": "Namespaced",
        "singularResource": "deployment",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["deploy"],
        "categories": ["all"],
        "subresources": [
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "status",
                "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "verbs": ["get", "patch", "update"],
            },
        ],
    }


def test_the_plain_form_lists_subresources_beside_resources(registry):
    listed = {one["name"]: one for one in read(Discovery(registry).resources("", "v1"))["resources"]}
    assert listed["pods/eviction"] == {
        "name": "pods/eviction",
        "singularName": "",
        "namespaced": True,
        "group": "policy",
        "version": "v1",
        "kind": "Eviction",
        "verbs": ["create"],
    }
    assert "group" not in listed["pods/status"]
    assert listed["nodes"]["namespaced"] is False


def test_groups_tell_their_preferred_version(registry):
    discovery = Discovery(registry)
    groups = {one["name"]: one for one in read(discovery.groups())["groups"]}
    assert groups["autoscaling"]["preferredVersion"] == {"groupVersion": "autoscaling/v2", "version": "v2"}
    assert "" not in groups
    assert read(discovery.group("apps"))["kind"] == "APIGroup"
    assert read(discovery.versions("127.0.0.1:6443"))["versions"] == ["v1"]


def test_what_is_not_there_is_none(registry):
    discovery = Discovery(registry)
    assert discovery.group("nonsense") is None
    assert discovery.resources("apps", "v9") is None
    assert discovery.group("") is None


def test_a_kind_that_comes_later_is_seen_and_changes_the_tag(registry):
    discovery = Discovery(registry)
    before = discovery.aggregated(core=False)
    assert discovery.aggregated(core=False) is before, "made once"
    core = discovery.aggregated(core=True)
    serve([CRONTABS], registry, Schemas.builtin())
    after = discovery.aggregated(core=False)
    assert after.etag != before.etag
    assert resource(read(after), "stable.example.com", "crontabs")["shortNames"] == ["ct"]
    assert discovery.aggregated(core=True).etag == core.etag


def test_released_versions_are_preferred_to_betas():
    assert max(["v1beta2", "v1", "v2alpha1", "odd"], key=version_rank) == "v1"


def test_a_version_that_is_not_served_is_told_why(client):
    answer = client.get("/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers")
    assert answer.status == 404
    assert "would have to be converted from autoscaling/v2" in answer.json["message"]
