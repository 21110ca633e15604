"""Kinds that CustomResourceDefinitions define are kinds like the others."""

from __future__ import annotations

import pytest

from ruleplane.errors import RuleplaneError
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import kinds_from_crds, serve
from ruleplane.model.schema import Schemas
from support.kinds import CRONTABS, changed


def test_a_definition_becomes_a_kind():
    [(kind, schema)] = kinds_from_crds([CRONTABS])
    assert (kind.ref, kind.bucket, kind.short_names) == (
        "stable.example.com/v1/CronTab", "stable.example.com/crontabs", ("ct",)
    )  # fmt: skip
    assert kind.subresources == {"status", "scale"}
    assert kind.scale == (("spec", "replicas"), ("status", "replicas"), ())
    assert [column.name for column in kind.columns] == ["Spec", "Replicas", "Age"]
    assert kind.custom
    assert schema["properties"]["spec"]["required"] == ["cronSpec"]


def test_serving_adds_kind_and_types_and_says_which_version_is_not_served():
    registry, schemas = builtin_registry(), Schemas.builtin()
    [kind] = serve([CRONTABS], registry, schemas)
    assert registry.resource("stable.example.com", "v1", "crontabs") is kind
    node = schemas.node(kind)
    assert node.field("spec").field("replicas").type == "integer"
    assert node.field("metadata").field("labels").values.type == "string"
    assert node.description == "A table of times."
    assert node.field("spec").describe("image") == "What runs."
    assert "crontabs would have to be converted from v1" in registry.unserved["stable.example.com/v1beta1"]


def test_a_kind_can_be_replaced_and_removed():
    registry, schemas = builtin_registry(), Schemas.builtin()
    [kind] = serve([CRONTABS], registry, schemas)
    schemas.add(kind, {"type": "object", "properties": {"spec": {"type": "string"}}})
    assert schemas.node(kind).field("spec").type == "string"
    schemas.remove(kind)
    with pytest.raises(RuleplaneError):
        schemas.node(kind)


def test_a_definition_without_schema_keeps_every_field():
    [(_, schema)] = kinds_from_crds([changed(CRONTABS, "spec.versions.1.schema")])
    assert schema == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_what_is_missing_is_said():
    with pytest.raises(RuleplaneError, match=r"CustomResourceDefinition crontabs\.stable\.example\.com: 'scope'"):
        kinds_from_crds([changed(CRONTABS, "spec.scope")])


def test_versions_that_are_alike_are_all_served_over_the_objects_of_one():
    registry, schemas = builtin_registry(), Schemas.builtin()
    older, stored = serve([changed(CRONTABS, "spec.conversion.strategy", "None")], registry, schemas)
    assert (older.api_version, older.stored) == ("stable.example.com/v1beta1", "stable.example.com/v1")
    assert (stored.api_version, stored.stored) == ("stable.example.com/v1", "")
    assert registry.bucket("stable.example.com/crontabs") == [older, stored]
    assert "stable.example.com/v1beta1" not in registry.unserved


def test_the_registry_tells_what_comes_and_goes():
    registry, told = builtin_registry(), []
    registry.listeners.append(lambda kind, served: told.append((kind.ref, served)))
    [kind] = serve([CRONTABS], registry, Schemas.builtin())
    registry.remove(kind)
    registry.remove(kind)
    assert told == [("stable.example.com/v1/CronTab", True), ("stable.example.com/v1/CronTab", False)]
    assert registry.bucket(kind.bucket) == []
