"""Rules that a custom kind's schema brings along: CEL, lists without twins, and combined schemas."""

from __future__ import annotations

import pytest

from ruleplane.api.validate import Validator
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.schema import Schemas
from support.kinds import CRONTABS, changed

SPEC = "spec.versions.1.schema.openAPIV3Schema.properties.spec"


def tab(**spec):
    metadata = {"name": "a", "namespace": "b"}
    return {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": metadata, "spec": spec}


def mistakes(schema, new, old=None):
    schemas = Schemas.builtin()
    [kind] = serve([changed(CRONTABS, SPEC, {"type": "object", **schema})], builtin_registry(), schemas)
    errors = Validator(schemas).validate(kind, tab(**new), None if old is None else tab(**old))
    return [str(error) for error in errors]


def ruled(rule, **more):
    integers = {name: {"type": "integer"} for name in ("low", "high", "max-size")}
    return {"properties": integers, "x-kubernetes-validations": [{"rule": rule, **more}]}


def test_a_rule_that_does_not_hold_is_told_with_its_message():
    schema = ruled("self.low <= self.high", message="low must not exceed high")
    assert mistakes(schema, {"low": 1, "high": 2}) == []
    assert mistakes(schema, {"low": 3, "high": 2}) == ['spec: Invalid value: "object": low must not exceed high']
    assert mistakes(ruled("self.low < 1"), {"low": 1}) == ['spec: Invalid value: "object": failed rule: self.low < 1']


def test_a_rule_may_compute_its_message_and_name_field_and_reason():
    says = {"messageExpression": "'high is only ' + string(self.high)", "fieldPath": ".high"}
    schema = ruled("self.high > 2", reason="FieldValueForbidden", **says)
    assert mistakes(schema, {"high": 1}) == ["spec.high: Forbidden: high is only 1"]
    schema = ruled("self.high > 2", messageExpression="string(self.low)", message="too low")
    assert mistakes(schema, {"high": 1}) == ['spec: Invalid value: "object": too low']


def test_a_rule_about_what_was_is_asked_only_where_something_was():
    schema = {
        "properties": {
            "size": {
                "type": "integer",
                "x-kubernetes-validations": [{"rule": "self >= oldSelf", "message": "cannot shrink"}],
            }
        }
    }
    assert mistakes(schema, {"size": 1}) == []
    assert mistakes(schema, {"size": 1}, {}) == []
    assert mistakes(schema, {"size": 1}, {"size": 2}) == ['spec.size: Invalid value: "integer": cannot shrink']


def test_with_an_optional_it_is_asked_always():
    schema = ruled("oldSelf.hasValue() || self.low == 0", optionalOldSelf=True)
    assert mistakes(schema, {"low": 0}) == []
    assert len(mistakes(schema, {"low": 1})) == 1
    assert mistakes(schema, {"low": 1}, {"low": 2}) == []


def test_a_value_that_stays_as_it_was_is_right():
    assert mistakes(ruled("self.low < 1"), {"low": 5}, {"low": 5}) == []


def test_a_rule_that_cannot_be_evaluated_refuses_the_object():
    [text] = mistakes(ruled("self.low < 1"), {})
    assert text.startswith('spec: Invalid value: "object": rule evaluation error: self.low < 1:')


def test_names_that_are_no_identifiers_are_written_escaped():
    assert mistakes(ruled("self.max__dash__size > 1"), {"max-size": 2}) == []
    assert len(mistakes(ruled("self.max__dash__size > 1"), {"max-size": 1})) == 1


PORTS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "port": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.port == oldSelf.port", "message": "is fixed"}],
    },
}


def test_elements_of_a_map_list_are_told_apart_by_their_keys():
    schema = {"properties": {"ports": PORTS}}
    twins = [{"name": "a", "port": 1}, {"name": "a", "port": 2}]
    assert mistakes(schema, {"ports": twins}) == ['spec.ports[1]: Duplicate value: {"name":"a"}']
    old = {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]}
    swapped = {"ports": [{"name": "b", "port": 2}, {"name": "a", "port": 9}]}
    assert mistakes(schema, swapped, old) == ['spec.ports[1]: Invalid value: "object": is fixed']


def test_a_set_has_no_twins():
    schema = {"properties": {"tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}}}
    assert mistakes(schema, {"tags": ["a", "b", "a"]}) == ['spec.tags[2]: Duplicate value: "a"']


@pytest.mark.parametrize(
    ("schema", "right", "wrong", "message"),
    [
        ({"anyOf": [{"minimum": 5}, {"maximum": 1}]}, 6, 3, "must validate at least one schema (anyOf)"),
        ({"oneOf": [{"minimum": 5}, {"minimum": 3}]}, 4, 6, "must validate one and only one schema (oneOf)"),
        ({"allOf": [{"minimum": 3}, {"maximum": 5}]}, 4, 6, "must validate all the schemas (allOf)"),
        ({"not": {"enum": [3]}}, 4, 3, "must not validate the schema (not)"),
    ],
)
def test_combined_schemas_are_held_to(schema, right, wrong, message):
    schema = {"properties": {"size": {"type": "integer", **schema}}}
    assert mistakes(schema, {"size": right}) == []
    assert mistakes(schema, {"size": wrong}) == [f'spec.size: Invalid value: "": "spec.size" {message}']


def test_a_number_or_text_is_held_to_its_pattern():
    either = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a"}
    schema = {"properties": {"size": either}}
    assert mistakes(schema, {"size": 1}) == []
    assert mistakes(schema, {"size": "ab"}) == []
    assert mistakes(schema, {"size": "b"}) == ["spec.size: Invalid value: \"b\": spec.size in body should match '^a'"]
