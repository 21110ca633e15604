"""The default store: everything in memory (memory.py), and a journal on disk (journal.py).

Flow: ``txn`` applies in memory at once and puts the rows into a pending batch; ``flush`` commits the batch;
``durable`` returns when that has happened. Who flushes: commit.py where an event loop runs; without one, ``durable``,
and ``txn`` every 100 rows.

Guarantees: what ``durable`` has returned for survives ``kill -9`` at any instant and, as far as the disk keeps its
word, a power failure; a crash loses at most a suffix of revisions that nobody was told. History between the compacted
revision and now survives too, so a watch goes on across a restart without a gap.

When the disk is full, the changes that could not be committed stay visible in memory (rules have acted on them and
cannot forget) but are refused: ``durable`` raises StoreFull for them, and so does every later ``txn``, until a flush
succeeds; every ``txn`` tries. If the process ends before, they never happened.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ruleplane.errors import FutureRevision, StoreError
from ruleplane.store.journal import Journal, dead_row, row_of
from ruleplane.store.lock import DirectoryLock
from ruleplane.store.memory import MemoryStore
from ruleplane.store.restore import restore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.store.base import Compare, Op, TxnResult, WatchEvent
    from ruleplane.store.journal import Dead, Row

FILE = "store.db"
BATCH = 100  # rows; more gain little (29,000 rows/s) and block longer
TRIM = 256  # dead rows removed per flush: some 3 ms
_FRESH = 1_000  # events whose previous objects stay decoded for watches that filter


class FlushPolicy(Protocol):
    """Decides when to flush (commit.py)."""

    def written(self) -> None:
        """There is something to flush."""

    async def committed(self) -> None:
        """Return after the next flush. Raises what it raised."""


class SqliteStore(MemoryStore):
    """See :class:`~ruleplane.store.base.Store`. ``directory`` is created if missing, and held until :meth:`close`.

    Raises:
        StoreInUse, StoreTooNew, StoreDamaged: as their names say; the message names the way out.
        StoreError: the directory cannot be used (permissions, not a directory).
    """

    def __init__(self, directory: Path | str) -> None:
        super().__init__()
        self.directory = Path(directory)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot use the data directory {self.directory}: {error.strerror}") from error
        self._policy: FlushPolicy | None = None
        self._pending: list[Row] = []
        self._refusal: StoreError | None = None
        self._packed = 0  # position in the log up to which superseded entries are packed
        self._lock = DirectoryLock(self.directory)
        self._closed = False
        try:
            self._journal = Journal(self.directory / FILE)
            try:
                self._dead: deque[Dead] = deque(restore(self, self._journal))
            except BaseException:
                self._journal.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        self._durable = self._revision
        self._packed = len(self._log.events)  # all of them, as restored

    def attach(self, policy: FlushPolicy | None) -> None:
        """Leave it to ``policy`` when to flush; None: to ``durable`` and to every 100th row."""
        self._policy = policy

    @property
    def durable_revision(self) -> int:
        """The last revision that would survive the process being killed."""
        return self._durable

    @property
    def unflushed(self) -> bool:
        """Whether a flush has something to do."""
        return bool(self._pending or self._dead or self._compacted != self._journal.compacted)

    @property
    def waiting(self) -> int:
        """Rows waiting for a flush."""
        return len(self._pending)

    # --- writing ----------------------------------------------------------------------------------------------------

    async def txn(self, compares: Sequence[Compare], ops: Sequence[Op]) -> TxnResult:
        """See :meth:`Store.txn`. TypeError if a value is not JSON.

        Raises:
            StoreFull: an earlier batch could not be written, nor now; this transaction has not happened.
        """
        if self._closed:
            raise StoreError(f"the store in {self.directory} has been closed")
        if self._refusal is not None:
            self.flush()
        return await super().txn(compares, ops)

    def _apply(self, revision: int, events: Sequence[WatchEvent]) -> None:
        # rows first: what cannot be encoded must not be seen; and before the watches, which may write in turn
        self._pending += [_row(event, place) for place, event in enumerate(events)]
        super()._apply(revision, events)
        if len(self._pending) >= BATCH:
            with suppress(StoreError):  # remembered: durable() and the next txn raise it
                self.flush()
        if self._policy is not None:
            self._policy.written()

    async def durable(self, revision: int) -> None:
        """See :meth:`Store.durable`."""
        if revision <= self._durable:
            return
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        if self._policy is None:
            self.flush()
        else:
            await self._policy.committed()

    def flush(self) -> None:
        """Commit all pending rows, and remove some dead ones.

        Raises:
            StoreFull, StoreDamaged: nothing was committed; everything pending stays pending.
        """
        if self._closed or not self.unflushed:
            return
        rows = self._pending
        dead = [self._dead[i] for i in range(min(TRIM, len(self._dead)))]
        try:
            self._journal.write(rows, dead, self._compacted)
        except StoreError as error:
            self._refusal = error
            raise
        self._refusal = None
        self._pending = []
        self._durable = self._revision
        for _ in dead:
            self._dead.popleft()
        self._pack()

    def _pack(self) -> None:
        """Let go of the decoded values of superseded entries but the latest."""
        log = self._log
        index = max(self._packed - log.base, 0)
        for event in log.events[index : len(log.events) - _FRESH] if len(log.events) > _FRESH else ():
            if event.previous is not None:
                event.previous.pack()
            index += 1
        self._packed = log.base + index

    # --- forgetting -------------------------------------------------------------------------------------------------

    def compact(self, revision: int) -> None:
        """See :meth:`Store.compact`. In memory at once; on disk some rows with every flush."""
        if revision > self._durable:
            with suppress(StoreError):  # remembered
                self.flush()  # a row must be there before it can be removed
        log = self._log
        gone = log.events[: log.after(revision)]
        super().compact(revision)
        for event in gone:
            if event.previous is not None:
                self._dead.append(dead_row(event.previous.revision, event.key))
            if event.entry is None:
                self._dead.append(dead_row(event.revision, event.key))
        if self._policy is not None:
            self._policy.written()

    def close(self) -> None:
        """See :meth:`Store.close`. StoreFull if something could not be made durable; it is closed all the same."""
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            self._journal.close()
            self._lock.release()


class StoppedStore(MemoryStore):
    """What a stopped control plane left behind, to look at: every write is a StoreError."""

    async def txn(self, compares: Sequence[Compare], ops: Sequence[Op]) -> TxnResult:
        """Raises StoreError."""
        raise StoreError("the store has been opened to be read, not written")


def open_readonly(directory: Path | str) -> StoppedStore:
    """The store in ``directory``, loaded and let go of again; nothing in the directory changes.

    Raises:
        StoreInUse: a control plane runs on it: ask that one.
        StoreTooNew, StoreDamaged, StoreError: as :class:`SqliteStore`; StoreError also where there is none.
    """
    directory = Path(directory)
    lock = DirectoryLock(directory, shared=True)
    try:
        journal = Journal(directory / FILE, readonly=True)
        try:
            store = StoppedStore()
            restore(store, journal)
            return store
        finally:
            journal.close()
    finally:
        lock.release()


def _row(event: WatchEvent, place: int) -> Row:
    entry = event.entry
    if entry is None:
        return row_of(event.revision, place, event.key, 0, 0, None)
    return row_of(entry.revision, place, entry.key, entry.created, entry.version, entry.raw)
