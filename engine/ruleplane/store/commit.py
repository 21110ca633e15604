"""When the journal is committed, inside an event loop.

A commit waits for the disk, and the loop with it: so as few commits as possible, and no client kept waiting for
company. Somebody waits -> commit at the loop's next turn, so that all requests of one turn share one commit. Nobody
waits (rules write) -> commit when the batch is full (sqlite.py), or a little later. Called by controlplane,
once per store.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ruleplane.errors import StoreError

if TYPE_CHECKING:
    from ruleplane.store.sqlite import SqliteStore

LINGER = 0.02  # seconds that writes nobody waits for may stay uncommitted
_PAUSE = 0.02  # seconds between two slices of cleaning up after a compaction


class Committer:
    """Attaches itself to ``store`` and flushes it on the running loop. ``keep``: revisions of history to keep
    readable (0: all)."""

    def __init__(self, store: SqliteStore, *, keep: int = 0) -> None:
        self._store, self._keep = store, keep
        self._loop = asyncio.get_running_loop()
        self._waiters: list[asyncio.Future[None]] = []
        self._soon: asyncio.Handle | None = None
        self._later: asyncio.TimerHandle | None = None
        store.attach(self)
        if store.unflushed:
            self.written()

    def written(self) -> None:
        """There is something to flush, sooner or later."""
        if self._later is None and self._soon is None:
            self._later = self._loop.call_later(LINGER, self._commit)

    async def committed(self) -> None:
        """Return after the next flush. StoreFull if it failed."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        if self._soon is None:
            self._soon = self._loop.call_soon(self._commit)
        await waiter

    def close(self) -> None:
        """Flush now, wake everybody, detach. The store stays open. StoreFull if the flush failed. Idempotent."""
        self._store.attach(None)
        self._cancel()
        error = self._flush()
        if error is not None:
            raise error

    def _commit(self) -> None:
        self._cancel()
        error = self._flush()
        if error is None and self._keep:
            self._store.keep(self._keep)
        # where the disk is full, the next attempt belongs to the next writer
        if error is None and self._store.unflushed and self._later is None:
            self._later = self._loop.call_later(_PAUSE, self._commit)

    def _flush(self) -> StoreError | None:
        """Flush and tell those who wait; the error is theirs, and the store remembers it for the next writer."""
        error = None
        try:
            self._store.flush()
        except StoreError as refusal:
            error = refusal
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if waiter.done():  # its request has gone away
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(type(error)(str(error)))  # one each: a raised exception collects tracebacks
        return error

    def _cancel(self) -> None:
        for handle in (self._soon, self._later):
            if handle is not None:
                handle.cancel()
        self._soon = self._later = None
