"""Following objects: every change once, as someone sees it who sees only what matches."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.api.verbs import Query
from ruleplane.errors import Expired, Invalid, Timeout
from support.api import Server, config_map, pod
from support.drive import drive


def seen(watching: Any) -> list[tuple[str, str, str]]:
    return [
        (kind, entry.value["metadata"].get("name", ""), entry.value["metadata"]["resourceVersion"])
        for kind, entry in watching.take()
    ]


def test_a_watch_without_version_begins_with_what_is() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a"))
    watching = server.watch("v1/ConfigMap")
    server.create("v1/ConfigMap", config_map("b"))
    assert seen(watching) == [("ADDED", "a", "2")]
    assert seen(watching) == [("ADDED", "b", "3")]
    assert seen(watching) == []


def test_a_watch_from_a_version_tells_what_came_after() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a"))
    server.patch("v1/ConfigMap", "a", {"data": {"x": "1"}})
    server.create("v1/Pod", pod())
    server.delete("v1/ConfigMap", "a")
    watching = server.watch("v1/ConfigMap", resource_version="2")
    assert seen(watching) == [("MODIFIED", "a", "3"), ("DELETED", "a", "5")]


def test_what_is_deleted_is_told_as_it_was_last() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a", data={"x": "1"}))
    watching = server.watch("v1/ConfigMap", resource_version="2")
    server.delete("v1/ConfigMap", "a")
    [(kind, entry)] = watching.take()
    assert kind == "DELETED"
    assert entry.value["data"] == {"x": "1"}
    assert entry.revision == 3


def test_an_object_that_starts_to_match_appears_and_one_that_stops_disappears() -> None:
    server = Server()
    watching = server.watch("v1/ConfigMap", label_selector="app=web")
    server.create("v1/ConfigMap", config_map("a"))
    server.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"app": "web"}}})
    server.patch("v1/ConfigMap", "a", {"data": {"x": "1"}})
    server.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"app": "db"}}})
    server.patch("v1/ConfigMap", "a", {"data": {"x": "2"}})
    server.delete("v1/ConfigMap", "a")
    changes = watching.take()
    assert [(kind, entry.revision) for kind, entry in changes] == [("ADDED", 3), ("MODIFIED", 4), ("DELETED", 5)]
    # the last state that the watcher could see, at the version at which it was lost
    assert changes[-1][1].value["metadata"]["labels"] == {"app": "web"}
    assert changes[-1][1].value["metadata"]["resourceVersion"] == "5"


def test_a_field_selector_follows_a_pod_to_its_node() -> None:
    server = Server()
    watching = server.watch("v1/Pod", field_selector="spec.nodeName=n1")
    server.create("v1/Pod", pod())
    server.post("v1/Pod", "web", "binding", {"target": {"name": "n1"}})
    assert [kind for kind, _ in watching.take()] == ["ADDED"]


def test_one_object_is_followed_by_name_and_not_its_namesakes() -> None:
    server = Server()
    watching = server.watch("v1/ConfigMap", "default", field_selector="metadata.name=a")
    server.create("v1/ConfigMap", config_map("a"))
    server.create("v1/ConfigMap", config_map("ab"))
    assert seen(watching) == [("ADDED", "a", "2")]


def test_a_watch_of_one_namespace_sees_no_other() -> None:
    server = Server()
    server.create("v1/Namespace", {"metadata": {"name": "other"}})
    watching = server.watch("v1/ConfigMap", "default")
    server.create("v1/ConfigMap", config_map("x"), namespace="other")
    assert seen(watching) == []


def test_initial_events_end_with_a_bookmark_that_says_so() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a"))
    watching = server.watch(
        "v1/ConfigMap", send_initial_events=True, resource_version_match="NotOlderThan", allow_bookmarks=True
    )
    server.create("v1/ConfigMap", config_map("b"))
    added, (kind, mark) = watching.take()
    assert added[0] == "ADDED"
    assert kind == "BOOKMARK"
    assert mark.value == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "2", "annotations": {"k8s.io/initial-events-end": "true"}},
    }
    assert seen(watching) == [("ADDED", "b", "3")]


def test_a_bookmark_tells_how_far_the_watch_is() -> None:
    server = Server()
    watching = server.watch("v1/ConfigMap")
    server.create("v1/ConfigMap", config_map("a"))
    watching.take()
    kind, mark = watching.bookmark()
    assert kind == "BOOKMARK"
    assert mark.value["metadata"] == {"resourceVersion": str(watching.revision)}
    assert watching.revision == 2


def test_initial_events_can_be_declined() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a"))
    watching = server.watch("v1/ConfigMap", send_initial_events=False, resource_version_match="NotOlderThan")
    assert seen(watching) == []
    server.create("v1/ConfigMap", config_map("b"))
    assert seen(watching) == [("ADDED", "b", "3")]


def test_a_watch_from_a_forgotten_version_is_expired() -> None:
    server = Server()
    server.create("v1/ConfigMap", config_map("a"))
    server.create("v1/ConfigMap", config_map("b"))
    server.store.compact(3)
    with pytest.raises(Expired, match=r"too old resource version: 1 \(3\)"):
        server.watch("v1/ConfigMap", resource_version="1")


def test_a_watcher_that_falls_behind_is_told_to_list_again() -> None:
    server = Server()
    watching = server.watch("v1/ConfigMap")
    server.create("v1/ConfigMap", config_map("a"))
    server.create("v1/ConfigMap", config_map("b"))
    server.store.compact(3)
    with pytest.raises(Expired, match="too old resource version"):
        watching.take()


def test_a_watch_cannot_begin_in_the_future() -> None:
    with pytest.raises(Timeout, match="Too large resource version: 99, current: 1"):
        Server().watch("v1/ConfigMap", resource_version="99")


@pytest.mark.parametrize(
    "query",
    [
        {"resource_version": "1", "resource_version_match": "Exact"},
        {"send_initial_events": True},
        {"send_initial_events": True, "resource_version_match": "Exact"},
    ],
)
def test_parameters_that_contradict_each_other_are_invalid(query: Any) -> None:
    with pytest.raises(Invalid, match="resourceVersionMatch"):
        Server().watch("v1/ConfigMap", **query)


def test_a_closed_watch_tells_nothing_more_and_a_notice_comes_with_the_write() -> None:
    server = Server()
    noticed: list[int] = []
    kind = server.kind("v1/ConfigMap")
    watching = drive(server.api.watch(kind, "", Query(), lambda: noticed.append(server.store.revision)))
    server.create("v1/ConfigMap", config_map("a"))
    assert noticed == [2]
    watching.close()
    watching.close()
    server.create("v1/ConfigMap", config_map("b"))
    assert noticed == [2]
