"""The store's back ends, and a caller that reads well in tests.

A new back end is one line in BACKENDS: the whole suite in tests/store then runs over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.store.base import Compare, Delete, Put
from ruleplane.store.memory import MemoryStore
from ruleplane.store.sqlite import SqliteStore
from support.drive import drive

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from ruleplane.store.base import Entry, Op, Store, TxnResult, Watch, WatchEvent


@dataclass(frozen=True)
class Backend:
    """How to open a store in a directory, and how to run its coroutines."""

    name: str
    open: Callable[[Path], Store]
    run: Callable[[Coroutine[Any, Any, Any]], Any] = drive
    survives: bool = True  # being closed and opened again


BACKENDS = [
    Backend("memory", lambda directory: MemoryStore(), survives=False),
    Backend("sqlite", SqliteStore),
]

Seen: TypeAlias = tuple[str, str, int, int | None, int | None]


def obj(n: int) -> dict[str, Any]:
    return {"metadata": {"name": f"o{n}"}, "n": n}


def number(entry: Entry | None) -> int | None:
    return None if entry is None else entry.value["n"]


def seen(event: WatchEvent) -> Seen:
    """An event as a row: type, key, revision, number now, number before."""
    return event.type, event.key, event.revision, number(event.entry), number(event.previous)


class Caller:
    """Calls one store; values are numbers."""

    def __init__(self, backend: Backend, directory: Path) -> None:
        self.backend, self.directory = backend, directory
        self.run = backend.run
        self.store = backend.open(directory)

    def reopen(self) -> None:
        self.store.close()
        self.store = self.backend.open(self.directory)

    @property
    def revision(self) -> int:
        return self.store.revision

    def txn(self, *ops: Op, compares: dict[str, int] | None = None) -> TxnResult:
        return self.run(self.store.txn([Compare(key, at) for key, at in (compares or {}).items()], ops))

    def put(self, key: str, n: int = 0, *, at: int | None = None) -> TxnResult:
        return self.txn(Put(key, obj(n)), compares=None if at is None else {key: at})

    def delete(self, key: str, *, at: int | None = None) -> TxnResult:
        return self.txn(Delete(key), compares=None if at is None else {key: at})

    def entry(self, key: str, revision: int = 0) -> Entry | None:
        return self.run(self.store.get(key, revision))

    def get(self, key: str, revision: int = 0) -> int | None:
        return number(self.entry(key, revision))

    def list(self, prefix: str, **query: Any) -> dict[str, int]:
        listing = self.run(self.store.list(prefix, **query))
        return {entry.key: entry.value["n"] for entry in listing.entries}

    def page(self, prefix: str, **query: Any) -> tuple[str, str, int, int]:
        """The last components of the keys, the next key, what remains, and the revision it is true at."""
        listing = self.run(self.store.list(prefix, **query))
        keys = " ".join(entry.key.rpartition("/")[2] for entry in listing.entries)
        return keys, listing.next_key, listing.remaining, listing.revision

    def watch(self, prefix: str, since: int = 0) -> Follower:
        return Follower(self.store, prefix, since)


class Follower:
    """A watch, and how often it was notified."""

    def __init__(self, store: Store, prefix: str, since: int) -> None:
        self.notified = 0
        self.watch: Watch = store.watch(prefix, since, self._notify)

    def _notify(self) -> None:
        self.notified += 1

    @property
    def revision(self) -> int:
        return self.watch.revision

    def take(self, limit: int = 0) -> list[Seen]:
        return [seen(event) for event in self.watch.take(limit)]
