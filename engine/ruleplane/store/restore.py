"""From the journal back into memory: what is there now, and the events since the last compaction.

Values stay packed (bytes) until somebody reads them. What a crash left behind of a compaction under way is found again
here and handed back for removal. Called by sqlite.py.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ruleplane.errors import StoreDamaged
from ruleplane.store.base import Entry, WatchEvent
from ruleplane.store.journal import PLACE_BITS, dead_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ruleplane.store.journal import Dead, Journal, Row
    from ruleplane.store.memory import MemoryStore


def restore(store: MemoryStore, journal: Journal) -> list[Dead]:
    """Fill the empty ``store``; the rows that nobody can ask for any more.

    Raises:
        StoreDamaged: a revision is missing, or a row contradicts those before it.
    """
    rows = journal.rows()
    compacted = journal.compacted
    base, dead, row = _restore_base(rows, compacted)
    store.adopt(base, compacted)
    if row is None:
        return dead
    for revision, group in groupby(_chain(row, rows), key=_revision_of):
        if revision != store.revision + 1:
            raise StoreDamaged(_lost(journal.path, f"revisions {store.revision + 1} to {revision - 1} are missing"))
        events = [_event(row, revision, store, journal.path) for row in group]
        store.replay(revision, events)
    return dead


def _restore_base(rows: Iterator[Row], compacted: int) -> tuple[dict[str, Entry], list[Dead], Row | None]:
    """The entries as of ``compacted``, the dead rows among them, and the first row after it."""
    base: dict[str, Entry] = {}
    dead: list[Dead] = []
    for row in rows:
        number, key, created, version, value, _ = row
        revision = number >> PLACE_BITS
        if revision > compacted:
            return base, dead, row
        superseded = base.pop(key, None)
        if superseded is not None:
            dead.append(dead_row(superseded.revision, key))
        if value is None:
            dead.append(dead_row(revision, key))
        else:
            base[key] = Entry.packed(key, value, revision, created, version)
    return base, dead, None


def _event(row: Row, revision: int, store: MemoryStore, path: Path) -> WatchEvent:
    _, key, created, version, value, _ = row
    previous = store.present(key)
    if value is None:
        if previous is None:
            raise StoreDamaged(_lost(path, f"revision {revision} deletes {key!r}, which does not exist"))
        return WatchEvent("DELETED", key, revision, None, previous)
    entry = Entry.packed(key, value, revision, created, version)
    if version != (previous.version + 1 if previous is not None else 1):
        raise StoreDamaged(_lost(path, f"the version of {key!r} before revision {revision} is missing"))
    return WatchEvent("MODIFIED" if previous is not None else "ADDED", key, revision, entry, previous)


def _chain(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _revision_of(row: Row) -> int:
    return row[0] >> PLACE_BITS


def _lost(path: Path, what: str) -> str:
    return (
        f"{path} has lost writes: {what}. Restore the directory {path.parent} from a backup, "
        f"or move it away to start with an empty store"
    )
