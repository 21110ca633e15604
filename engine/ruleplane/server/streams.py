"""Watches over HTTP: one JSON line per event, for as long as client and server like.

One task per connection (the request's own), none per event: the store wakes it, it takes everything there is, and
writes it as one chunk. Nothing is buffered for a slow client: its cursor stays behind in the store's log, and once
that has been compacted the client gets 410 and lists again; one that takes nothing at all for a minute is cut off.
:mod:`ruleplane.server.resources` opens the watch and calls :meth:`Streams.serve`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

import orjson
from aiohttp import web

from ruleplane.errors import ApiError, InternalError
from ruleplane.server.respond import api_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ruleplane.api.watching import Change
    from ruleplane.server.connection import Connection

_log = logging.getLogger("ruleplane.server")
BOOKMARK_SECONDS = 60.0
STALL_SECONDS = 60.0
_BATCH = 500  # events per chunk: a snapshot of thousands does not become one string


class Source(Protocol):
    """Where events come from; ``reading`` makes one per watch, in the form that the client wants."""

    def take(self) -> Sequence[Change]:
        """The events since the last take; none if there are none now. ApiError or StoreError ends the watch."""

    def line(self, change: Change) -> bytes:
        """One event as it is sent, with its end of line."""

    async def settled(self) -> None:
        """Return once what was taken would survive the process being killed."""

    def bookmark(self) -> Change | None:
        """An event that tells how far the client has come, ``None`` where it did not ask for such."""

    def close(self) -> None:
        """Follow no longer."""


class Streams:
    """Every watch that is open, so that a server that stops can end them all."""

    def __init__(self, bookmark_seconds: float = BOOKMARK_SECONDS, stall_seconds: float = STALL_SECONDS) -> None:
        self._bookmark_seconds, self._stall_seconds = bookmark_seconds, stall_seconds
        self._open: set[_Stream] = set()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    async def serve(
        self,
        request: web.BaseRequest,
        connection: Connection,
        start: Callable[[Callable[[], None]], Awaitable[Source]],
        content_type: str,
        timeout_seconds: float,
        subject: str = "",
    ) -> web.StreamResponse:
        """Stream what ``start(wake)`` yields until ``timeout_seconds`` are over, the client leaves or we stop.
        ``subject``: what :meth:`finish` names it by.

        Raises:
            ApiError, StoreError: the watch could not be opened; nothing was sent.
        """
        stream = _Stream(request, subject)
        source = await start(stream.wake.set)
        headers = {"Content-Type": content_type, "Cache-Control": "no-cache, private"}
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(timeout_seconds, stream.end)
        self._open.add(stream)
        connection.on_lost = stream.end
        stream.ended = self._stopping
        try:
            await response.prepare(request)
            await self._pump(stream, source, response)
            if not stream.lost:
                await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            if not stream.lost:
                raise
        finally:
            connection.on_lost = None
            self._open.discard(stream)
            source.close()
            timer.cancel()
        return response

    async def _pump(self, stream: _Stream, source: Source, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        stream.bookmark_at = loop.time() + self._bookmark_seconds
        while not stream.ended:
            stream.wake.clear()
            try:
                changes = source.take() or self._due(source, loop.time(), stream)
                if changes:
                    await source.settled()
            except Exception as error:
                refusal = api_error(error)
                if refusal is not error and isinstance(refusal, InternalError):
                    _log.exception("the watch %s failed", stream.path)
                await self._write(stream, response, error_line(refusal))
                return
            for start in range(0, len(changes), _BATCH):
                await self._write(stream, response, b"".join(map(source.line, changes[start : start + _BATCH])))
            if changes:
                continue
            if stream.ending:
                return
            timer = loop.call_at(stream.bookmark_at, stream.wake.set)
            await stream.wake.wait()
            timer.cancel()

    def _due(self, source: Source, now: float, stream: _Stream) -> Sequence[Change]:
        """A bookmark, if it is time for one."""
        if now < stream.bookmark_at:
            return ()
        stream.bookmark_at = now + self._bookmark_seconds
        bookmark = source.bookmark()
        return () if bookmark is None else (bookmark,)

    async def _write(self, stream: _Stream, response: web.StreamResponse, data: bytes) -> None:
        guard = asyncio.get_running_loop().call_later(self._stall_seconds, stream.abort)
        try:
            await response.write(data)
        finally:
            guard.cancel()

    def finish(self, subject: str) -> None:
        """End the watches of what will change no more, after what has happened to it."""
        for stream in self._open:
            if stream.subject == subject:
                stream.ending = True
                stream.wake.set()

    def stop(self) -> None:
        """End every watch, present and future, between two events."""
        self._stopping = True
        for stream in list(self._open):
            stream.end()


class _Stream:
    """``wake`` is set when there may be something to do; ``ending``: do what there is; ``ended``: do no more."""

    __slots__ = ("_request", "bookmark_at", "ended", "ending", "subject", "wake")

    def __init__(self, request: web.BaseRequest, subject: str) -> None:
        self._request, self.subject = request, subject
        self.bookmark_at = 0.0
        self.wake = asyncio.Event()
        self.ended = self.ending = False

    @property
    def path(self) -> str:
        """What is watched, for messages."""
        return self._request.raw_path

    @property
    def lost(self) -> bool:
        """Whether the client is gone."""
        return self._request.transport is None or self._request.transport.is_closing()

    def end(self) -> None:
        """Stop at the next opportunity."""
        self.ended = True
        self.wake.set()

    def abort(self) -> None:
        """Cut off a client that takes nothing."""
        self.end()
        if self._request.transport is not None:
            self._request.transport.abort()


def error_line(error: ApiError) -> bytes:
    """The ERROR event that tells a client why its watch ends."""
    return b'{"type":"ERROR","object":%b}\n' % orjson.dumps(error.status())
