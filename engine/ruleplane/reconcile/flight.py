"""Ahead of the watch: what the API has answered to a write of ours or to a fresh read, and the watch has not told yet.

The answer is newer than the cache, and is taken in: every rule set of the process sees it at once, so that what is
allocated from something shared (the room on a machine, a free number) is not given away twice while a watch lags. This
only tells which of two states of an object is the newer one; the intake, which calls it, puts it into the cache.

Guarantees: an object never goes back. Of the answers to writes, what is being deleted is left to the watch, and so is
what it has told already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.matcher.cache import Cache


class InFlight:
    """The objects of which the cache shows more than its watches have told. ``told``: up to which revision the watch
    of a kind is known to have come."""

    def __init__(self, cache: Cache, told: Callable[[str], int]) -> None:
        self._cache, self._told = cache, told
        self._ahead: dict[str, dict[str, int]] = {}  # kind -> key -> the revision that was taken in

    def take(self, ref: str, key: str, obj: dict[str, Any], revision: int) -> bool:
        """Whether the answer to a write is news to the cache; it is then awaited from the watch."""
        if revision <= self._told(ref) or "deletionTimestamp" in obj["metadata"]:
            return False
        have = self._cache.get(ref, key)
        if have is not None and int(have["metadata"].get("resourceVersion") or 0) >= revision:
            return False
        self._ahead.setdefault(ref, {})[key] = revision
        return True

    def read(self, ref: str, key: str, have: dict[str, Any] | None, revision: int, *, there: bool) -> bool:
        """Whether a fresh read is news to the cache, which shows ``have``. ``there``: the object is so as of its own
        ``revision``; else there is none as of that revision of its kind."""
        shown = int(have["metadata"].get("resourceVersion") or 0) if have is not None else 0
        news = shown < revision if there else have is not None and shown <= revision
        if news:
            self._ahead.setdefault(ref, {})[key] = revision
        return news

    def overtaken(self, ref: str, key: str, revision: int) -> bool:
        """Whether a watch event tells less than the cache shows. The one that is awaited, or a later one, is not."""
        ahead = self._ahead.get(ref)
        if ahead is None or key not in ahead:
            return False
        if revision < ahead[key]:
            return True
        self._shown(ref, key)
        return False

    def vanished(self, ref: str, revision: int) -> list[str]:
        """All of this kind up to ``revision`` has been told: what was taken in and never told of is gone again."""
        gone = [key for key, at in self._ahead.get(ref, {}).items() if at <= revision]
        for key in gone:
            self._shown(ref, key)
        return gone

    def forget(self, ref: str) -> None:
        """The kind is listed afresh."""
        self._ahead.pop(ref, None)

    def _shown(self, ref: str, key: str) -> None:
        ahead = self._ahead[ref]
        del ahead[key]
        if not ahead:
            del self._ahead[ref]
