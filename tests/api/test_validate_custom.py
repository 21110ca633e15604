"""Objects of custom kinds are held to the schema of their definition, in the words of its validator."""

from __future__ import annotations

import pytest

from ruleplane.api.validate import Validator
from ruleplane.errors import BadRequest
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.schema import Schemas
from support.kinds import CRONTABS, changed

TAB = {
    "apiVersion": "stable.example.com/v1",
    "kind": "CronTab",
    "metadata": {"name": "a", "namespace": "b"},
    "spec": {"cronSpec": "* * * * *", "replicas": 3, "free": {"any": None}},
}


@pytest.fixture(scope="module")
def served():
    schemas = Schemas.builtin()
    [kind] = serve([CRONTABS], builtin_registry(), schemas)
    return Validator(schemas), kind, schemas


def refused(served, obj):
    validator, kind, _ = served
    return [str(error) for error in validator.validate(kind, obj)]


def test_a_right_object_is_taken_as_it_is(served):
    validator, kind, _ = served
    assert validator.decode(kind, TAB, "Strict") is TAB
    assert refused(served, TAB) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec.cronSpec", ..., "spec.cronSpec: Required value"),
        ("spec.replicas", "3", 'spec.replicas: Invalid value: "string": HERE must be of type integer: "string"'),
        ("spec.replicas", 0, "spec.replicas: Invalid value: 0: HERE should be greater than or equal to 1"),
        ("spec.replicas", 11, "spec.replicas: Invalid value: 11: HERE should be less than or equal to 10"),
        ("spec.cronSpec", "daily", "spec.cronSpec: Invalid value: \"daily\": HERE should match '^(\\S+ ){4}\\S+$'"),
        ("spec.mode", "Odd", 'spec.mode: Unsupported value: "Odd": supported values: "Fast", "Slow"'),
    ],
)
def test_a_mistake_is_told(served, path, value, message):
    assert refused(served, changed(TAB, path, value)) == [message.replace("HERE", f"{path} in body")]


def test_unknown_fields_are_refused_where_they_are_not_kept(served):
    validator, kind, _ = served
    with pytest.raises(BadRequest, match=r'unknown field "spec\.odd"'):
        validator.decode(kind, changed(TAB, "spec.odd", 1), "Strict")
    kept = changed(TAB, "spec.free", {"odd": {"deep": None}})
    assert validator.decode(kind, kept, "Strict") == kept


def test_null_stays_where_it_is_allowed(served):
    validator, kind, _ = served
    assert validator.decode(kind, changed(TAB, "spec.image", None), "Strict")["spec"]["image"] is None
    assert "mode" not in validator.decode(kind, changed(TAB, "spec.mode", None), "Strict")["spec"]


def test_a_changed_definition_counts_at_once(served):
    _, kind, schemas = served
    validator = Validator(schemas)
    assert validator.validate(kind, changed(TAB, "spec.replicas", 11)) != []
    original = schemas.raw(kind.definition)
    schemas.add(kind, {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    validator.forget(kind)
    assert validator.validate(kind, changed(TAB, "spec.replicas", 11)) == []
    schemas.add(kind, original)
