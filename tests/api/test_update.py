"""Updates: optimistic concurrency, what the server keeps, generations, and writes that change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.api.call import Call
from ruleplane.errors import BadRequest, Conflict, Invalid, NotFound
from support.api import Server, config_map, deployment, pod
from support.drive import drive


def test_an_update_replaces_the_object() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map(data={"a": "1"}, metadata={"labels": {"x": "y"}}))
    new = server.update("v1/ConfigMap", {"metadata": {"name": "settings"}, "data": {"b": "2"}})
    assert new["data"] == {"b": "2"}
    assert "labels" not in new["metadata"]
    for field in ("uid", "creationTimestamp", "namespace"):
        assert new["metadata"][field] == made["metadata"][field]


def test_a_stale_resource_version_is_a_conflict() -> None:
    server = Server()
    stale = server.create("apps/v1/ReplicaSet", deployment())
    server.patch("apps/v1/ReplicaSet", "web", {"spec": {"replicas": 2}})
    with pytest.raises(Conflict) as caught:
        server.update("apps/v1/ReplicaSet", {**stale, "spec": {**stale["spec"], "replicas": 3}})
    assert caught.value.message == (
        'Operation cannot be fulfilled on replicasets.apps "web": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert caught.value.status()["details"] == {"name": "web", "group": "apps", "kind": "replicasets"}


def test_an_update_may_come_without_a_version_where_the_kind_allows_it() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    assert server.update("v1/ConfigMap", config_map(data={"a": "1"}))["data"] == {"a": "1"}
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1}}
    server.create("policy/v1/PodDisruptionBudget", budget)
    with pytest.raises(Invalid, match=r"metadata\.resourceVersion: Invalid value: 0: must be specified for an update"):
        server.update("policy/v1/PodDisruptionBudget", budget)


def test_another_uid_means_another_object() -> None:
    server = Server()
    made = server.create("v1/Pod", pod())
    with pytest.raises(Conflict) as caught:
        server.update("v1/Pod", pod(metadata={"uid": "u"}))
    assert caught.value.message == (
        'Operation cannot be fulfilled on pods "web": StorageError: invalid object, Code: 4, '
        "Key: /registry/pods/default/web, ResourceVersion: 0, AdditionalErrorMsg: "
        "Precondition failed: UID in precondition: u, UID in object meta: " + made["metadata"]["uid"]
    )


def test_what_is_not_there_is_not_found_and_some_kinds_are_created() -> None:
    server = Server()
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        server.update("v1/ConfigMap", config_map())
    made = server.update("coordination.k8s.io/v1/Lease", {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}})
    assert made["metadata"]["uid"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"name": "other"}, "the name of the object (other) does not match the name on the URL (settings)"),
        ({"namespace": "x"}, "the namespace of the provided object does not match the namespace sent on the request"),
        ({"name": None}, "name must be provided"),
    ],
)
def test_a_body_that_contradicts_the_request_is_refused(metadata: Any, message: str) -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(BadRequest) as caught:
        server.update("v1/ConfigMap", config_map(metadata=metadata), name="settings")
    assert caught.value.message == message


def test_stamps_of_the_server_cannot_be_changed() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(Invalid) as caught:
        server.update("v1/ConfigMap", config_map(metadata={"creationTimestamp": "2020-01-01T00:00:00Z"}))
    assert "metadata.creationTimestamp: Invalid value" in caught.value.message
    assert "field is immutable" in caught.value.message


def test_a_change_of_the_spec_is_a_new_generation_and_nothing_else_is() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    labelled = server.patch("apps/v1/Deployment", "web", {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["generation"] == 1
    seen = server.patch("apps/v1/Deployment", "web", {"status": {"replicas": 1}}, subresource="status")
    assert seen["metadata"]["generation"] == 1
    scaled = server.patch("apps/v1/Deployment", "web", {"spec": {"replicas": 5}})
    assert scaled["metadata"]["generation"] == 2
    claimed = server.update("apps/v1/Deployment", {**scaled, "metadata": {**scaled["metadata"], "generation": 99}})
    assert claimed["metadata"]["generation"] == 2


def test_a_write_that_changes_nothing_is_no_revision() -> None:
    server = Server(defaults=True)
    made = server.create("v1/Pod", pod())
    before = server.store.revision
    assert server.update("v1/Pod", made) is made
    assert server.update("v1/Pod", pod(spec=made["spec"])) is made
    assert server.store.revision == before


def test_the_main_resource_does_not_write_the_status() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    server.patch("apps/v1/Deployment", "web", {"status": {"replicas": 1}}, subresource="status")
    made = server.update("apps/v1/Deployment", deployment(replicas=4) | {"status": {"replicas": 9}})
    assert made["status"] == {"replicas": 1}
    assert made["spec"]["replicas"] == 4


def test_the_status_writes_the_status_and_metadata_but_neither_spec_nor_owners() -> None:
    server = Server()
    made = server.create("v1/Pod", pod())
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}
    metadata = {**made["metadata"], "labels": {"a": "b"}, "ownerReferences": [owner]}
    body = {**made, "metadata": metadata, "spec": {**made["spec"], "hostname": "h"}, "status": {"phase": "Running"}}
    new = server.update("v1/Pod", body, subresource="status")
    assert new["status"] == {"phase": "Running"}
    assert new["metadata"]["labels"] == {"a": "b"}
    assert "ownerReferences" not in new["metadata"]
    assert new["spec"] == made["spec"]


def test_a_subresource_that_is_a_part_changes_that_part() -> None:
    server = Server(defaults=True)
    space = server.get("v1/Namespace", "default")
    made = server.update(
        "v1/Namespace", {**space, "spec": {"finalizers": []}, "status": {"phase": "Odd"}}, subresource="finalize"
    )
    assert made["spec"] == {"finalizers": []}
    assert made["status"] == {"phase": "Active"}


def test_a_subresource_that_there_is_not_is_not_found() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    for subresource in ("status", "nonsense"):
        with pytest.raises(NotFound, match="the server could not find the requested resource"):
            server.update("v1/ConfigMap", config_map(), subresource=subresource)


def test_a_deleting_object_gets_no_new_finalizer() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(metadata={"finalizers": ["example.com/a"]}))
    server.delete("v1/ConfigMap", "settings")
    with pytest.raises(Invalid) as caught:
        server.patch("v1/ConfigMap", "settings", {"metadata": {"finalizers": ["example.com/a", "example.com/b"]}})
    assert (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"example.com/b"}'
    ) in caught.value.message


def test_an_immutable_field_stays() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    with pytest.raises(Invalid, match="field is immutable"):
        server.patch("apps/v1/Deployment", "web", {"spec": {"selector": {"matchLabels": {"app": "other"}}}})


def test_an_unconditional_write_is_tried_again_when_another_came_first() -> None:
    server = Server()
    kind = server.kind("v1/ConfigMap")
    server.create("v1/ConfigMap", config_map(data={"a": "1"}))
    txn, raced = server.store.txn, []

    async def race(compares: Any, ops: Any) -> Any:
        if not raced:
            raced.append(True)
            await server.api.patch(kind, "default", "settings", {"data": {"theirs": "1"}}, "merge", Call("them"))
        return await txn(compares, ops)

    server.store.txn = race  # type: ignore[method-assign]
    made = drive(server.api.patch(kind, "default", "settings", {"data": {"ours": "1"}}, "merge", Call("us")))
    assert made.value["data"] == {"a": "1", "theirs": "1", "ours": "1"}


def test_a_conditional_write_is_not_tried_again() -> None:
    server = Server()
    kind = server.kind("v1/ConfigMap")
    made = server.create("v1/ConfigMap", config_map(data={"a": "1"}))
    txn, raced = server.store.txn, []

    async def race(compares: Any, ops: Any) -> Any:
        if not raced:
            raced.append(True)
            await server.api.patch(kind, "default", "settings", {"data": {"theirs": "1"}}, "merge", Call("them"))
        return await txn(compares, ops)

    server.store.txn = race  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        drive(server.api.update(kind, "default", "settings", {**made, "data": {}}, Call("us")))
