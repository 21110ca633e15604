"""Server-side apply: stated fields are owned, given-up fields go, other managers' fields conflict."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.clock import SECOND
from ruleplane.errors import BadRequest, Conflict, Invalid
from support.api import Server, config_map, deployment, managers


def with_containers(*containers: Any, **more: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}},
            **more,
        },
    }


def names(obj: dict[str, Any]) -> list[str]:
    return [one["name"] for one in obj["spec"]["template"]["spec"]["containers"]]


def test_an_apply_creates_what_is_not_there_and_owns_exactly_what_it_states() -> None:
    made = Server(defaults=True).apply("v1/ConfigMap", config_map(data={"a": "1"}, metadata={"labels": {"x": "y"}}))
    assert made["data"] == {"a": "1"}
    assert managers(made) == {"test/Apply": {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:x": {}}}}}


def test_defaults_are_not_the_appliers() -> None:
    made = Server(defaults=True).apply("apps/v1/Deployment", with_containers({"name": "a", "image": "x"}))
    assert made["spec"]["replicas"] == 1
    assert "f:replicas" not in managers(made)["test/Apply"]["f:spec"]


def test_the_same_apply_again_writes_nothing() -> None:
    server = Server(defaults=True)
    config = with_containers({"name": "a", "image": "x"})
    first = server.apply("apps/v1/Deployment", config)
    server.clock.advance(SECOND)
    assert server.apply("apps/v1/Deployment", config) is first


def test_what_is_no_longer_stated_is_removed() -> None:
    server = Server()
    server.apply("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}))
    made = server.apply("v1/ConfigMap", config_map(data={"b": "1"}))
    assert made["data"] == {"b": "1"}
    made = server.apply("v1/ConfigMap", config_map())
    assert "data" not in made
    assert managers(made) == {}


def test_what_another_manager_also_owns_stays() -> None:
    server = Server()
    server.apply("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}), actor="one")
    server.apply("v1/ConfigMap", config_map(data={"a": "1"}), actor="two")
    made = server.apply("v1/ConfigMap", config_map(data={"b": "1"}), actor="one")
    assert made["data"] == {"a": "1", "b": "1"}
    assert managers(made) == {"one/Apply": {"f:data": {"f:b": {}}}, "two/Apply": {"f:data": {"f:a": {}}}}


def test_stating_the_value_that_is_there_shares_the_field() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1"}), actor="one")
    made = server.apply("v1/ConfigMap", config_map(data={"a": "1"}), actor="two")
    assert managers(made) == {"two/Apply": {"f:data": {"f:a": {}}}, "one": {"f:data": {".": {}, "f:a": {}}}}


def test_another_value_of_an_owned_field_is_a_conflict() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment(replicas=1), actor="kubectl-create")
    with pytest.raises(Conflict) as caught:
        server.apply("apps/v1/Deployment", {"metadata": {"name": "web"}, "spec": {"replicas": 3}}, actor="other")
    message = 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas'
    assert caught.value.message == message
    assert caught.value.status()["details"] == {
        "causes": [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "kubectl-create" using apps/v1',
                "field": ".spec.replicas",
            }
        ]
    }


def test_several_conflicts_are_told_by_manager() -> None:
    server = Server()
    server.apply("v1/ConfigMap", config_map(data={"a": "1"}), actor="zoe")
    server.patch("v1/ConfigMap", "settings", {"data": {"b": "1", "c": "1"}}, actor="amy")
    with pytest.raises(Conflict) as caught:
        server.apply("v1/ConfigMap", config_map(data={"a": "2", "b": "2", "c": "2"}), actor="other")
    assert caught.value.message == (
        'Apply failed with 3 conflicts: conflicts with "amy" using v1:\n- .data.b\n- .data.c\n'
        'conflicts with "zoe":\n- .data.a'
    )


def test_force_takes_the_fields() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}), actor="one")
    made = server.apply("v1/ConfigMap", config_map(data={"a": "2"}), actor="two", force=True)
    assert made["data"] == {"a": "2", "b": "1"}
    assert managers(made) == {"two/Apply": {"f:data": {"f:a": {}}}, "one": {"f:data": {".": {}, "f:b": {}}}}


def test_elements_of_keyed_lists_are_owned_one_by_one() -> None:
    server = Server(defaults=True)
    server.apply("apps/v1/Deployment", with_containers({"name": "a", "image": "1"}), actor="one")
    sidecar = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "s"}]}}}}
    made = server.apply("apps/v1/Deployment", {"metadata": {"name": "web"}, **sidecar}, actor="two")
    assert sorted(names(made)) == ["a", "side"]
    made = server.apply("apps/v1/Deployment", with_containers({"name": "a", "image": "2"}), actor="one")
    assert sorted(names(made)) == ["a", "side"]
    made = server.apply("apps/v1/Deployment", {"metadata": {"name": "web"}, "spec": {}}, actor="two")
    assert names(made) == ["a"]


def test_an_element_that_is_given_up_goes_with_its_defaults() -> None:
    server = Server(defaults=True)
    server.apply("apps/v1/Deployment", with_containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"}))
    made = server.apply("apps/v1/Deployment", with_containers({"name": "b", "image": "1"}))
    assert names(made) == ["b"]


def test_an_element_that_another_manager_has_fields_in_stays_with_its_key() -> None:
    server = Server()
    server.apply(
        "apps/v1/Deployment", with_containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"}), actor="one"
    )
    container = {"name": "a", "image": "1", "workingDir": "/"}
    server.apply("apps/v1/Deployment", with_containers(container, {"name": "b", "image": "1"}), actor="two")
    made = server.apply("apps/v1/Deployment", with_containers({"name": "b", "image": "1"}), actor="one")
    containers = {one["name"]: one for one in made["spec"]["template"]["spec"]["containers"]}
    assert containers["a"] == container


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    server = Server(defaults=True)
    ports = [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]
    server.apply("apps/v1/Deployment", with_containers({"name": "a", "image": "1", "ports": ports}))
    kept = [{"containerPort": 53}]
    made = server.apply("apps/v1/Deployment", with_containers({"name": "a", "image": "1", "ports": kept}))
    assert made["spec"]["template"]["spec"]["containers"][0]["ports"] == [{"containerPort": 53, "protocol": "TCP"}]


def test_elements_come_in_the_order_stated_and_others_keep_their_place() -> None:
    server = Server()
    server.apply("apps/v1/Deployment", with_containers(*({"name": n, "image": "1"} for n in "abc")), actor="one")
    made = server.apply("apps/v1/Deployment", with_containers(*({"name": n, "image": "1"} for n in "cad")), actor="two")
    assert names(made) == ["c", "a", "b", "d"]


def test_values_of_a_set_are_owned_one_by_one() -> None:
    server = Server()
    server.apply("v1/ConfigMap", config_map(metadata={"finalizers": ["example.com/a"]}), actor="one")
    made = server.apply("v1/ConfigMap", config_map(metadata={"finalizers": ["example.com/b"]}), actor="two")
    assert made["metadata"]["finalizers"] == ["example.com/a", "example.com/b"]
    made = server.apply("v1/ConfigMap", config_map(), actor="one")
    assert made["metadata"]["finalizers"] == ["example.com/b"]


def test_an_atomic_map_is_replaced_whole() -> None:
    server = Server()
    server.apply(
        "v1/Service", {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "selector": {"a": "1", "b": "1"}}}
    )
    made = server.apply(
        "v1/Service", {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "selector": {"a": "1"}}}
    )
    assert made["spec"]["selector"] == {"a": "1"}
    assert managers(made)["test/Apply"] == {"f:spec": {"f:clusterIP": {}, "f:selector": {}}}


def test_an_object_that_was_never_tracked_belongs_to_whoever_came_before() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}))
    server.patch("v1/ConfigMap", "settings", {"metadata": {"managedFields": [{}]}})
    with pytest.raises(Conflict, match=r'conflict with "before-first-apply" using v1: \.data\.a'):
        server.apply("v1/ConfigMap", config_map(data={"a": "2"}))
    made = server.apply("v1/ConfigMap", config_map(data={"a": "2"}), force=True)
    assert managers(made)["before-first-apply"] == {"f:data": {"f:b": {}}}


def test_the_status_is_applied_through_its_subresource_only() -> None:
    server = Server()
    server.create("apps/v1/Deployment", deployment())
    body = {"metadata": {"name": "web"}, "spec": {"paused": True}, "status": {"replicas": 3}}
    made = server.apply("apps/v1/Deployment", body, actor="status", subresource="status")
    assert made["status"] == {"replicas": 3}
    assert "paused" not in made["spec"]
    assert managers(made)["status/Apply/status"] == {"f:status": {"f:replicas": {}}}
    made = server.apply("apps/v1/Deployment", body, actor="main")
    assert made["spec"]["paused"] is True
    assert "f:status" not in managers(made)["main/Apply"]


def test_a_dry_run_commits_nothing() -> None:
    server = Server()
    made = server.create("v1/ConfigMap", config_map(data={"a": "1"}))
    would = server.apply("v1/ConfigMap", config_map(data={"b": "1"}), dry_run=True)
    assert would["data"] == {"a": "1", "b": "1"}
    assert would["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert server.get("v1/ConfigMap", "settings") is made


def test_an_applier_must_say_who_it_is() -> None:
    with pytest.raises(Invalid, match="fieldManager: Required value: is required for apply patch"):
        Server().apply("v1/ConfigMap", config_map(), actor="")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "expected an object"),
        ({"kind": "ConfigMap", "metadata": {}}, "apiVersion must be set"),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {}}, "does not match the expected kind"),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"managedFields": [{}]}},
            "metadata.managedFields must be nil",
        ),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}},
            "does not match the name on the URL",
        ),
    ],
)
def test_a_configuration_that_cannot_be_applied_is_a_bad_request(body: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        Server().patch("v1/ConfigMap", "settings", body, "apply")


def test_a_uid_means_an_object_that_exists() -> None:
    server = Server()
    with pytest.raises(
        Conflict, match="uid mismatch: the provided object specified uid u, and no existing object was found"
    ):
        server.apply("v1/ConfigMap", config_map(metadata={"uid": "u"}))
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(Conflict, match="Precondition failed: UID in precondition: u"):
        server.apply("v1/ConfigMap", config_map(metadata={"uid": "u"}))


def test_only_an_apply_can_be_forced() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map())
    with pytest.raises(Invalid, match="force: Forbidden: may not be specified for non-apply patch"):
        server.patch("v1/ConfigMap", "settings", {}, "merge", force=True)


def test_an_element_without_its_key_cannot_be_applied() -> None:
    with pytest.raises((BadRequest, Invalid), match="name"):
        Server().apply("apps/v1/Deployment", with_containers({"image": "x"}))
