"""The verb patch: each type reaches the object, and what is no patch is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.api.call import Call
from ruleplane.api.verbs import Api
from ruleplane.errors import BadRequest, Conflict, Invalid, NotFound, UnsupportedMediaType
from ruleplane.model.kind import Kind
from support.api import SCHEMAS, Server, config_map, pod
from support.drive import drive


@pytest.mark.parametrize(
    ("patch_type", "body"),
    [
        ("merge", {"data": {"a": "2"}}),
        ("strategic", {"data": {"a": "2"}}),
        ("fields", {"data": {"a": "2"}}),
        ("json", [{"op": "replace", "path": "/data/a", "value": "2"}]),
    ],
)
def test_every_type_changes_the_object_once(patch_type: str, body: Any) -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1"}))
    made = server.patch("v1/ConfigMap", "settings", body, patch_type)
    assert made["data"] == {"a": "2"}
    assert server.patch("v1/ConfigMap", "settings", body, patch_type) is made


def test_what_is_not_there_cannot_be_patched() -> None:
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        Server().patch("v1/ConfigMap", "settings", {})


def test_a_patch_may_name_the_version_that_it_means() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map())
    version = made["metadata"]["resourceVersion"]
    new = server.patch("v1/ConfigMap", "settings", {"metadata": {"resourceVersion": version}, "data": {"a": "1"}})
    assert new["data"] == {"a": "1"}
    with pytest.raises(Conflict, match="the object has been modified"):
        server.patch("v1/ConfigMap", "settings", {"metadata": {"resourceVersion": version}, "data": {"a": "2"}})
    with pytest.raises(Conflict, match="UID in precondition: u"):
        server.patch("v1/ConfigMap", "settings", {"metadata": {"uid": "u"}})


@pytest.mark.parametrize("patch_type", ["merge", "strategic", "fields"])
def test_a_patch_must_be_an_object(patch_type: str) -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(BadRequest, match="error decoding patch"):
        server.patch("v1/ConfigMap", "settings", ["a"], patch_type)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType, match="accepted media types include: application/json-patch\\+json"):
        Server().patch("v1/ConfigMap", "settings", {}, "yaml")


def test_custom_kinds_have_no_strategic_merge() -> None:
    server = Server()
    widgets = Kind("example.com", "v1", "Widget", "widgets", namespaced=True, custom=True)
    api = Api(server.store, server.registry, SCHEMAS, server.clock, server.api._ctx.random)
    drive(api.create(widgets, "default", {"metadata": {"name": "w"}, "spec": {"a": 1}}, Call("a")))
    with pytest.raises(UnsupportedMediaType) as caught:
        drive(api.patch(widgets, "default", "w", {}, "strategic", Call("a")))
    assert "strategic" not in caught.value.message
    made = drive(api.patch(widgets, "default", "w", {"spec": {"b": 2}}, "merge", Call("a"))).value
    assert made["spec"] == {"a": 1, "b": 2}
    assert made["metadata"]["generation"] == 2


def test_the_result_of_a_patch_is_checked() -> None:
    server = Server()
    server.create("v1/Pod", pod())
    with pytest.raises(Invalid, match=r"spec\.containers"):
        server.patch("v1/Pod", "web", {"spec": {"containers": []}})
    with pytest.raises(BadRequest, match="cannot be handled as a Pod"):
        server.patch("v1/Pod", "web", {"spec": {"containers": "x"}})
    with pytest.raises(Invalid):
        server.patch("v1/Pod", "web", {"spec": {"hostnme": "x"}}, "fields")


def test_the_result_of_a_patch_is_still_the_object() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(BadRequest, match="the kind in the data"):
        server.patch("v1/ConfigMap", "settings", {"kind": "Secret"})
    with pytest.raises(Invalid, match=r'metadata\.name: Invalid value: "b": field is immutable'):
        server.patch("v1/ConfigMap", "settings", {"metadata": {"name": "b"}})
    removed = server.patch("v1/ConfigMap", "settings", [{"op": "remove", "path": "/metadata"}], "json")
    assert removed["metadata"]["name"] == "settings"


def test_a_dry_run_changes_nothing() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map())
    would = server.patch("v1/ConfigMap", "settings", {"data": {"a": "1"}}, dry_run=True)
    assert would["data"] == {"a": "1"}
    assert server.get("v1/ConfigMap", "settings") is made
