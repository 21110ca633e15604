"""Feeds a loop from a store's watch: from the store's key to kind and object key, in the order of revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.api.conversion import seen_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.model.kind import Kind, Registry
    from ruleplane.store.base import Store, WatchEvent


class Informer:
    """One store's events into one loop. A held informer keeps them until it is released (a stale cache, for specs).

    ``prefix`` of the store's keys: what else happens is not even heard of.
    """

    def __init__(self, store: Store, registry: Registry, feed: Callable[..., None], prefix: str = "") -> None:
        self._store, self._registry, self._feed, self._prefix = store, registry, feed, prefix
        self._kinds: dict[str, list[Kind]] = {}
        self._busy = False
        self.held = False
        self._watch = store.watch(prefix, store.revision, self._notified)

    async def load(self) -> None:
        """Put what is in the store already into the cache, at its present revision."""
        self._watch.close()
        listing = await self._store.list(self._prefix)
        self._watch = self._store.watch(self._prefix, listing.revision, self._notified)
        for entry in listing.entries:
            kinds, key = self._place(entry.key)
            for kind in kinds:
                self._feed(kind, key, seen_as(kind, entry).value, entry.revision, "ADDED")

    def _notified(self) -> None:
        if not self.held and not self._busy:
            self.drain()

    def drain(self, limit: int = 0) -> int:
        """Feed the events that wait (at most ``limit``, if positive); returns how many."""
        self._busy = True
        count = 0
        try:
            while events := self._watch.take(limit):
                for event in events:
                    self._tell(event)
                count += len(events)
                if limit:
                    break
        finally:
            self._busy = False
        return count

    def _tell(self, event: WatchEvent) -> None:
        kinds, key = self._place(event.key)
        for kind in kinds:
            value = seen_as(kind, event.entry).value if event.entry is not None else None
            self._feed(kind, key, value, event.revision, event.type)

    def _place(self, store_key: str) -> tuple[list[Kind], str]:
        group, plural, key = store_key.split("/", 2)
        bucket = f"{group}/{plural}"
        kinds = self._kinds.get(bucket)
        if kinds is None:
            kinds = self._kinds[bucket] = self._registry.bucket(bucket)
        return kinds, key

    def forget_kinds(self) -> None:
        """Kinds have come or gone."""
        self._kinds.clear()

    def close(self) -> None:
        """Watch no more."""
        self._watch.close()
