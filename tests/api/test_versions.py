"""An object in several versions of its kind: what differs is what it says of its version."""

from __future__ import annotations

from random import Random

import pytest

from ruleplane.api.call import Call
from ruleplane.api.listing import Query
from ruleplane.api.verbs import Api
from ruleplane.clock import VirtualClock
from ruleplane.errors import MethodNotAllowed
from ruleplane.model.crd import serve
from ruleplane.model.kind import Registry
from ruleplane.model.schema import Schemas
from ruleplane.store.memory import MemoryStore
from support.drive import drive
from support.kinds import CRONTABS, changed

ALIKE = changed(CRONTABS, "spec.conversion.strategy", "None")
CALL = Call("test")
V1, BETA = "stable.example.com/v1", "stable.example.com/v1beta1"


@pytest.fixture
def world():
    registry, schemas = Registry(), Schemas.builtin()
    beta, v1 = serve([ALIKE], registry, schemas)
    return Api(MemoryStore(), registry, schemas, VirtualClock(), Random(1)), beta, v1


def tab(**more):
    return {"metadata": {"name": "a"}, "spec": {"cronSpec": "* * * * *"}, **more}


def test_an_object_is_read_in_the_version_that_is_asked_for(world):
    api, beta, v1 = world
    made = drive(api.create(beta, "default", tab(apiVersion=BETA, kind="CronTab"), CALL))
    assert made.value["apiVersion"] == BETA
    assert drive(api.get(v1, "default", "a")).value["apiVersion"] == V1
    assert drive(api.get(beta, "default", "a")).value == made.value
    for kind, version in ((v1, V1), (beta, BETA)):
        for query in (Query(), Query(label_selector="!x"), Query(field_selector="metadata.name=a")):
            entries = drive(api.list(kind, "default", query)).entries
            assert [entry.value["apiVersion"] for entry in entries] == [version]


def test_it_is_kept_in_the_version_in_which_its_kind_is_stored(world):
    api, beta, _ = world
    drive(api.create(beta, "default", tab(), CALL))
    [entry] = drive(api.store.list("stable.example.com/crontabs/")).entries
    assert entry.value["apiVersion"] == V1


def test_reading_it_in_another_version_and_writing_it_back_changes_nothing(world):
    api, beta, v1 = world
    made = drive(api.create(v1, "default", tab(), CALL))
    seen = drive(api.get(beta, "default", "a")).value
    assert drive(api.update(beta, "default", "a", seen, CALL)).revision == made.revision
    drive(api.patch(beta, "default", "a", {"spec": {"image": "b"}}, "merge", CALL))
    assert drive(api.get(v1, "default", "a")).value["spec"]["image"] == "b"


def test_a_watch_tells_it_in_its_version(world):
    api, beta, v1 = world
    drive(api.create(v1, "default", tab(), CALL))
    watching = drive(api.watch(beta, "default"))
    drive(api.patch(v1, "default", "a", {"spec": {"image": "b"}}, "merge", CALL))
    drive(api.delete(v1, "default", "a", None, CALL))
    changes = [*watching.take(), *watching.take()]
    assert [type_ for type_, _ in changes] == ["ADDED", "MODIFIED", "DELETED"]
    assert {entry.value["apiVersion"] for _, entry in changes} == {BETA}


def test_of_a_kind_that_is_being_deleted_nobody_makes_another_object():
    registry, schemas = Registry(), Schemas.builtin()
    going = changed(ALIKE, "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    _, v1 = serve([going], registry, schemas)
    api = Api(MemoryStore(), registry, schemas, VirtualClock(), Random(1))
    with pytest.raises(MethodNotAllowed, match="create not allowed while custom resource definition is terminating"):
        drive(api.create(v1, "default", tab(), CALL))


def test_fields_that_a_definition_names_can_be_selected(world):
    registry, schemas = Registry(), Schemas.builtin()
    named = changed(ALIKE, "spec.versions.1.selectableFields", [{"jsonPath": ".spec.mode"}])
    _, v1 = serve([named], registry, schemas)
    api = Api(MemoryStore(), registry, schemas, VirtualClock(), Random(1))
    for name, mode in (("a", "Fast"), ("b", "Slow")):
        body = {"metadata": {"name": name}, "spec": {"cronSpec": "* * * * *", "mode": mode}}
        drive(api.create(v1, "default", body, CALL))
    found = drive(api.list(v1, "default", Query(field_selector="spec.mode=Slow"))).entries
    assert [entry.value["metadata"]["name"] for entry in found] == ["b"]
