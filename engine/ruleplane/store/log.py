"""The events of a store in the order they happened, and the cursors of those who follow them.

A :class:`Log` is an append-only list with a moving start: positions are absolute and never reused, so that a cursor
notices when compaction has overtaken it. A store keeps one log of everything and one per bucket (memory.py); a watch
follows the smallest log that holds its prefix.

A cursor scans nothing while nothing concerns it. For example, in the log of ``core/pods/``::

    position   0           1           2           3
    key        .../a/web   .../b/web   .../b/db    .../a/web

a watch of ``core/pods/b/`` sleeps through 0; the write of 1 marks it (pending revision, position 1) and notifies; the
next ``take`` starts at 1, picks 1 and 2, skips 3, and the cursor sleeps again. So only a cursor that has something
to lose can be too late.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from ruleplane.errors import Compacted
from ruleplane.store.base import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.store.base import Store, WatchEvent

_revision_of = attrgetter("revision")


class Log:
    """Events by absolute position, and the cursors on them by prefix."""

    __slots__ = ("_by_prefix", "_lengths", "base", "events")

    def __init__(self) -> None:
        self.events: list[WatchEvent] = []
        self.base = 0  # position of events[0]
        self._by_prefix: dict[str, list[Cursor]] = {}
        self._lengths: tuple[int, ...] = ()  # of the prefixes watched, ascending

    def after(self, revision: int) -> int:
        """Index in ``events`` of the first event later than ``revision``."""
        events = self.events
        if not events or events[-1].revision <= revision:
            return len(events)
        return bisect_right(events, revision, key=_revision_of)

    def append(self, event: WatchEvent, woken: list[Cursor]) -> None:
        """Add ``event``, mark the cursors it concerns, and add to ``woken`` those to notify once all is visible."""
        events = self.events
        if self._lengths:
            key = event.key
            for length in self._lengths:
                if length > len(key):
                    break
                for cursor in self._by_prefix.get(key[:length], ()):
                    cursor.mark(event.revision, self.base + len(events), woken)
        events.append(event)

    def drop(self, revision: int) -> None:
        """Forget the events up to ``revision``."""
        count = self.after(revision)
        del self.events[:count]
        self.base += count

    def follow(self, cursor: Cursor) -> None:
        """Mark ``cursor`` from now on."""
        self._by_prefix.setdefault(cursor.prefix, []).append(cursor)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}))

    def unfollow(self, cursor: Cursor) -> None:
        """Undo :meth:`follow`."""
        cursors = self._by_prefix[cursor.prefix]
        cursors.remove(cursor)
        if not cursors:
            del self._by_prefix[cursor.prefix]
            self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}))


class Cursor(Watch):
    """One watch. States: asleep (``_pending`` 0), pending (an event waits at ``_position``), closed."""

    __slots__ = ("_armed", "_log", "_pending", "_position", "_store", "closed", "notify", "prefix")

    def __init__(self, store: Store, log: Log, prefix: str, since: int, notify: Callable[[], None]) -> None:
        self.prefix, self.notify, self.closed = prefix, notify, False
        self._store, self._log = store, log
        self._armed = True  # tell the follower of the next event
        self._pending = 0  # revision of the first event not taken
        self._position = 0  # of that event
        log.follow(self)
        index = log.after(since)
        if index < len(log.events):
            self._rest_at(index)

    def mark(self, revision: int, position: int, woken: list[Cursor]) -> None:
        """An event that concerns this cursor is about to stand at ``position``."""
        if not self._pending:
            self._pending, self._position = revision, position
        if self._armed:
            self._armed = False
            woken.append(self)

    def take(self, limit: int = 0) -> list[WatchEvent]:
        """See :meth:`Watch.take`."""
        self._armed = True
        if not self._pending:
            return []
        log, prefix = self._log, self.prefix
        start = self._position - log.base
        if start < 0:
            raise Compacted(self.revision, self._store.compacted)
        events, taken = log.events, []
        for index in range(start, len(events)):
            event = events[index]
            if event.key.startswith(prefix):
                taken.append(event)
                if len(taken) == limit:
                    self._rest_at(index + 1)
                    return taken
        self._pending = 0
        return taken

    def _rest_at(self, index: int) -> None:
        """Wait at the first event from ``index`` on that concerns this cursor, asleep if there is none."""
        events, prefix = self._log.events, self.prefix
        for i in range(index, len(events)):
            if events[i].key.startswith(prefix):
                self._pending, self._position = events[i].revision, self._log.base + i
                return
        self._pending = 0

    @property
    def revision(self) -> int:
        """See :attr:`Watch.revision`. Of a transaction taken in part, the revision before it."""
        return self._pending - 1 if self._pending else self._store.revision

    def close(self) -> None:
        """See :meth:`Watch.close`."""
        if not self.closed:
            self.closed = True
            self._pending = 0
            self._log.unfollow(self)
