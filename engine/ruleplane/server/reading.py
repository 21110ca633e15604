"""Reading objects: one, a page of many, or everything that happens to them.

What is read has been made durable first: a client that was shown a revision must be able to go on from it after a
crash. Where the disk is full reads go on without. :mod:`ruleplane.server.resources` calls these.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ruleplane.errors import StoreFull
from ruleplane.server.query import list_query
from ruleplane.server.respond import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.web import Response, StreamResponse

    from ruleplane.api.verbs import Api
    from ruleplane.api.watching import Change, Watching
    from ruleplane.model.kind import Kind
    from ruleplane.server.app import Ask
    from ruleplane.server.paths import ResourcePath
    from ruleplane.server.streams import Streams
    from ruleplane.server.views import Views
    from ruleplane.store.base import Store

_MIN_WATCH_SECONDS = 1800.0  # as Kubernetes: between this and twice it, so that clients do not come back all at once


class Reading:
    """Answers get, list and watch."""

    def __init__(self, api: Api, store: Store, views: Views, streams: Streams) -> None:
        self._api, self._store, self._views, self._streams = api, store, views, streams

    async def get(self, ask: Ask, path: ResourcePath, kind: Kind) -> Response:
        """One object, or a part of it."""
        entry = await self._api.get(kind, path.namespace, path.name, path.subresource)
        await self._settled(entry.revision)
        return answer(self._views.object(ask, kind, entry), ask.form, pretty=ask.pretty)

    async def list(self, ask: Ask, path: ResourcePath, kind: Kind) -> Response:
        """A page of objects."""
        page = await self._api.list(kind, path.namespace, list_query(ask.query))
        await self._settled(page.revision)
        return await self._views.list(ask, kind, page)

    async def watch(self, ask: Ask, path: ResourcePath, kind: Kind) -> StreamResponse:
        """What happens to objects, as a stream."""
        query = list_query(ask.query)
        if path.name:
            query = replace(query, field_selector=f"metadata.name={path.name}")
        seconds = ask.query.integer("timeoutSeconds") or 0

        async def start(wake: Callable[[], None]) -> _Source:
            watching = await self._api.watch(kind, path.namespace, query, wake)
            return _Source(self, watching, self._views.line(ask, kind), query.allow_bookmarks)

        timeout = float(seconds) if seconds > 0 else random.uniform(1, 2) * _MIN_WATCH_SECONDS
        return await self._streams.serve(ask.request, ask.connection, start, "application/json", timeout, kind.ref)

    async def settled(self) -> None:
        """Return once everything written until now would survive the process being killed."""
        await self._settled(self._store.revision)

    async def _settled(self, revision: int) -> None:
        with suppress(StoreFull):  # it can still be read, and nothing newer can be written
            await self._store.durable(revision)


class _Source:
    """A watch's lines, in the form that its client wants."""

    __slots__ = ("_bookmarks", "_line", "_reading", "_watching")

    def __init__(self, reading: Reading, watching: Watching, line: Callable[[Change], bytes], bookmarks: bool) -> None:
        self._reading, self._watching, self._line, self._bookmarks = reading, watching, line, bookmarks

    def take(self) -> list[Change]:
        """What happened since the last take. Expired: the client must list again."""
        return self._watching.take()

    def line(self, change: Change) -> bytes:
        """One event as it is sent."""
        return self._line(change)

    async def settled(self) -> None:
        """See :meth:`ruleplane.server.streams.Source.settled`."""
        await self._reading.settled()

    def bookmark(self) -> Change | None:
        """How far the client has come, if it wants to know."""
        return self._watching.bookmark() if self._bookmarks else None

    def close(self) -> None:
        """Follow no longer."""
        self._watching.close()
