"""The scale subresource is a view of numbers that the object has."""

from __future__ import annotations

import pytest

from ruleplane.errors import Conflict, Invalid, NotFound
from support.api import Server, config_map, deployment


def test_a_scale_tells_numbers_and_selector() -> None:
    server = Server()
    made = server.create("apps/v1/Deployment", deployment(replicas=3))
    scale = server.get("apps/v1/Deployment", "web", subresource="scale")
    assert scale == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            name: made["metadata"][name]
            for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        },
        "spec": {"replicas": 3},
        "status": {"replicas": 0, "selector": "app=web"},
    }


def test_the_selector_may_be_a_plain_map() -> None:
    server = Server()
    template = deployment()["spec"]["template"]
    server.create(
        "v1/ReplicationController",
        {"metadata": {"name": "rc"}, "spec": {"replicas": 1, "selector": {"app": "web"}, "template": template}},
    )
    scale = server.get("v1/ReplicationController", "rc", subresource="scale")
    assert scale["status"]["selector"] == "app=web"


def test_writing_a_scale_writes_the_object() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment(), actor="creator")
    scale = server.get("apps/v1/Deployment", "web", subresource="scale")
    new = server.update(
        "apps/v1/Deployment", {**scale, "spec": {"replicas": 5}}, name="web", actor="scaler", subresource="scale"
    )
    assert new["spec"] == {"replicas": 5}
    made = server.get("apps/v1/Deployment", "web")
    assert made["spec"]["replicas"] == 5
    assert made["metadata"]["generation"] == 2
    entry = next(one for one in made["metadata"]["managedFields"] if one["manager"] == "scaler")
    assert entry["subresource"] == "scale"
    assert entry["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


@pytest.mark.parametrize(
    ("patch_type", "body"),
    [("merge", {"spec": {"replicas": 2}}), ("json", [{"op": "replace", "path": "/spec/replicas", "value": 2}])],
)
def test_a_scale_can_be_patched(patch_type: str, body: object) -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    assert server.patch("apps/v1/Deployment", "web", body, patch_type, subresource="scale")["spec"] == {"replicas": 2}


def test_the_same_number_writes_nothing() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment(replicas=2))
    before = server.store.revision
    server.patch("apps/v1/Deployment", "web", {"spec": {"replicas": 2}}, subresource="scale")
    assert server.store.revision == before


def test_a_stale_scale_is_a_conflict() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    scale = server.get("apps/v1/Deployment", "web", subresource="scale")
    server.patch("apps/v1/Deployment", "web", {"metadata": {"labels": {"a": "b"}}})
    with pytest.raises(Conflict, match="the object has been modified"):
        server.update("apps/v1/Deployment", {**scale, "spec": {"replicas": 5}}, name="web", subresource="scale")


@pytest.mark.parametrize("replicas", [-1, "many", True, 1.5])
def test_a_number_that_is_none_is_refused(replicas: object) -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    with pytest.raises(Invalid, match=r"spec\.replicas: Invalid value: .*: must be greater than or equal to 0"):
        server.patch("apps/v1/Deployment", "web", {"spec": {"replicas": replicas}}, subresource="scale")


def test_not_everything_can_be_scaled() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(NotFound):
        server.get("v1/ConfigMap", "settings", subresource="scale")
