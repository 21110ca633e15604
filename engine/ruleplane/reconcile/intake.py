"""What the loop learns, and whom it wakes: watch events, the answers to its own writes, and what is read afresh.

Three sources tell of one object at different times. The newest state of each is what the cache shows, and it never goes
back: a watch event that is older than an answer, or than a fresh read, is dropped (:mod:`ruleplane.reconcile.flight`).
Called by shells (:meth:`Intake.feed`, :meth:`Intake.reached`) and by the loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.matcher.cache import EVERY, Cache
from ruleplane.model.trace import Cause
from ruleplane.reconcile.barrier import Barrier
from ruleplane.reconcile.flight import InFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ruleplane.clock import Clock
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.reconcile.queue import Key, WorkQueue
    from ruleplane.reconcile.send import Verbs
    from ruleplane.store.base import Entry


class Intake:
    """The way into the cache of one loop. ``writer``: the key whose writes are being answered; ``awaken``: called when
    there is something to do."""

    def __init__(
        self, registry: Registry, route: Callable[[Kind], Verbs], clock: Clock, queue: WorkQueue, engine: str
    ) -> None:
        self.cache = Cache(registry, engine=engine)
        self.barrier = Barrier(self.cache, route)
        self.flight = InFlight(self.cache, self.barrier.told)
        self.writer: Key | None = None
        self.awaken: Callable[[], None] | None = None
        self._clock, self._queue = clock, queue
        self._filled: dict[str, int] = {}  # kind -> when (revision) it was listed, if later than the rest
        self._now: tuple[Kind, str, int, int, str] | None = None  # what is happening
        self._cause: Cause | None = None  # … as a cause: made when it wakes somebody, which most of it does not

    def fill(self, ref: str, objects: Mapping[str, dict[str, Any]], revision: int) -> None:
        """All objects of a kind that no program has looked at so far, as of ``revision``."""
        self.cache.fill(ref, objects)
        self.flight.forget(ref)
        self._filled[ref] = revision

    def feed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        """A watch event: object ``key`` (``namespace/name``) is now ``obj`` (None: gone)."""
        if not self._hears(kind, revision):
            return
        self._now, self._cause = (kind, key, revision, self._clock.now(), event), None
        if not self.flight.overtaken(kind.ref, key, revision):
            self._show(kind, key, obj)
        for waiting in self.barrier.shown(kind.ref, key, revision):
            self._queue.add(waiting, self._why())

    def reached(self, kind: Kind, revision: int) -> None:
        """Everything of this kind up to ``revision`` has been fed: what has not shown by now will not."""
        for key in self.flight.vanished(kind.ref, revision):
            self.feed(kind, key, None, revision, "DELETED")
        for waiting in self.barrier.reached(kind.ref, revision):
            self._queue.add(waiting, Cause("watch", kind.ref, revision, self._clock.now(), "BOOKMARK"))

    def take(self, kind: Kind, key: str, obj: dict[str, Any], revision: int) -> None:
        """The answer to a write of ours: the object is so already, whenever the watch will tell."""
        if self._hears(kind, revision) and self.flight.take(kind.ref, key, obj, revision):
            self._ahead(kind, key, obj, revision, "WRITTEN")

    def learn(self, kind: Kind, namespace: str, name: str, entries: Iterable[Entry], revision: int) -> None:
        """A consistent read as of ``revision``: these are all objects of the kind in ``namespace`` ("": in all), or all
        of that ``name``. It is believed instead of a watch that has not come so far."""
        if not self._hears(kind, revision) or revision <= self.barrier.told(kind.ref):
            return
        found = set()
        for entry in entries:
            metadata = entry.value["metadata"]
            key = f"{metadata.get('namespace', '')}/{metadata['name']}"
            found.add(key)
            if self.flight.read(kind.ref, key, self._shown(kind, key), entry.revision, there=True):
                self._ahead(kind, key, entry.value, entry.revision, "READ")
        for key in [f"{namespace}/{name}"] if name else self._keys(kind, namespace):
            if key not in found and self.flight.read(kind.ref, key, self._shown(kind, key), revision, there=False):
                self._ahead(kind, key, None, revision, "READ")

    def _shown(self, kind: Kind, key: str) -> dict[str, Any] | None:
        if kind.ref in self.cache.kinds:
            return self.cache.get(kind.ref, key)
        return self.cache.get(EVERY, f"{kind.ref}|{key}")

    def _keys(self, kind: Kind, namespace: str) -> list[str]:
        """The keys of a kind's objects that the cache shows in a namespace, or ("") in all."""
        if kind.ref in self.cache.kinds:
            keys = list(self.cache.kinds[kind.ref].objects)
        else:
            mark = f"{kind.ref}|"
            keys = [key.removeprefix(mark) for key in self.cache.kinds[EVERY].objects if key.startswith(mark)]
        return [key for key in keys if key.startswith(f"{namespace}/")] if namespace else keys

    def _ahead(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        self._now, self._cause = (kind, key, revision, self._clock.now(), event), None
        self._show(kind, key, obj)
        for waiting in self.barrier.shown(kind.ref, key, 0):
            self._queue.add(waiting, self._why())

    def _hears(self, kind: Kind, revision: int) -> bool:
        if kind.ref not in self.cache.kinds and (kind.stored or EVERY not in self.cache.kinds):
            return False
        return revision > self._filled.get(kind.ref, 0)  # else it is late: the listing was newer

    def _show(self, kind: Kind, key: str, obj: dict[str, Any] | None) -> None:
        assert self._now is not None, key
        now, every = self._now[3], not kind.stored
        self.cache.apply(kind.ref, key, obj, self._wake, now=now, writer=self.writer, every=every)

    def _why(self) -> Cause:
        if self._cause is None:
            assert self._now is not None
            kind, key, revision, at, event = self._now
            self._cause = Cause("watch", f"{kind.ref}/{key}", revision, at, event)
        return self._cause

    def _wake(self, bound: Bound, key: str, own: bool) -> None:
        self._queue.add((bound, key), self._why(), own=own)
        if self.awaken is not None:
            self.awaken()
