"""The one door for writers: takes records at full speed, hands them to the log when the caller is idle.

Flow: the loop takes :meth:`Recorder.next_id` before it decides (the id travels with each write), then calls
:meth:`record`; the listener on the API's writes calls :meth:`request`; the shell calls :meth:`flush` when there is
nothing better to do.

Guarantees: recording never raises and never waits. A record that could not be kept is counted in ``dropped``, and told
once in the log. Records reach the log in the order of their ids.

Assumptions: one thread; :meth:`flush` runs between firings, not within one.
"""

from __future__ import annotations

import logging
import sqlite3
from operator import attrgetter
from typing import TYPE_CHECKING

from ruleplane.trace.log import Log, MemoryLog

if TYPE_CHECKING:
    from ruleplane.model.trace import Firing, Record, RequestRecord

_LOG = logging.getLogger("ruleplane.trace")
_BY_ID = attrgetter("id")


class Recorder:
    """Queue of at most ``queue`` records before a log (default: a ring in memory)."""

    def __init__(self, log: Log | None = None, *, queue: int = 50_000) -> None:
        self._log = log if log is not None else MemoryLog()
        self._queue = queue
        self._pending: list[Record] = []
        self._posted: dict[int, dict[str, tuple[str, ...]]] = {}
        self._next = self._log.last + 1
        self._told = 0
        self._failing = False
        self.dropped = 0  # records that could not be kept since the start

    @property
    def log(self) -> Log:
        """The log with everything recorded so far in it, to read from."""
        while self._pending:
            self.flush()
        return self._log

    @property
    def pending(self) -> int:
        """How many records wait for a flush."""
        return len(self._pending)

    def next_id(self) -> int:
        """The id of the next record: one more than the last, over restarts too."""
        number = self._next
        self._next = number + 1
        return number

    def record(self, firing: Firing) -> None:
        """Keep one firing; its id is from :meth:`next_id`."""
        if self._posted:
            self._fill(firing)
        if len(self._pending) < self._queue:
            self._pending.append(firing)
        else:
            self.dropped += 1

    def request(self, record: RequestRecord) -> None:
        """Keep one write by a client; its id is from :meth:`next_id`."""
        if len(self._pending) < self._queue:
            self._pending.append(record)
        else:
            self.dropped += 1

    def posted(self, firing: int, ref: str, paths: tuple[str, ...]) -> None:
        """A subresource call of a firing under way changed these fields of an object."""
        self._posted.setdefault(firing, {})[ref] = paths

    def _fill(self, firing: Firing) -> None:
        changed = self._posted.pop(firing.id, None)
        if changed is not None:
            for effect in firing.effects:
                if effect.verb == "post" and effect.ref in changed:
                    effect.paths = changed[effect.ref]

    def flush(self, limit: int = 1000) -> int:
        """Write at most ``limit`` waiting records to the log; returns how many still wait."""
        pending = self._pending
        if pending:
            pending.sort(key=_BY_ID)
            batch, self._pending = pending[:limit], pending[limit:]
            try:
                self._log.append(batch)
            except sqlite3.Error as error:
                # a full disk or a damaged file costs the trace, not the control plane
                self.dropped += len(batch)
                self._told += len(batch)
                if not self._failing:
                    _LOG.warning("writing the trace: %s; records are lost until it can be written again", error)
                self._failing = True
            else:
                self._failing = False
        if self.dropped > self._told:
            _LOG.warning(
                "%d trace records were dropped: the queue of %d was full", self.dropped - self._told, self._queue
            )
            self._told = self.dropped
        return len(self._pending)

    def close(self) -> None:
        """Flush and release the log. Idempotent."""
        while self._pending:
            self.flush()
        self._log.close()
