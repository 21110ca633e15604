"""Read your writes: a key waits until the cache shows what its previous firing wrote, and a rule that makes objects
which
it then does not find is halted.

created: the uid is seen (or the object is gone again); updated: that revision or a later one; deleted: gone or going.
A write
whose answer was lost is looked up with a consistent read first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ruleplane.errors import ApiError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.matcher.bound import Bound
    from ruleplane.matcher.cache import Cache
    from ruleplane.model.kind import Kind
    from ruleplane.reconcile.effect import Effect, Made
    from ruleplane.reconcile.queue import Key
    from ruleplane.reconcile.send import Sent, Verbs

Awaited: TypeAlias = "tuple[str, str]"  # kind, key of an object


class Barrier:
    """What each key waits to see."""

    def __init__(self, cache: Cache, route: Callable[[Kind], Verbs]) -> None:
        self._cache, self._route = cache, route
        self._updates: dict[Key, dict[Awaited, int]] = {}
        self._gone: dict[Key, dict[Awaited, str]] = {}
        self._unknown: dict[Key, list[Effect]] = {}
        self._made: dict[Key, dict[str, Made]] = {}
        self._waiters: dict[Awaited, dict[Key, None]] = {}
        self._reached: dict[str, int] = {}  # kind -> the latest revision that the cache was told of

    def expect(self, key: Key, sent: Sent) -> None:
        """``key`` has written this; most of it shows already."""
        updates = {
            (ref, name): revision for ref, name, _, revision in sent.expected if not self._shows(ref, name, revision)
        }
        gone = {(ref, name): uid for ref, name, uid in sent.gone if not self._is_gone(ref, name, uid)}
        if updates:
            self._updates[key] = {**self._updates.get(key, {}), **updates}
        if gone:
            self._gone[key] = {**self._gone.get(key, {}), **gone}
        if sent.unknown:
            self._unknown[key] = [*self._unknown.get(key, []), *sent.unknown]
        for awaited in (*updates, *gone):
            self._waiters.setdefault(awaited, {})[key] = None
        if sent.made:
            self._made[key] = sent.made
        elif sent.written:
            self._made.pop(key, None)

    async def open(self, key: Key) -> bool:
        """Whether ``key`` may be decided now; if not, it comes back through :meth:`shown`."""
        if key in self._unknown:
            await self._settle(key)
        updates, gone = self._updates.get(key), self._gone.get(key)
        if updates is not None:
            left = {a: revision for a, revision in updates.items() if not self._shows(*a, revision)}
            if left:
                self._updates[key] = left
                self._wait_for(key, left)
                return False
            del self._updates[key]
        if gone is not None:
            still = {a: uid for a, uid in gone.items() if not self._is_gone(*a, uid)}
            if still:
                self._gone[key] = still
                self._wait_for(key, still)
                return False
            del self._gone[key]
        return True

    def shown(self, ref: str, name: str, revision: int) -> list[Key]:
        """The cache shows this object as of ``revision``: the keys that waited to see it change."""
        if revision > self._reached.get(ref, 0):
            self._reached[ref] = revision
        waiting = self._waiters.pop((ref, name), None)
        return list(waiting) if waiting else []

    def told(self, ref: str) -> int:
        """The latest revision of this kind that the cache was told of."""
        return self._reached.get(ref, 0)

    def reached(self, ref: str, revision: int) -> list[Key]:
        """The cache shows everything of this kind as of ``revision``: the keys that waited to see any of it."""
        if revision > self._reached.get(ref, 0):
            self._reached[ref] = revision
        found: dict[Key, None] = {}
        for awaited in [one for one in self._waiters if one[0] == ref]:
            found.update(self._waiters.pop(awaited))
        return list(found)

    @property
    def busy(self) -> bool:
        """Whether something that was written does not show yet."""
        return any(
            not self._shows(*awaited, revision)
            for table in self._updates.values()
            for awaited, revision in table.items()
        ) or any(not self._is_gone(*awaited, uid) for table in self._gone.values() for awaited, uid in table.items())

    def _wait_for(self, key: Key, awaited: Iterable[Awaited]) -> None:
        for one in awaited:  # anew: a waiter is dropped when it is told, even of a state that is older than its own
            self._waiters.setdefault(one, {})[key] = None

    def halted(self, key: Key) -> dict[str, Made]:
        """What each rule of the key made in its previous firing: it must find it again."""
        return self._made.get(key, {})

    def holds(self, bound: Bound) -> bool:
        """Whether a key of this program waits to see something."""
        return any(key[0] is bound for table in (self._updates, self._gone, self._unknown) for key in table)

    def forget(self, key: Key) -> None:
        """The primary is gone."""
        for table in (self._updates, self._gone, self._unknown, self._made):
            table.pop(key, None)

    def forget_all(self, bound: Bound) -> None:
        """A program runs no longer."""
        for table in (self._updates, self._gone, self._unknown, self._made):
            for key in [key for key in table if key[0] is bound]:
                del table[key]

    def _shows(self, ref: str, name: str, revision: int) -> bool:
        """The cache has that revision or a later one, the object is gone again, or this kind is not held at all."""
        kind = self._cache.kinds.get(ref)
        if kind is None:
            return True
        obj = kind.objects.get(name)
        if obj is None:
            return self._reached.get(ref, 0) >= revision
        return int(obj["metadata"].get("resourceVersion") or 0) >= revision

    def _is_gone(self, ref: str, name: str, uid: str) -> bool:
        kind = self._cache.kinds.get(ref)
        if kind is None:
            return True
        obj = kind.objects.get(name)
        return obj is None or obj["metadata"].get("uid") != uid or "deletionTimestamp" in obj["metadata"]

    async def _settle(self, key: Key) -> None:
        """Find out, by consistent reads, what became of writes without an answer."""
        pending = self._unknown.pop(key)
        for index, effect in enumerate(pending):
            awaited = (effect.kind.ref, f"{effect.namespace}/{effect.name}")
            try:
                entry = await self._route(effect.kind).get(effect.kind, effect.namespace, effect.name)
            except NotFound:
                if effect.uid:  # it is gone: wait for the cache to show so
                    self._gone.setdefault(key, {})[awaited] = effect.uid
                    self._waiters.setdefault(awaited, {})[key] = None
                continue
            except ApiError:
                self._unknown[key] = pending[index:]  # nothing is known yet: the retry asks again
                raise
            if effect.verb == "delete" and "deletionTimestamp" in entry.value["metadata"]:
                self._gone.setdefault(key, {})[awaited] = effect.uid
            else:
                self._updates.setdefault(key, {})[awaited] = entry.revision
            self._waiters.setdefault(awaited, {})[key] = None
