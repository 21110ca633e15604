"""What a server holds of one kind, kept up to date by list and watch.

Flow: list (in pages, consistent) -> tell what differs from what was told before, deletions too -> watch from the list's
revision, bookmarks included -> at an ordinary end watch again from where it ended; at 410 list again; at an error
after a jittered delay.

Guarantees: a sink is told of each object's states in the order of revisions; some states between two may be left out
(level, not edge). ``synced`` is set when the first list has been told. A list is asked for at resourceVersion "", the
newest: "0" may be answered from the past of another API server's cache, and a decision on what we have already changed
makes twins.

Not here: what the objects mean. The sink is called between awaits, in this task; :mod:`ruleplane.runner` collects and
feeds the loop between two decisions.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.client.paths import collection
from ruleplane.client.refusal import refused
from ruleplane.errors import ApiError, Expired, Gone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from ruleplane.client.connection import Connection
    from ruleplane.model.kind import Kind

_LOG = logging.getLogger("ruleplane.client")
PAGE = 500
WATCH_SECONDS = 300  # a watch is asked for so long, up to twice: not all of them end at once
LEAST, MOST = 0.8, 30.0  # seconds before trying again, as client-go
_JSON = "application/json"
_PARTIAL = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1"


class Sink(Protocol):
    """Who is told."""

    def changed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        """Object ``key`` (``namespace/name``) is now ``obj`` (None: gone)."""

    def reached(self, kind: Kind, revision: int) -> None:
        """Everything of this kind up to ``revision`` has been told."""


class Reflector:
    """One kind. ``partial``: metadata only. ``namespace``: only that one's objects ("": all)."""

    def __init__(
        self,
        connection: Connection,
        kind: Kind,
        sink: Sink,
        random: Random,
        *,
        namespace: str = "",
        partial: bool = False,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self.kind = kind
        self.synced = False
        self.trouble = ""  # why it is not up to date
        self._connection, self._sink, self._random, self._sleep = connection, sink, random, sleep
        self._path = collection(kind, namespace)
        self._partial = partial
        self._known: dict[str, str] = {}  # key -> resourceVersion
        self._revision = ""  # "": list first
        self.failures = 0  # in a row

    def __len__(self) -> int:
        return len(self._known)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                if not self._revision:
                    await self.list()
                if not await self.watch():
                    await self._sleep(LEAST * (1 + self._random.random()))  # never spin against a server that hangs up
            except (Expired, Gone) as error:
                _LOG.debug("%s: listing again: %s", self.kind.ref, error)
                again, self._revision = bool(self._revision), ""
                if not again:  # even a new list is not answered
                    await self._wait(error)
            except ApiError as error:
                await self._wait(error)

    async def _wait(self, error: ApiError) -> None:
        """Let an error pass, longer each time."""
        if error.message != self.trouble:
            _LOG.warning("following %s: %s", self.kind.ref, error.message)
        self.trouble = error.message
        delay = min(LEAST * 2**self.failures, MOST)
        self.failures = min(self.failures + 1, 10)
        await self._sleep(delay * (1 + self._random.random()))

    def _well(self) -> None:
        if self.trouble:
            _LOG.warning("following %s: it works again", self.kind.ref)
        self.trouble, self.failures = "", 0

    async def list(self) -> None:
        """Tell what there is, and of what was told before, what is gone. Raises ApiError."""
        query = {"limit": str(PAGE)}
        found: dict[str, dict[str, Any]] = {}
        accept = f"{_PARTIAL.format(list='List')},{_JSON}" if self._partial else _JSON
        while True:
            answer = await self._connection.ask("GET", self._path, query=query, accept=accept)
            for obj in answer.get("items") or ():
                found[_key(obj)] = self._named(obj)
            metadata = answer.get("metadata") or {}
            if not metadata.get("continue"):
                break
            query["continue"] = metadata["continue"]
        revision = metadata["resourceVersion"]
        for key in [key for key in self._known if key not in found]:
            del self._known[key]
            self._sink.changed(self.kind, key, None, int(revision), "DELETED")
        for key, obj in found.items():
            self._told(key, obj, "MODIFIED" if key in self._known else "ADDED")
        self._sink.reached(self.kind, int(revision))
        self._revision = revision
        self._well()
        self.synced = True

    async def watch(self) -> bool:
        """Tell what happens, until the server ends the watch; whether anything did. Raises ApiError; Expired where too
        much was missed."""
        seconds = WATCH_SECONDS + self._random.randrange(WATCH_SECONDS)
        query = {
            "watch": "true",
            "resourceVersion": self._revision,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }
        accept = f"{_PARTIAL.format(list='')},{_JSON}" if self._partial else _JSON
        heard = False
        events = self._connection.watch(self._path, query, seconds + 30, accept)
        async with aclosing(events):
            async for event in events:
                change, obj = event["type"], event["object"]
                if change == "ERROR":
                    raise refused(obj)
                if not heard:
                    heard = True
                    self._well()
                revision = obj["metadata"]["resourceVersion"]
                if change == "BOOKMARK":
                    self._sink.reached(self.kind, int(revision))
                elif change == "DELETED":
                    key = _key(obj)
                    self._known.pop(key, None)
                    self._sink.changed(self.kind, key, None, int(revision), change)
                else:
                    self._told(_key(obj), self._named(obj), change)
                self._revision = revision
        return heard

    def _told(self, key: str, obj: dict[str, Any], event: str) -> None:
        revision = obj["metadata"]["resourceVersion"]
        if self._known.get(key) != revision:
            self._known[key] = revision
            self._sink.changed(self.kind, key, obj, int(revision), event)

    def _named(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Items of a list do not tell their kind, and partial objects tell another one."""
        return {**obj, "apiVersion": self.kind.api_version, "kind": self.kind.kind}


def _key(obj: dict[str, Any]) -> str:
    metadata = obj["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
