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

import logging
from contextlib import aclosing
from typing import Any

from ruleplane.client.follower import LEAST, Follower, key_of
from ruleplane.client.refusal import refused
from ruleplane.errors import ApiError, Expired, Gone

_LOG = logging.getLogger("ruleplane.client")
WATCH_SECONDS = 300  # a watch is asked for so long, up to twice: not all of them end at once
_JSON = "application/json"
_PARTIAL = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1"


class Reflector(Follower):
    """One kind. ``partial``: metadata only. ``namespace``: only that one's objects ("": all)."""

    def __init__(self, *args: Any, partial: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self._partial = partial
        self._revision = ""  # "": list first

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

    async def list(self) -> None:
        """Tell what there is, and of what was told before, what is gone. Raises ApiError."""
        found, revision = await self._pages(f"{_PARTIAL.format(list='List')},{_JSON}" if self._partial else _JSON)
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
                    key = key_of(obj)
                    self._known.pop(key, None)
                    self._sink.changed(self.kind, key, None, int(revision), change)
                else:
                    self._told(key_of(obj), self._named(obj), change)
                self._revision = revision
        return heard

    def _told(self, key: str, obj: dict[str, Any], event: str) -> None:
        revision = obj["metadata"]["resourceVersion"]
        if self._known.get(key) != revision:
            self._known[key] = revision
            self._sink.changed(self.kind, key, obj, int(revision), event)
