"""One client connection: aiohttp's protocol, plus what we remember between its requests.

aiohttp tells a handler of a lost client only when it writes; a watch with nothing to write would live on. ``on_lost``
is called at once. :mod:`ruleplane.server.serve` makes these; :mod:`ruleplane.server.app` and ``streams`` read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.call import User


class Connection(web.RequestHandler):
    """``user`` is who the connection's certificate names, once asked; ``on_lost`` is called when the client is gone."""

    __slots__ = ("on_lost", "user")

    def __init__(self, manager: web.Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self.user: User | None = None
        self.on_lost: Callable[[], None] | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """See :class:`asyncio.Protocol`."""
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()


class ConnectionFactory(web.Server):
    """Makes a :class:`Connection` per client."""

    def __call__(self) -> Connection:
        """See :meth:`asyncio.loop.create_server`."""
        return Connection(self, loop=self._loop, **self._kwargs)
