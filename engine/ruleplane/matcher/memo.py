"""A bounded memory of answers, forgetting what was not asked for lately.

Not a cache of objects: keys are projections (:mod:`.encode`), of which a cluster has few however many objects it has,
so nothing ever needs to be invalidated. Called by :mod:`.durable` only.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """At most ``2 × half`` answers, in two generations: an answer that is asked for again moves to the young one.

    When the young generation is full it becomes the old one, and the old one goes. Cheaper than a list in order of
    use: an answer that is young already costs one lookup.
    """

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, half: int) -> None:
        self._half = half
        self._young: dict[str, T] = {}
        self._old: dict[str, T] = {}

    def get(self, key: str) -> T | None:
        """The answer, or ``None``."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: str, answer: T) -> None:
        """Remember an answer (not ``None``); with ``half`` 0 nothing is remembered."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        if self._half:
            self._young[key] = answer

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
