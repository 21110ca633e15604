"""Which fields a write changed."""

from __future__ import annotations

import pytest

from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.trace.paths import changed_paths, covers, lookup, split

POD = Schemas.builtin().node(builtin_registry().get("v1/Pod"))


def test_the_topmost_field_that_is_new_stands_for_all_below_it():
    assert changed_paths({"spec": {}}, {"spec": {"affinity": {"nodeAffinity": {}}}}) == ("spec.affinity",)


def test_a_removed_field_counts_as_changed():
    assert changed_paths({"spec": {"a": 1, "b": 1}}, {"spec": {"b": 1}}) == ("spec.a",)


def test_elements_of_a_keyed_list_are_told_by_their_key():
    ready = {"type": "Ready", "status": "False"}
    old = {"status": {"conditions": [ready, {"type": "Initialized", "status": "True"}, {"type": "Old", "status": "x"}]}}
    new = {"status": {"conditions": [{**ready, "status": "True"}, old["status"]["conditions"][1], {"type": "New"}]}}
    assert changed_paths(old, new, POD) == (
        "status.conditions[type=Ready].status",
        "status.conditions[type=New]",
        "status.conditions[type=Old]",
    )


def test_an_element_with_several_keys_names_them_all():
    port = {"containerPort": 80, "protocol": "TCP"}
    old = {"spec": {"containers": [{"name": "c", "ports": [port]}]}}
    new = {"spec": {"containers": [{"name": "c", "ports": [{**port, "name": "http"}]}]}}
    path = "spec.containers[name=c].ports[containerPort=80,protocol=TCP].name"
    assert changed_paths(old, new, POD) == (path,)


def test_a_list_without_keys_is_one_value():
    old, new = (
        {"spec": {"containers": [{"name": "c", "args": ["a"]}]}},
        {"spec": {"containers": [{"name": "c", "args": ["b"]}]}},
    )
    assert changed_paths(old, new, POD) == ("spec.containers[name=c].args",)
    assert changed_paths(old, new) == ("spec.containers",)


def test_a_reordered_list_is_a_change_of_the_list():
    a, b = {"name": "a"}, {"name": "b"}
    assert changed_paths({"spec": {"containers": [a, b]}}, {"spec": {"containers": [b, a]}}, POD) == (
        "spec.containers",
    )


def test_what_every_write_stamps_is_not_a_change():
    old = {"metadata": {"resourceVersion": "1", "labels": {"a": "1"}}}
    new = {
        "metadata": {"resourceVersion": "2", "managedFields": [], "labels": {"a": "1", "app.kubernetes.io/name": "x"}}
    }
    assert changed_paths(old, new, POD) == ("metadata.labels[app.kubernetes.io/name]",)


def test_a_creation_and_a_deletion_are_about_every_field():
    assert changed_paths(None, {"spec": {}}) == changed_paths({"spec": {}}, None) == ()


@pytest.mark.parametrize(
    ("written", "asked", "expected"),
    [
        ("status.conditions[type=Ready].status", "status.conditions[type=Ready]", True),
        ("status.conditions[type=Ready]", "status.conditions[type=PodScheduled]", False),
        ("status.conditions[type=Ready]", "status.conditions[0].status", True),
        ("spec.containers", "spec.containers[0].image", True),
        ("metadata.labels[app.kubernetes.io/name]", "metadata.labels[app.kubernetes.io/name]", True),
    ],
)
def test_a_written_path_covers_what_is_above_and_below_it(written, asked, expected):
    assert covers(written, split(asked)) is expected


def test_a_path_that_cannot_be_read_says_where():
    with pytest.raises(ValueError, match=r"at character 7 \('\[name'\)"):
        split("spec.a[name")


def test_a_value_is_looked_up_by_index_and_by_key():
    pod = {"spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}}
    assert lookup(pod, split("spec.containers[1].image")) == "y"
    assert lookup(pod, split("spec.containers[name=a].image")) == "x"
    assert lookup(pod, split("spec.containers[9].image")) is None
