"""A schema that objects cannot be held to is told, with the place in it."""

from __future__ import annotations

import pytest

from ruleplane.api.schema_mistakes import schema_mistakes


def told(schema):
    return [f"{row['path']}: {row['reason']}: {row['message']}" for row in schema_mistakes(schema, "s")]


def within(schema):
    return told({"type": "object", "properties": {"a": schema}})


def test_a_right_schema_has_none():
    assert within({"type": "string", "pattern": "^a$", "default": "a"}) == []
    assert within({"x-kubernetes-int-or-string": True}) == []
    assert within({"x-kubernetes-preserve-unknown-fields": True}) == []
    assert within({"type": "string", "nullable": True, "default": None}) == []


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "x-kubernetes-int-or-string": True},
         ".type: Invalid: must be empty if x-kubernetes-int-or-string is true"),
        ({"$ref": "#/x"}, ".$ref: Forbidden: $ref is not supported"),
        ({"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": {"type": "string"}},
         ".additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"),
        ({"type": "string", "x-kubernetes-embedded-resource": True},
         ".type: Invalid: must be object if x-kubernetes-embedded-resource is true"),
        ({"type": "string", "x-kubernetes-list-type": "set"},
         ".type: Invalid: must be array if x-kubernetes-list-type is specified"),
        ({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "bag"},
         '.x-kubernetes-list-type: NotSupported: supported values: "atomic", "map", "set"'),
        ({"type": "object", "x-kubernetes-validations": [{"rule": " "}]},
         ".x-kubernetes-validations[0].rule: Required: rule is not specified"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(schema, message):
    assert within(schema) == [f"s.properties[a]{message}"]


def test_the_root_is_an_object_without_metadata_of_its_own():
    assert told({}) == ["s.type: Required: must not be empty at the root"]
    assert told({"type": "array", "items": {"type": "string"}}) == ["s.type: Invalid: must be object at the root"]
    labels = {"type": "object", "properties": {"labels": {"type": "object"}}}
    [text] = told({"type": "object", "properties": {"metadata": labels}})
    assert "must not specify anything other than name and generateName" in text


def test_a_rule_that_names_what_is_not_there_is_told():
    [row] = schema_mistakes({"type": "object", "x-kubernetes-validations": [{"rule": "spec.a > 1"}]}, "s")
    assert row["path"] == "s.x-kubernetes-validations[0].rule"
    assert "compilation failed" in row["message"]
    assert "spec" in row["message"]
