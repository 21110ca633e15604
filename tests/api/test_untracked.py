"""An API that does not record who owns what: a node's own store, where each field has one writer."""

from __future__ import annotations

from random import Random

from ruleplane.api.call import Call
from ruleplane.api.verbs import Api
from ruleplane.clock import VirtualClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.store.memory import MemoryStore
from support.drive import drive


def made(*, tracked):
    registry = builtin_registry()
    api = Api(MemoryStore(), registry, Schemas.builtin(), VirtualClock(), Random(1), tracked=tracked)
    kind = registry.get("v1/Namespace")
    drive(api.create(kind, "", {"metadata": {"name": "a", "labels": {"z": "z"}}}, Call("one")))
    entry = drive(api.patch(kind, "", "a", {"metadata": {"labels": {"x": "y"}}}, "fields", Call("two", firing=1)))
    return entry.value["metadata"]


def test_neither_creation_nor_update_leaves_managed_fields():
    assert "managedFields" not in made(tracked=False)


def test_the_api_that_clients_see_records_both_writers():
    assert [entry["manager"] for entry in made(tracked=True)["managedFields"]] == ["one", "two"]
