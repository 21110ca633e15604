"""What a server holds of a kind that it lists, and lets nobody watch: listed anew every so often (metrics).

The objects of such a kind are made when they are asked for, and have no resourceVersion: what counts as a revision here
is the number of the list. Only relations with `every` may read them, so that nobody waits to be woken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.client.follower import Follower
from ruleplane.errors import ApiError

if TYPE_CHECKING:
    from ruleplane.client.connection import Connection
    from ruleplane.client.follower import Sink
    from ruleplane.model.kind import Kind


class Poller(Follower):
    """One kind, listed every ``every`` seconds. The rest is as :class:`Follower` takes it."""

    def __init__(self, connection: Connection, kind: Kind, sink: Sink, every: float, *rest: Any, **more: Any) -> None:
        super().__init__(connection, kind, sink, *rest, **more)
        self._every = every
        self._lists = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self.list()
            except ApiError as error:
                await self._wait(error)
            else:
                await self._sleep(self._every)

    async def list(self) -> None:
        """Tell what differs from the last list. Raises ApiError; what was told before then stays."""
        found, _ = await self._pages("application/json")
        self._lists += 1
        for key in [key for key in self._known if key not in found]:
            del self._known[key]
            self._sink.changed(self.kind, key, None, self._lists, "DELETED")
        for key, obj in found.items():
            before = self._known.get(key)
            if before != obj:
                self._known[key] = obj
                self._sink.changed(self.kind, key, obj, self._lists, "ADDED" if before is None else "MODIFIED")
        self._sink.reached(self.kind, self._lists)
        self._well()
        self.synced = True
