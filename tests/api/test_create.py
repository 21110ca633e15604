"""Creating objects: names, stamps, namespaces, and what is refused."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from ruleplane.api.call import Call
from ruleplane.api.create import generated_name, new_uid
from ruleplane.api.verbs import Api
from ruleplane.clock import VirtualClock
from ruleplane.errors import AlreadyExists, BadRequest, Forbidden, InternalError, Invalid, NotFound
from support.api import SCHEMAS, Server, config_map, deployment, pod
from support.drive import drive


def test_a_new_object_is_stamped_by_the_server() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map(metadata={"uid": "mine", "selfLink": "/x", "generation": 7}))
    metadata = made["metadata"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", metadata["uid"])
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["namespace"] == "default"
    assert metadata["resourceVersion"] == "2"
    assert "selfLink" not in metadata
    assert "generation" not in metadata
    assert (made["apiVersion"], made["kind"]) == ("v1", "ConfigMap")


def test_kinds_whose_spec_is_followed_start_at_generation_one() -> None:
    server = Server()
    assert server.create("apps/v1/Deployment", deployment())["metadata"]["generation"] == 1
    assert server.create("v1/Pod", pod())["metadata"]["generation"] == 1


def test_the_callers_object_stays_as_it_was() -> None:
    body = pod(status={"phase": "Running"})
    before = repr(body)
    Server(defaults=True).create("v1/Pod", body)
    assert repr(body) == before


def test_a_name_is_generated_from_its_beginning() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", {"metadata": {"generateName": "web-"}})
    assert re.fullmatch("web-[bcdfghjklmnpqrstvwxz2456789]{5}", made["metadata"]["name"])
    assert made["metadata"]["generateName"] == "web-"


def test_a_generated_name_that_is_taken_is_generated_again() -> None:
    server = Server()
    taken = generated_name("web-", Random(5))
    server.create("v1/ConfigMap", {"metadata": {"name": taken}})
    registry = server.registry
    api = Api(server.store, registry, SCHEMAS, VirtualClock(), Random(5))
    made = drive(api.create(server.kind("v1/ConfigMap"), "default", {"metadata": {"generateName": "web-"}}, Call("a")))
    assert made.value["metadata"]["name"] != taken


def test_generating_gives_up_when_every_name_is_taken() -> None:
    class Stuck(Random):
        def choices(self, population: Any, *args: Any, k: int = 1, **more: Any) -> list[Any]:
            return [population[0]] * k

    server = Server()
    api = Api(server.store, server.registry, SCHEMAS, VirtualClock(), Stuck(1))
    kind = server.kind("v1/ConfigMap")
    drive(api.create(kind, "default", {"metadata": {"generateName": "web-"}}, Call("a")))
    with pytest.raises(AlreadyExists, match="the server was not able to generate a unique name for the object"):
        drive(api.create(kind, "default", {"metadata": {"generateName": "web-"}}, Call("a")))


def test_uids_have_the_shape_of_random_uuids() -> None:
    random = Random(3)
    for _ in range(50):
        uid = new_uid(random)
        assert len(uid) == 36
        assert uid[14] == "4"
        assert uid[19] in "89ab"


def test_a_name_that_is_taken_is_refused() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    with pytest.raises(AlreadyExists) as caught:
        server.create("apps/v1/Deployment", deployment())
    assert caught.value.message == 'deployments.apps "web" already exists'
    assert caught.value.status()["details"] == {"name": "web", "group": "apps", "kind": "deployments"}
    assert caught.value.code == 409


def test_a_name_or_its_beginning_is_required() -> None:
    with pytest.raises(Invalid) as caught:
        Server().create("v1/Pod", pod(""))
    assert caught.value.message == 'Pod "" is invalid: metadata.name: Required value: name or generateName is required'


def test_a_name_must_be_one() -> None:
    with pytest.raises(
        Invalid, match=r'metadata\.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain must consist of'
    ):
        Server().create("v1/ConfigMap", config_map("Web_1"))


def test_another_namespace_than_the_requests_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        Server().create("v1/ConfigMap", config_map(metadata={"namespace": "other"}))
    assert caught.value.message == (
        "the namespace of the provided object does not match the namespace sent on the request"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"apiVersion": "v2", "metadata": {"name": "a"}}, "the API version in the data"),
        ({"kind": "Secret", "metadata": {"name": "a"}}, "the kind in the data"),
    ],
)
def test_another_kind_than_the_requests_is_refused(body: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        Server().create("v1/ConfigMap", body)


def test_a_missing_namespace_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        Server().create("v1/ConfigMap", config_map(), namespace="nowhere")
    assert caught.value.message == 'namespaces "nowhere" not found'
    assert caught.value.status()["details"] == {"name": "nowhere", "kind": "namespaces"}


def test_nothing_new_comes_into_a_namespace_that_is_being_deleted() -> None:
    server = Server(defaults=True)
    server.delete("v1/Namespace", "default")
    with pytest.raises(Forbidden) as caught:
        server.create("v1/ConfigMap", config_map())
    assert caught.value.message == (
        'configmaps "settings" is forbidden: unable to create new content in namespace default '
        "because it is being terminated"
    )
    assert caught.value.status()["details"]["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": "namespace default is being terminated",
            "field": "metadata.namespace",
        }
    ]


def test_a_resource_version_cannot_be_created() -> None:
    with pytest.raises(InternalError, match="resourceVersion should not be set on objects to be created"):
        Server().create("v1/ConfigMap", config_map(metadata={"resourceVersion": "3"}))


def test_the_status_is_not_the_creators_to_set() -> None:
    made = Server().create("apps/v1/Deployment", deployment() | {"status": {"replicas": 9}})
    assert made["status"] == {}
    assert Server().create("v1/Pod", pod(status={"phase": "Running"}))["status"] == {"phase": "Pending"}


def test_what_a_status_must_have_is_there_from_the_start() -> None:
    spec = {"attacher": "csi.example.com", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}
    body = {"metadata": {"name": "va"}, "spec": spec, "status": {"attached": True}}
    made = Server().create("storage.k8s.io/v1/VolumeAttachment", body)
    assert made["status"] == {"attached": False}


def test_a_node_registers_with_its_status() -> None:
    made = Server().create("v1/Node", {"metadata": {"name": "n"}, "status": {"capacity": {"pods": "110"}}})
    assert made["status"] == {"capacity": {"pods": "110"}}


def test_null_fields_are_not_stored() -> None:
    made = Server().create("v1/ConfigMap", config_map(metadata={"creationTimestamp": None, "labels": None}, data=None))
    assert made["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert "data" not in made
    assert "labels" not in made["metadata"]


def test_texts_of_a_secret_are_stored_as_base64_and_win_over_data() -> None:
    server = Server()
    body = {"metadata": {"name": "s"}, "data": {"a": "eA==", "b": "eA=="}, "stringData": {"a": "hello"}}
    made = server.create("v1/Secret", body)
    assert made["data"] == {"a": "aGVsbG8=", "b": "eA=="}
    assert "stringData" not in made
    assert server.patch("v1/Secret", "s", {"stringData": {"c": "x"}}, "strategic")["data"]["c"] == "eA=="


def test_unknown_fields_are_told_or_refused_as_the_caller_wishes() -> None:
    server = Server()
    call = Call("test", field_validation="Warn")
    made = drive(server.api.create(server.kind("v1/ConfigMap"), "default", config_map(dat={}), call))
    assert call.warnings == ['unknown field "dat"']
    assert "dat" not in made.value
    with pytest.raises(BadRequest, match='strict decoding error: unknown field "dat"'):
        server.create("v1/ConfigMap", config_map("b", dat={}), field_validation="Strict")


def test_a_dry_run_checks_everything_and_stores_nothing() -> None:
    server = Server(defaults=True)
    before = server.store.revision
    made = server.create("v1/Pod", pod(), dry_run=True)
    assert made["spec"]["restartPolicy"] == "Always"
    assert server.store.revision == before
    with pytest.raises(Invalid):
        server.create("v1/Pod", pod(spec={"containers": []}), dry_run=True)


def test_observers_are_told_of_what_happened_and_of_nothing_else() -> None:
    server = Server()
    told: list[Any] = []
    server.api.observers.append(told.append)
    server.create("v1/ConfigMap", config_map(), firing=7)
    server.create("v1/ConfigMap", config_map("b"), dry_run=True)
    server.patch("v1/ConfigMap", "settings", {"data": {"a": "1"}})
    server.patch("v1/ConfigMap", "settings", {"data": {"a": "1"}})
    server.delete("v1/ConfigMap", "settings")
    assert [(one.verb, one.revision, one.entry is None, one.previous is None) for one in told] == [
        ("create", 2, False, True),
        ("patch", 3, False, False),
        ("delete", 4, True, False),
    ]
    assert told[0].call.firing == 7
