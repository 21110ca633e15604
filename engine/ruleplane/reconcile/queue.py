"""The workqueue: which keys to reconcile, once each, why, and when.

A key that is woken again while it waits is not queued twice; the first cause is kept. Keys woken only by their own
writes wait
in a second lane: by the time it is served, what those writes set in motion has usually happened, and one pass does
for both.
A program may rank its keys (`for.first`): its turns come as before, and each goes to the least of those that wait;
other programs wait no longer for that.
Failing keys come back after an exponential delay with seeded jitter. No key is processed by two passes at once (one
loop).
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ruleplane.matcher.bound import Bound
    from ruleplane.model.trace import Cause

Key: TypeAlias = "tuple[Bound, str]"
Rank: TypeAlias = "tuple[Any, ...]"

BASE = 5_000_000  # ns: client-go's first retry
CAP = 300 * SECOND


class WorkQueue:
    """Keys in two lanes, and a timetable of later ones."""

    def __init__(self, random: Random, rank: Callable[[Key], Rank | None] | None = None) -> None:
        self._random = random
        self._rank = rank  # None, or None of a key: first come, first served
        self._fast: deque[Key | Bound] = deque()  # a program stands for the first of its ranked keys
        self._ranked: dict[Bound, list[tuple[Rank, int, Key]]] = {}
        self._ranks: dict[Key, Rank] = {}
        self._slow: deque[Key] = deque()
        self._causes: dict[Key, Cause] = {}
        self._in_slow: set[Key] = set()
        self._later: list[tuple[int, int, Key, Cause]] = []
        self._due: dict[Key, int] = {}
        self._count = 0
        self._failures: dict[Key, int] = {}
        self.recovered: Callable[[Bound], None] | None = None  # told of each key that goes through after a failure

    def __len__(self) -> int:
        return len(self._causes)

    def add(self, key: Key, cause: Cause, *, own: bool = False) -> None:
        """Reconcile ``key`` because of ``cause``; ``own``: it is woken by its own write."""
        if key in self._causes:
            if not own and key in self._in_slow:
                self._in_slow.discard(key)  # stays in the slow deque as a husk
                self._append(key)
            elif key in self._ranks:
                self._place(key)  # what it is ranked by may have changed
            return
        self._causes[key] = cause
        if own:
            self._in_slow.add(key)
            self._slow.append(key)
        else:
            self._append(key)

    def _append(self, key: Key) -> None:
        if self._rank is not None and self._place(key):
            self._fast.append(key[0])
        else:
            self._fast.append(key)

    def _place(self, key: Key) -> bool:
        """Put the key in its place among those of its program; whether they have an order."""
        assert self._rank is not None
        rank = self._rank(key)
        if rank is None:
            return False
        if self._ranks.get(key) != rank:
            self._ranks[key] = rank
            self._count += 1
            heapq.heappush(self._ranked.setdefault(key[0], []), (rank, self._count, key))
        return True

    def _best(self, bound: Bound) -> Key | None:
        heap = self._ranked.get(bound)
        while heap:
            rank, _, key = heapq.heappop(heap)
            if self._ranks.get(key) == rank:
                del self._ranks[key]
                return key
        return None

    def pop(self) -> tuple[Key, Cause] | None:
        """The next key and its cause; None when there is nothing to do now."""
        while self._fast:
            waiting = self._fast.popleft()
            key = waiting if isinstance(waiting, tuple) else self._best(waiting)
            cause = self._causes.pop(key, None) if key is not None else None
            if key is not None and cause is not None:
                return key, cause
        while self._slow:
            key = self._slow.popleft()
            if key in self._in_slow:
                self._in_slow.discard(key)
                return key, self._causes.pop(key)
        return None

    def at(self, instant: int, key: Key, cause: Cause) -> None:
        """Reconcile ``key`` at ``instant`` (ns); of several instants the earliest counts."""
        due = self._due.get(key)
        if due is not None and due <= instant:
            return
        self._due[key] = instant
        self._count += 1
        heapq.heappush(self._later, (instant, self._count, key, cause))

    def cancel(self, key: Key) -> None:
        """Forget the instant at which ``key`` was to come back."""
        self._due.pop(key, None)

    def next_instant(self) -> int:
        """When the timetable has something (ns); 0: never."""
        while self._later:
            instant, _, key, _ = self._later[0]
            if self._due.get(key) == instant:
                return instant
            heapq.heappop(self._later)
        return 0

    def release(self, now: int) -> int:
        """Queue every key whose instant has come; returns how many."""
        count = 0
        while self._later and self._later[0][0] <= now:
            instant, _, key, cause = heapq.heappop(self._later)
            if self._due.get(key) == instant:
                del self._due[key]
                cause.at = now
                self.add(key, cause)
                count += 1
        return count

    def failed(self, key: Key) -> int:
        """One more failure of ``key``: the delay (ns) before it should be tried again."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(BASE << min(failures, 40), CAP)
        return delay + int(delay * 0.1 * self._random.random())

    def struggling(self, least: int = 1) -> list[Key]:
        """The keys that have failed at least so often in a row."""
        return [key for key, failures in self._failures.items() if failures >= least]

    def succeeded(self, key: Key) -> None:
        """``key`` went through: the next failure starts from the first delay."""
        if self._failures.pop(key, None) is not None and self.recovered is not None:
            self.recovered(key[0])

    def failing(self, bound: Bound) -> int:
        """How many keys of a program wait to be tried again after a failure."""
        return sum(key[0] is bound for key in self._failures)

    def has(self, bound: Bound) -> bool:
        """Whether a key of this program waits, now or for an instant."""
        return any(key[0] is bound for key in (*self._causes, *self._due))

    def forget(self, bound: Bound) -> None:
        """Drop every key of a program that is no longer there."""
        for key in [key for key in self._causes if key[0] is bound]:
            del self._causes[key]
            self._in_slow.discard(key)
        self._ranked.pop(bound, None)
        for key in [key for key in self._ranks if key[0] is bound]:
            del self._ranks[key]
        for key in [key for key in self._due if key[0] is bound]:
            del self._due[key]
        for key in [key for key in self._failures if key[0] is bound]:
            del self._failures[key]
