"""What a versioned store promises: interface, values, and the guarantees that one suite holds every back end to.

Flow: ``txn`` compares and writes at the next revision -> one :class:`WatchEvent` per changed key -> every watch whose
prefix matches. Revisions are one sequence over the whole store, starting at 1 with the first write.

Guarantees: a watch from revision *r* yields every event after *r* exactly once and in order, or raises
:class:`~ruleplane.errors.Compacted`; a value is never changed after it was stored (callers copy paths, not objects);
the store sets ``metadata.resourceVersion`` of each stored value to the revision that wrote it.

Assumptions: keys are text of the form ``<bucket>/<rest>`` where the caller decides what a bucket means; values are JSON
objects (plain ``dict``). The store knows no kinds.

What travels with every transaction is never changed after it was made, though not declared frozen: frozen dataclasses
would make each write half as slow again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Json: TypeAlias = dict[str, Any]


class Entry:
    """One stored object at one revision; immutable.

    ``value`` is a plain attribute. An entry that only waits in a history or was just loaded holds its bytes alone: the
    first read of ``value`` decodes them (about 5 µs for a Pod), and the reader notices nothing.
    """

    __slots__ = ("_raw", "created", "key", "revision", "value", "version")

    def __init__(
        self, key: str, value: Json, revision: int, created: int, version: int, raw: bytes | None = None
    ) -> None:
        self.key = key
        self.value = value
        self.revision = revision  # that wrote this value
        self.created = created  # that created the key
        self.version = version  # 1 at creation, then one more per write
        self._raw = raw

    @classmethod
    def packed(cls, key: str, raw: bytes, revision: int, created: int, version: int) -> Entry:
        """An entry of which only the bytes are known so far; ``raw`` must be the JSON of an object."""
        entry = cls.__new__(cls)
        entry.key, entry._raw, entry.revision, entry.created, entry.version = key, raw, revision, created, version
        return entry

    def pack(self) -> None:
        """Let go of the decoded value where the bytes are there to decode again: 2 KB a Pod instead of 10."""
        if self._raw is not None:
            with suppress(AttributeError):  # packed already
                del self.value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Json:
            # Python asks here only when the slot is empty: the hot path never pays for packing
            if name != "value":
                raise AttributeError(name)
            value = self.value = orjson.loads(self._raw)
            return value

    @property
    def raw(self) -> bytes:
        """The value as JSON, encoded once and shared by every reader."""
        raw = self._raw
        if raw is None:
            # a copy: orjson's own bytes object keeps an 8 KB buffer alive
            raw = self._raw = bytes(memoryview(orjson.dumps(self.value)))
        return raw

    def __repr__(self) -> str:
        return f"Entry({self.key!r}, revision={self.revision}, version={self.version})"


@dataclass(slots=True)
class Put:
    """Write ``value`` under ``key``."""

    key: str
    value: Json


@dataclass(slots=True)
class Delete:
    """Remove ``key``; removing what is not there changes nothing."""

    key: str


@dataclass(slots=True)
class Compare:
    """The transaction happens only if ``key`` was last written at ``revision`` (0: does not exist)."""

    key: str
    revision: int


Op: TypeAlias = Put | Delete


@dataclass(slots=True)
class WatchEvent:
    """One change of one key. ``entry`` is what is there now (``None`` once deleted), ``previous`` what was before."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: str
    revision: int
    entry: Entry | None
    previous: Entry | None


@dataclass(slots=True)
class TxnResult:
    """``succeeded``: the compares held. ``entries``: per op the entry written (Put) or removed (Delete), ``None`` where
    nothing was removed; on failure per *compare* what is there now. ``revision``: the store's, after the transaction.
    """

    succeeded: bool
    revision: int
    entries: tuple[Entry | None, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list: entries in key order, the revision it is true at, the key to start the next page at ("" at the
    end), and how many entries remain after this page."""

    entries: list[Entry]
    revision: int
    next_key: str = ""
    remaining: int = 0


class Watch(ABC):
    """A cursor over the store's events under one prefix.

    ``notify`` is called from within ``txn``, after all of the transaction is visible, when there is something to take;
    it must neither block nor raise. It is called once, then not again before the next ``take``: take first, then wait.
    A new watch that is behind is not notified of what happened before it: take once at the start.
    """

    @abstractmethod
    def take(self, limit: int = 0) -> list[WatchEvent]:
        """The events since the last take, oldest first (at most ``limit`` if positive); empty if none.

        Raises:
            Compacted: the cursor fell behind the compacted revision; list again.
        """

    @property
    @abstractmethod
    def revision(self) -> int:
        """The revision up to which everything under the prefix has been taken (for bookmarks)."""

    @abstractmethod
    def close(self) -> None:
        """Stop; takes nothing more. Idempotent."""


class Store(ABC):
    """A versioned store of JSON objects. Reads and writes are coroutines that need no event loop of their own."""

    @property
    @abstractmethod
    def revision(self) -> int:
        """The last revision written (0: nothing yet)."""

    @property
    @abstractmethod
    def compacted(self) -> int:
        """Revisions below this one cannot be read any more."""

    @abstractmethod
    async def get(self, key: str, revision: int = 0) -> Entry | None:
        """The entry at ``revision`` (0: now). Raises Compacted, FutureRevision."""

    @abstractmethod
    async def list(self, prefix: str, *, revision: int = 0, start: str = "", limit: int = 0) -> Listing:
        """Entries under ``prefix`` with key >= ``start``, in key order, as of ``revision`` (0: now).

        Raises Compacted, FutureRevision.
        """

    @abstractmethod
    async def txn(self, compares: Sequence[Compare], ops: Sequence[Op]) -> TxnResult:
        """If every compare holds, do all ops at one new revision; else nothing. Visible to readers at once.

        Raises StoreFull where the store has stopped taking writes.
        """

    @abstractmethod
    async def durable(self, revision: int) -> None:
        """Return once every write up to ``revision`` would survive the process being killed. Only then may a client be
        told. Raises StoreFull when it could not be made durable."""

    @abstractmethod
    def watch(self, prefix: str, since: int, notify: Callable[[], None]) -> Watch:
        """Events under ``prefix`` after revision ``since``. Raises Compacted, FutureRevision."""

    @abstractmethod
    def compact(self, revision: int) -> None:
        """Forget superseded values below ``revision`` and the events up to it; current values always stay.

        Raises FutureRevision.
        """

    @abstractmethod
    def close(self) -> None:
        """Make everything durable and release the data directory. Idempotent."""
