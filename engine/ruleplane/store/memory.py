"""The versioned store in memory: what specs and tests run on, and what the SQLite store reads from.

It is not durable, and knows neither kinds nor clocks nor event loops: every method returns without waiting. History is
the log: an event holds what was there before, so the past is the present with the later events undone, and compaction
is nothing but forgetting old events. Called by api/ (as a Store), by specs, by store/sqlite.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ruleplane.errors import Compacted, FutureRevision
from ruleplane.store.base import Entry, Listing, Put, Store, TxnResult, Watch, WatchEvent
from ruleplane.store.bucket import Bucket, bucket_of
from ruleplane.store.log import Cursor, Log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ruleplane.store.base import Compare, Json, Op

Keys: TypeAlias = list[str]  # named here: inside the class, `list` is a verb
Cursors: TypeAlias = list[Cursor]


class MemoryStore(Store):
    """See :class:`~ruleplane.store.base.Store`."""

    def __init__(self) -> None:
        self._revision = 0
        self._compacted = 0
        self._entries: dict[str, Entry] = {}
        self._buckets: dict[str, Bucket] = {}
        self._log = Log()  # of everything

    @property
    def revision(self) -> int:
        """See :attr:`Store.revision`."""
        return self._revision

    @property
    def compacted(self) -> int:
        """See :attr:`Store.compacted`."""
        return self._compacted

    # --- reading ----------------------------------------------------------------------------------------------------

    async def get(self, key: str, revision: int = 0) -> Entry | None:
        """See :meth:`Store.get`. A revision of the past costs a look at each later event of the bucket."""
        if revision:
            self._check(revision)
            log = self._bucket(key).log
            for event in log.events[log.after(revision) :]:
                if event.key == key:
                    return event.previous
        return self._entries.get(key)

    async def list(self, prefix: str, *, revision: int = 0, start: str = "", limit: int = 0) -> Listing:
        """See :meth:`Store.list`."""
        if revision and revision != self._revision:
            self._check(revision)
            return self._list_past(prefix, revision, start, limit)
        keys = self._keys(prefix, start)
        page = keys[:limit] if limit else keys
        entries = list(map(self._entries.__getitem__, page))
        if len(page) == len(keys):
            return Listing(entries, self._revision)
        return Listing(entries, self._revision, keys[limit], len(keys) - limit)

    def _list_past(self, prefix: str, revision: int, start: str, limit: int) -> Listing:
        undone: dict[str, Entry | None] = {}  # what the keys written later held at `revision`
        log = self._log_of(prefix)
        for event in log.events[log.after(revision) :]:
            if event.key.startswith(prefix) and event.key >= start:
                undone.setdefault(event.key, event.previous)
        keys = [key for key in self._keys(prefix, start) if key not in undone]
        keys += [key for key, entry in undone.items() if entry is not None]
        keys.sort()
        page = keys[:limit] if limit else keys
        entries = [undone.get(key) or self._entries[key] for key in page]
        if len(page) == len(keys):
            return Listing(entries, revision)
        return Listing(entries, revision, keys[limit], len(keys) - limit)

    def _keys(self, prefix: str, start: str) -> Keys:
        name = bucket_of(prefix)
        if name:
            bucket = self._buckets.get(name)
            return bucket.keys(prefix, start) if bucket is not None else []
        return sorted(key for bucket in self._buckets.values() for key in bucket.keys(prefix, start))

    def _check(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        if revision < self._compacted:
            raise Compacted(revision, self._compacted)

    # --- writing ----------------------------------------------------------------------------------------------------

    async def txn(self, compares: Sequence[Compare], ops: Sequence[Op]) -> TxnResult:
        """See :meth:`Store.txn`. ValueError if two ops name one key: what should hold then?"""
        find = self._entries.get
        for compare in compares:
            now = find(compare.key)
            if (now.revision if now is not None else 0) != compare.revision:
                return TxnResult(False, self._revision, tuple([find(compare.key) for compare in compares]))
        if len(ops) > 1 and len({op.key for op in ops}) < len(ops):
            raise ValueError(f"a transaction names a key twice: {', '.join(op.key for op in ops)}")
        revision = self._revision + 1
        # all events first, then all changes: an op that cannot be done leaves nothing half done
        events = [event for op in ops if (event := _event(op, find(op.key), revision)) is not None]
        if events:
            self._apply(revision, events)
        if len(events) == len(ops):
            written = tuple([event.entry or event.previous for event in events])
        else:
            by_key = {event.key: event.entry or event.previous for event in events}
            written = tuple([by_key.get(op.key) for op in ops])
        return TxnResult(True, self._revision, written)

    async def durable(self, revision: int) -> None:
        """Nothing in memory outlives the process: what is written is as durable as it will be."""

    def _apply(self, revision: int, events: Sequence[WatchEvent]) -> None:
        """Make ``events``, all of ``revision``, the present; then tell the watches."""
        self._revision = revision
        entries, everything = self._entries, self._log
        woken: Cursors = []
        for event in events:
            key, entry = event.key, event.entry
            bucket = self._bucket(key)
            if entry is None:
                del entries[key]
                bucket.unsettled.add(key)
            else:
                entries[key] = entry
                if event.previous is None:
                    bucket.unsettled.add(key)
            bucket.log.append(event, woken)
            everything.append(event, woken)
        for cursor in woken:
            if not cursor.closed:
                cursor.notify()

    # --- for restore.py ---------------------------------------------------------------------------------------------

    def adopt(self, entries: dict[str, Entry], revision: int) -> None:
        """Start an empty store from ``entries`` as of ``revision``, with nothing before it."""
        self._entries.update(entries)
        for key in entries:
            self._bucket(key).unsettled.add(key)
        self._revision = self._compacted = revision

    def present(self, key: str) -> Entry | None:
        """What ``get`` returns now."""
        return self._entries.get(key)

    def replay(self, revision: int, events: Sequence[WatchEvent]) -> None:
        """Let ``events`` happen again, which were recorded at ``revision``."""
        MemoryStore._apply(self, revision, events)

    # ----------------------------------------------------------------------------------------------------------------

    def _bucket(self, key: str) -> Bucket:
        name = bucket_of(key)
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(self._entries)
        return bucket

    def _log_of(self, prefix: str) -> Log:
        """The smallest log that holds every event under ``prefix``."""
        return self._bucket(prefix).log if bucket_of(prefix) else self._log

    # --- following --------------------------------------------------------------------------------------------------

    def watch(self, prefix: str, since: int, notify: Callable[[], None]) -> Watch:
        """See :meth:`Store.watch`. A prefix of two components or more follows its bucket alone."""
        self._check(since)
        return Cursor(self, self._log_of(prefix), prefix, since, notify)

    def compact(self, revision: int) -> None:
        """See :meth:`Store.compact`. A watch that has not taken an event forgotten here gets Compacted."""
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        if revision <= self._compacted:
            return
        self._compacted = revision
        self._log.drop(revision)
        for bucket in self._buckets.values():
            bucket.log.drop(revision)

    def keep(self, revisions: int) -> None:
        """Compact so that the last ``revisions`` stay readable. Meant to be called often: it acts only when a tenth
        more (at most 1,000) has piled up, so that one call never forgets much at once.
        """
        oldest = self._revision - revisions
        if oldest - self._compacted > min(revisions // 10, 1_000):
            self.compact(oldest)

    def close(self) -> None:
        """See :meth:`Store.close`; there is nothing to release."""


def _event(op: Op, previous: Entry | None, revision: int) -> WatchEvent | None:
    """What ``op`` does to a key that holds ``previous``; None if nothing."""
    key = op.key
    if type(op) is Put:
        value = _stamped(op.value, revision)
        if previous is None:
            return WatchEvent("ADDED", key, revision, Entry(key, value, revision, revision, 1), None)
        entry = Entry(key, value, revision, previous.created, previous.version + 1)
        return WatchEvent("MODIFIED", key, revision, entry, previous)
    if previous is None:
        return None
    return WatchEvent("DELETED", key, revision, None, previous)


def _stamped(value: Json, revision: int) -> Json:
    """``value`` with ``metadata.resourceVersion``, changed by path: the caller's object stays as it is."""
    metadata = value.get("metadata")
    stamped = {**metadata} if metadata is not None else {}
    stamped["resourceVersion"] = str(revision)
    return {**value, "metadata": stamped}
