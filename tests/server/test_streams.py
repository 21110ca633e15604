"""Watches on the wire: lines as they happen, resumption, bookmarks, and every way in which they end."""

from __future__ import annotations

import json
import socket

import pytest

from ruleplane.server.pki import client_context
from support.apiserver import SYSTEM, running_server
from support.http import Client


def create(server, namespace, *names, **more):
    for name in names:
        server.create("v1/ConfigMap", {"metadata": {"name": name, **more}}, namespace)


def event(response):
    line = json.loads(response.readline())
    meta = line["object"]["metadata"]
    return line["type"], meta.get("name", "")


def test_a_watch_tells_what_is_there_and_then_what_happens(client, server, maps, namespace):
    create(server, namespace, "a")
    response = client.stream(f"{maps}?watch=true")
    assert (response.status, response.headers["Transfer-Encoding"]) == (200, "chunked")
    assert event(response) == ("ADDED", "a")
    create(server, namespace, "b")
    assert event(response) == ("ADDED", "b")


def test_a_watch_goes_on_where_a_list_ended(client, server, maps, namespace):
    create(server, namespace, "a")
    version = client.get(maps).json["metadata"]["resourceVersion"]
    create(server, namespace, "b", "c")
    response = client.stream(f"{maps}?watch=1&resourceVersion={version}")
    assert [event(response), event(response)] == [("ADDED", "b"), ("ADDED", "c")]


def test_a_streamed_list_ends_with_its_bookmark(client, server, maps, namespace):
    create(server, namespace, "a")
    path = f"{maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    response = client.stream(path)
    assert event(response) == ("ADDED", "a")
    bookmark = json.loads(response.readline())
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_what_stops_matching_a_selector_is_deleted_for_its_watcher(client, server, maps, namespace):
    create(server, namespace, "a", labels={"x": "y"})
    response = client.stream(f"{maps}?watch=1&labelSelector=x%3Dy")
    assert event(response) == ("ADDED", "a")
    with Client(server) as other:
        other.ask(
            "PATCH", f"{maps}/a", {"metadata": {"labels": {"x": "z"}}}, Content_Type="application/merge-patch+json"
        )
    assert event(response) == ("DELETED", "a")


def test_tables_and_metadata_are_watched_too(client, server, maps, namespace):
    create(server, namespace, "a", "b")
    response = client.stream(f"{maps}?watch=1", Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    first, second = (json.loads(response.readline())["object"] for _ in range(2))
    assert [first["rows"][0]["cells"][0], second["rows"][0]["cells"][0]] == ["a", "b"]
    assert first["columnDefinitions"]
    assert not second["columnDefinitions"]
    client.close()
    accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    told = json.loads(client.stream(f"{maps}?watch=1", Accept=accept).readline())
    assert (told["object"]["kind"], told["object"]["metadata"]["name"]) == ("PartialObjectMetadata", "a")


def test_a_watch_ends_when_its_time_is_over(client, maps):
    assert client.stream(f"{maps}?watch=1&timeoutSeconds=1").read() == b""
    assert client.get("/readyz").raw == b"ok"  # the connection is still good


def test_a_watch_from_a_compacted_revision_must_list_again(tmp_path):
    with running_server(tmp_path, durable=False) as server, Client(server) as client:
        create(server, "default", "a", "b", "c")

        async def compact():
            server.store.compact(server.store.revision)

        server.call(compact())
        refused = client.get("/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=1")
        assert (refused.status, refused.json["reason"]) == (410, "Expired")


@pytest.fixture
def quick(tmp_path):
    """A server whose watches are impatient: bookmarks at once, a stalled client is cut off soon."""
    with running_server(tmp_path, durable=False) as server:
        server.server.streams._bookmark_seconds = 0.05
        server.server.streams._stall_seconds = 0.3
        yield server


def open_watches(server):
    async def count():
        return len(server.server.streams)

    return server.call(count())


def until(condition, seconds=10.0):
    """Wait on the server's loop, which is where what we wait for happens."""
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"


MAPS = "/api/v1/namespaces/default/configmaps"


def test_an_idle_watch_is_told_how_far_it_has_come_if_it_asked(quick):
    create(quick, "default", "a")
    with Client(quick) as client:
        response = client.stream(f"{MAPS}?watch=1&resourceVersion=1&allowWatchBookmarks=true")
        seen = [json.loads(response.readline()) for _ in range(2)]
    assert [line["type"] for line in seen] == ["ADDED", "BOOKMARK"]
    assert seen[1]["object"]["metadata"] == {"resourceVersion": seen[0]["object"]["metadata"]["resourceVersion"]}


def test_a_client_that_leaves_is_noticed_without_an_event(quick):
    with Client(quick) as client:
        client.stream(f"{MAPS}?watch=1")
        until(lambda: open_watches(quick) == 1)
    until(lambda: open_watches(quick) == 0)


def test_a_client_that_reads_nothing_is_cut_off_and_costs_the_others_nothing(quick):
    context = client_context(quick.pki)
    raw = socket.create_connection(("127.0.0.1", quick.port), timeout=10)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with context.wrap_socket(raw, server_hostname="localhost") as lazy, Client(quick) as client:
        lazy.sendall(f"GET {MAPS}?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        until(lambda: open_watches(quick) == 1)
        kind = quick.api.registry.get("v1/ConfigMap")

        async def flood(start):
            for number in range(start, start + 20):
                value = {"metadata": {"name": f"m{number}"}, "data": {"k": "x" * 500_000}}
                await quick.api.create(kind, "default", value, SYSTEM)

        for start in range(0, 80, 20):
            quick.call(flood(start))
        assert client.get("/readyz").status == 200
        until(lambda: open_watches(quick) == 0)


def test_a_server_that_stops_ends_its_watches_between_two_events(tmp_path):
    with running_server(tmp_path, durable=False) as server:
        client = Client(server)
        create(server, "default", "a")
        response = client.stream(f"{MAPS}?watch=1")
        assert event(response) == ("ADDED", "a")
    assert response.read() == b""  # ended as HTTP ends a stream: nothing was cut
    client.close()
