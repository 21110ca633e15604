"""Field types are found by name, are the same object every time, and say how lists merge."""

from __future__ import annotations

import pytest

from ruleplane.errors import RuleplaneError
from ruleplane.model.schema import Schemas
from support.kinds import kind, registry, schemas


def at(ref, *names):
    node = schemas().node(kind(ref))
    for name in names:
        node = node.items if name == "[]" else node.values if name == "{}" else node.field(name)
        assert node is not None, name
    return node


def test_every_kind_has_field_types_and_metadata():
    for one in registry():
        node = schemas().node(one)
        if "metadata" in node.names:
            assert node.field("metadata").field("name") is not None, one.ref


def test_a_node_is_the_same_object_every_time():
    assert at("v1/Pod", "spec") is at("v1/Pod", "spec")
    assert at("v1/Pod", "spec") is at("apps/v1/ReplicaSet", "spec", "template", "spec")


def test_lists_say_how_they_merge():
    containers = at("v1/Pod", "spec", "containers")
    assert (containers.list_type, containers.list_keys) == ("map", ("name",))
    assert (containers.patch_strategy, containers.patch_merge_key) == ("merge", "name")
    finalizers = at("v1/Pod", "metadata", "finalizers")
    assert (finalizers.list_type, finalizers.patch_strategy) == ("set", "merge")
    ports = at("v1/Service", "spec", "ports")
    assert (ports.list_keys, ports.patch_merge_key) == (("port", "protocol"), "port")
    assert at("v1/Pod", "spec", "containers", "[]", "command").list_type == "atomic"


def test_a_field_may_override_its_definition_without_changing_it():
    strategy = at("apps/v1/Deployment", "spec", "strategy")
    assert strategy.patch_strategy == "retainKeys"
    assert schemas().definition(strategy.name).patch_strategy == ""


def test_special_types_are_known():
    resources = at("v1/Pod", "spec", "containers", "[]", "resources", "limits", "{}")
    assert resources.quantity
    assert at("v1/Service", "spec", "ports", "[]", "targetPort").int_or_string
    assert at("v1/Pod", "metadata", "creationTimestamp").format == "date-time"
    assert at("coordination.k8s.io/v1/Lease", "spec", "renewTime").format == "micro-time"
    assert at("v1/Secret", "data", "{}").format == "byte"
    assert at("apps/v1/ControllerRevision", "data").preserve_unknown
    assert at("v1/ConfigMap", "data", "{}").type == "string"


def test_the_published_nullable_types_and_enums_are_undone():
    for name, raw in ((one.definition, schemas().raw(one.definition)) for one in registry()):
        assert isinstance(raw.get("type", ""), str), name
        assert "enum" not in raw.get("properties", {}).get("kind", {}), name


def test_required_fields_are_named():
    assert at("v1/Pod", "spec").required == ("containers",)
    assert at("apps/v1/ReplicaSet", "spec").required == ("selector",)


def test_recursive_definitions_end():
    props = at(
        "apiextensions.k8s.io/v1/CustomResourceDefinition", "spec", "versions", "[]", "schema", "openAPIV3Schema"
    )
    assert props.field("not") is props
    assert props.field("properties").values is props


def test_an_unknown_field_is_none_and_an_unknown_definition_an_error():
    assert at("v1/Pod", "spec").field("nonsense") is None
    assert at("v1/Pod", "spec").items is None
    with pytest.raises(RuleplaneError, match=r"looking for the field types of io\.nonsense"):
        Schemas.builtin().definition("io.nonsense")


def test_descriptions_are_there_when_asked():
    assert at("v1/Pod", "spec").description == "PodSpec is a description of a pod."
    assert at("v1/Pod", "spec").describe("containers").startswith("List of containers belonging to the pod.")
