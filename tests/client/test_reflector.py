"""What a reflector tells, over HTTPS, while the server forgets, hangs up and refuses."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest

from ruleplane.client import listing as module
from ruleplane.client.connection import Connection
from ruleplane.client.credentials import Credentials
from ruleplane.client.reflector import Reflector
from ruleplane.clock import RealClock
from ruleplane.errors import ServiceUnavailable
from support.apiserver import SYSTEM, running_server
from support.runs import until


class Line(Connection):
    """A connection that can be cut: ``down`` requests fail, a watch ends after ``cut`` events."""

    down, cut, lists = 0, 0, 0
    before_page = None
    watched: list[str]

    async def ask(self, method, path, **more):
        if self.down:
            self.down -= 1
            raise ServiceUnavailable("no route to host")
        query = more.get("query") or {}
        if "continue" in query and self.before_page:
            page, self.before_page = self.before_page, None
            await asyncio.to_thread(page)
        self.lists += "limit" in query and "continue" not in query
        return await super().ask(method, path, **more)

    async def watch(self, path, query, seconds, accept="application/json"):
        self.watched.append(query["resourceVersion"])
        async for event in super().watch(path, query, seconds, accept):
            yield event
            if self.cut:
                self.cut -= 1
                if not self.cut:
                    raise ServiceUnavailable("connection reset")


class Told:
    """The sink, and what is done while the reflector backs off."""

    def __init__(self):
        self.changes, self.revisions, self.slept, self.meanwhile = [], [], [], None

    def changed(self, kind, key, obj, revision, event):
        self.changes.append((event, key.partition("/")[2], revision, obj))

    def reached(self, kind, revision):
        self.revisions.append(revision)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            await asyncio.to_thread(meanwhile)

    def names(self):
        return [(event, name) for event, name, *_ in self.changes]


@pytest.fixture
def server(tmp_path):
    with running_server(tmp_path, durable=False) as started:
        yield started


def make(server, *names):
    for name in names:
        server.create("v1/ConfigMap", {"metadata": {"name": name}, "data": {"a": "b"}}, "default")


def forget(server):
    """Write something, and let the server forget how it came so far."""
    make(server, "newest")

    async def compact():
        server.store.compact(server.store.revision)

    server.call(compact())


@asynccontextmanager
async def following(server, **more):
    credentials = await Credentials.load(str(server.kubeconfig), "", RealClock())
    told = Told()
    async with Line(credentials, RealClock()) as line:
        line.watched = []
        kind = server.api.registry.get("v1/ConfigMap")
        one = Reflector(line, kind, told, Random(1), namespace="default", sleep=told.sleep, **more)
        task = None

        def start():
            nonlocal task
            task = asyncio.create_task(one.run())
            return task

        try:
            yield one, told, line, start
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_a_watch_that_is_dropped_goes_on_where_it_was_without_a_gap_or_a_twin(server):
    async def scenario():
        make(server, "a")
        async with following(server) as (one, told, line, start):
            line.cut = 2
            task = start()
            await until(lambda: one.synced, task)
            await asyncio.to_thread(make, server, "b")
            told.meanwhile = lambda: make(server, "d")
            await asyncio.to_thread(make, server, "c")
            await until(lambda: len(told.changes) == 4, task)
            await asyncio.to_thread(make, server, "e")
            await until(lambda: len(told.changes) == 5, task)
            assert told.names() == [("ADDED", name) for name in "abcde"]
            assert line.lists == 1
            assert line.watched == [str(told.revisions[0]), str(told.changes[2][2])]

    asyncio.run(scenario())


def test_what_was_deleted_while_the_server_forgot_is_told_by_the_next_list(server):
    def meanwhile():
        kind = server.api.registry.get("v1/ConfigMap")
        server.call(server.api.delete(kind, "default", "b", None, SYSTEM))
        forget(server)

    async def scenario():
        make(server, "a", "b")
        async with following(server) as (one, told, line, start):
            line.cut, told.meanwhile = 1, meanwhile
            task = start()
            await until(lambda: one.synced, task)
            await asyncio.to_thread(make, server, "c")
            await until(lambda: ("ADDED", "newest") in told.names(), task)
            assert told.names() == [
                *(("ADDED", name) for name in "abc"),
                ("DELETED", "b"),
                ("ADDED", "newest"),
            ]
            assert line.lists == 2
            assert told.changes[3][3] is None

    asyncio.run(scenario())


def test_a_list_whose_pages_expire_is_begun_anew(server, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)

    async def scenario():
        make(server, "a", "b", "c")
        async with following(server) as (one, told, line, start):
            line.before_page = lambda: forget(server)
            await until(lambda: one.synced, start())
            assert told.names() == [("ADDED", name) for name in ("a", "b", "c", "newest")]
            assert line.lists == 2

    asyncio.run(scenario())


def test_it_waits_longer_after_each_failure_and_begins_small_when_it_works_again(server):
    async def scenario():
        async with following(server) as (one, told, line, start):
            line.down = 8
            task = start()
            await until(lambda: one.synced, task)
            least = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]
            assert all(low <= slept <= 2 * low for low, slept in zip(least, told.slept, strict=True))
            assert (one.failures, one.trouble) == (0, "")

    asyncio.run(scenario())


def test_of_partial_objects_only_the_metadata_is_told_under_their_own_kind(server):
    async def scenario():
        make(server, "a")
        async with following(server, partial=True) as (one, told, _, start):
            task = start()
            await until(lambda: one.synced, task)
            await asyncio.to_thread(make, server, "b")
            await until(lambda: len(told.changes) == 2, task)
            for _, name, _, obj in told.changes:
                assert sorted(obj) == ["apiVersion", "kind", "metadata"]
                assert (obj["apiVersion"], obj["kind"], obj["metadata"]["name"]) == ("v1", "ConfigMap", name)

    asyncio.run(scenario())


def test_a_bookmark_moves_the_revision_past_what_happened_to_other_kinds(server, monkeypatch):
    monkeypatch.setattr(server.server.streams, "_bookmark_seconds", 0.05)

    async def scenario():
        async with following(server) as (one, told, line, start):
            task = start()
            await until(lambda: one.synced, task)
            data = {"metadata": {"name": "other"}, "data": {}}
            made = await asyncio.to_thread(server.create, "v1/Secret", data, "default")
            revision = int(made["metadata"]["resourceVersion"])
            await until(lambda: told.revisions[-1] >= revision, task)
            line.cut = 1  # the next bookmark is the last event
            await until(lambda: len(line.watched) == 2, task)
            assert int(line.watched[1]) >= revision
            assert (told.changes, line.lists) == ([], 1)

    asyncio.run(scenario())
