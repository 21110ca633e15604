"""Who owns which field after creations and updates, as Kubernetes writes it into managedFields."""

from __future__ import annotations

from ruleplane.clock import SECOND
from support.api import Server, config_map, deployment, managers, pod


def test_the_creator_owns_every_field_that_it_set() -> None:
    made = Server(defaults=True).create(
        "v1/Pod", pod(metadata={"labels": {"run": "nginx"}, "generateName": "web-"}), actor="kubectl-run"
    )
    entry = made["metadata"]["managedFields"][0]
    fields = entry.pop("fieldsV1")
    assert entry == {
        "manager": "kubectl-run",
        "operation": "Update",
        "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
    }
    # what a real API server writes for `kubectl run nginx`, and the fields of admission
    assert fields == {
        "f:metadata": {"f:generateName": {}, "f:labels": {".": {}, "f:run": {}}},
        "f:spec": {
            "f:containers": {
                'k:{"name":"nginx"}': {
                    ".": {},
                    "f:image": {},
                    "f:imagePullPolicy": {},
                    "f:name": {},
                    "f:resources": {},
                    "f:terminationMessagePath": {},
                    "f:terminationMessagePolicy": {},
                }
            },
            "f:dnsPolicy": {},
            "f:enableServiceLinks": {},
            "f:restartPolicy": {},
            "f:schedulerName": {},
            "f:securityContext": {},
            "f:serviceAccount": {},
            "f:serviceAccountName": {},
            "f:terminationGracePeriodSeconds": {},
            "f:tolerations": {},
        },
    }


def test_atomic_maps_and_lists_are_one_field_and_structs_that_are_always_there_are_none() -> None:
    fields = managers(Server(defaults=True).create("apps/v1/Deployment", deployment(), actor="a"))["a"]["f:spec"]
    assert fields["f:selector"] == {}
    assert fields["f:strategy"] == {
        "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
        "f:type": {},
    }
    assert fields["f:template"]["f:metadata"] == {"f:labels": {".": {}, "f:app": {}}}


def test_elements_are_named_by_all_their_keys_and_set_elements_by_value() -> None:
    made = Server(defaults=True).create(
        "v1/Pod",
        pod(
            metadata={"finalizers": ["example.com/a"]},
            spec={
                "containers": [{"name": "a", "image": "x", "ports": [{"containerPort": 80}], "env": [{"name": "E"}]}]
            },
        ),
        actor="a",
    )
    fields = managers(made)["a"]
    assert fields["f:metadata"] == {"f:finalizers": {".": {}, 'v:"example.com/a"': {}}}
    container = fields["f:spec"]["f:containers"]['k:{"name":"a"}']
    assert container["f:ports"] == {
        ".": {},
        'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}, "f:protocol": {}},
    }
    assert container["f:env"] == {".": {}, 'k:{"name":"E"}': {".": {}, "f:name": {}}}


def test_an_update_takes_the_fields_that_it_changes_and_no_others() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}), actor="one")
    made = server.patch("v1/ConfigMap", "settings", {"data": {"b": "2", "c": "2"}}, actor="two")
    assert managers(made) == {"one": {"f:data": {".": {}, "f:a": {}}}, "two": {"f:data": {"f:b": {}, "f:c": {}}}}


def test_what_is_removed_is_nobodys() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1", "b": "1"}), actor="one")
    made = server.patch("v1/ConfigMap", "settings", {"data": {"a": None}}, actor="two")
    assert managers(made) == {"one": {"f:data": {".": {}, "f:b": {}}}}
    made = server.patch("v1/ConfigMap", "settings", {"data": None}, actor="two")
    assert managers(made) == {}


def test_a_managers_later_updates_add_to_its_entry_and_renew_its_time() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1"}), actor="one")
    server.clock.advance(5 * SECOND)
    made = server.patch("v1/ConfigMap", "settings", {"data": {"b": "1"}}, actor="one")
    assert [entry["time"] for entry in made["metadata"]["managedFields"]] == ["2026-01-01T00:00:05Z"]
    assert managers(made) == {"one": {"f:data": {".": {}, "f:a": {}, "f:b": {}}}}


def test_a_write_of_the_status_is_an_entry_of_its_own() -> None:
    server = Server()
    server.create("v1/Pod", pod(), actor="one")
    made = server.patch(
        "v1/Pod", "web", {"status": {"phase": "Running", "hostIP": "1.2.3.4"}}, actor="one", subresource="status"
    )
    entry = made["metadata"]["managedFields"][1]
    assert entry["subresource"] == "status"
    assert entry["fieldsV1"] == {"f:status": {"f:hostIP": {}, "f:phase": {}}}


def test_a_new_list_in_the_status_is_a_field_and_one_that_is_there_is_not() -> None:
    server = Server()
    server.create("v1/Pod", pod())
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    made = server.patch("v1/Pod", "web", ready, "fields", actor="kubelet", subresource="status")
    element = {".": {}, "f:status": {}, "f:type": {}}
    assert managers(made)["kubelet/status"] == {"f:status": {"f:conditions": {".": {}, 'k:{"type":"Ready"}': element}}}
    other = {"status": {"conditions": [{"type": "Other", "status": "True"}]}}
    made = server.patch("v1/Pod", "web", other, "fields", actor="other", subresource="status")
    assert managers(made)["other/status"] == {"f:status": {"f:conditions": {'k:{"type":"Other"}': element}}}


def test_look_alike_objects_share_their_entries() -> None:
    server = Server(defaults=True)
    one, two = server.create("v1/Pod", pod("a")), server.create("v1/Pod", pod("b"))
    assert one["metadata"]["managedFields"] is two["metadata"]["managedFields"]
    other = server.create("v1/Pod", pod("c", spec={"hostname": "h"}))
    assert other["metadata"]["managedFields"][0]["fieldsV1"] != one["metadata"]["managedFields"][0]["fieldsV1"]


def test_an_empty_entry_strips_all_ownership_and_an_empty_list_does_not() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1"}), actor="one")
    kept = server.patch("v1/ConfigMap", "settings", {"metadata": {"managedFields": []}}, actor="two")
    assert set(managers(kept)) == {"one"}
    stripped = server.patch("v1/ConfigMap", "settings", {"metadata": {"managedFields": [{}]}}, actor="two")
    assert "managedFields" not in stripped["metadata"]
    untracked = server.patch("v1/ConfigMap", "settings", {"data": {"b": "2"}}, actor="two")
    assert "managedFields" not in untracked["metadata"]


def test_the_oldest_of_many_updaters_are_merged() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"k": "0"}), actor="m00")
    for number in range(1, 15):
        server.clock.advance(SECOND)
        made = server.patch("v1/ConfigMap", "settings", {"data": {f"k{number}": "1"}}, actor=f"m{number:02d}")
    found = managers(made)
    assert len(found) == 10
    assert found["ancient-changes"]["f:data"].keys() == {".", "f:k", "f:k1", "f:k2", "f:k3", "f:k4", "f:k5"}
    assert "m14" in found


def test_entries_are_ordered_appliers_first_then_by_time() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map(data={"a": "1"}), actor="z")
    server.clock.advance(SECOND)
    server.patch("v1/ConfigMap", "settings", {"data": {"b": "1"}}, actor="b")
    made = server.apply("v1/ConfigMap", config_map(data={"c": "1"}), actor="y")
    assert [entry["manager"] for entry in made["metadata"]["managedFields"]] == ["y", "z", "b"]
