"""One client connection: aiohttp's protocol, plus what we remember between its requests.

aiohttp tells a handler of a lost client only when it writes; a watch with nothing to write would live on. ``on_lost``
is called at once. :mod:`ruleplane.server.serve` makes these; :mod:`ruleplane.server.app` and ``streams`` read them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ruleplane.api.call import User

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Connection(web.RequestHandler):
    """``user`` is who the connection's certificate names, once asked; ``on_lost`` is called when the client is gone."""

    __slots__ = ("_factory", "on_lost", "user")

    def __init__(self, factory: ConnectionFactory, **options: Any) -> None:
        super().__init__(factory, **options)
        self._factory = factory
        self.user: User | None = None
        self.on_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        self._factory.opened(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See :class:`asyncio.Protocol`."""
        super().connection_lost(exc)
        self._factory.closed(self)
        if self.on_lost is not None:
            self.on_lost()


class ConnectionFactory(web.Server):
    """Makes a :class:`Connection` per client, and knows those that are open."""

    def __init__(self, handler: Handler, *, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        super().__init__(handler, loop=loop, **options)
        self._open: set[Connection] = set()
        self._all_closed = asyncio.Event()

    def __call__(self) -> Connection:
        """See :meth:`asyncio.loop.create_server`."""
        return Connection(self, loop=self._loop, **self._kwargs)

    def opened(self, connection: Connection) -> None:
        """A client has connected."""
        self._open.add(connection)

    def closed(self, connection: Connection) -> None:
        """A client's connection is closed."""
        self._open.discard(connection)
        if not self._open:
            self._all_closed.set()

    async def drain(self, seconds: float) -> None:
        """Wait until every connection is closed (what was written has then been sent); cut off what takes longer."""
        self._all_closed.clear()
        if not self._open:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._all_closed.wait()
        except TimeoutError:
            for connection in list(self._open):
                if connection.transport is not None:
                    connection.transport.abort()
