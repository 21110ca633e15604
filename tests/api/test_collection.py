"""Deleting many objects at once."""

from __future__ import annotations

import pytest

from ruleplane.api.call import Call
from ruleplane.api.verbs import Query
from ruleplane.errors import Invalid
from support.api import Server, config_map, gone
from support.drive import drive


def labelled(server: Server) -> None:
    for number in range(4):
        server.create("v1/ConfigMap", config_map(f"m{number}", metadata={"labels": {"odd": str(number % 2)}}))


def test_only_what_the_query_means_is_deleted() -> None:
    server = Server()
    labelled(server)
    kind = server.kind("v1/ConfigMap")
    done = drive(server.api.delete_collection(kind, "default", Query(label_selector="odd=1"), None, Call("a")))
    assert [entry.value["metadata"]["name"] for entry in done.entries] == ["m1", "m3"]
    assert all(map(gone, done.entries))
    assert server.names("v1/ConfigMap") == ["m0", "m2"]


def test_options_hold_for_each_object() -> None:
    server = Server()
    labelled(server)
    kind = server.kind("v1/ConfigMap")
    options = {"propagationPolicy": "Orphan"}
    done = drive(server.api.delete_collection(kind, "default", Query(), options, Call("a")))
    assert not any(map(gone, done.entries))
    with pytest.raises(Invalid):
        drive(server.api.delete_collection(kind, "default", Query(), {"propagationPolicy": "?"}, Call("a")))


def test_a_limit_deletes_a_page() -> None:
    server = Server()
    labelled(server)
    kind = server.kind("v1/ConfigMap")
    done = drive(server.api.delete_collection(kind, "default", Query(limit=3), None, Call("a")))
    assert len(done.entries) == 3
    assert done.continue_token
    assert server.names("v1/ConfigMap") == ["m3"]
