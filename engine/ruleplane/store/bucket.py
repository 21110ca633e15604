"""The keys of one bucket in order, and its part of the log.

A bucket is everything under the first two components of a key, with the slash: ``core/pods/default/web`` is in
``core/pods/``. Lists and watches of a prefix that long touch one bucket; shorter ones look at all.

Keys are kept in one sorted list that is put in order when somebody reads: a burst of 10,000 writes costs 10,000 set
insertions and one sort. For example, with ``[a, c]`` in order, Put b and Delete c leave ``unsettled = {b, c}``, and the
next list makes ``[a, b]`` of it.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from typing import TYPE_CHECKING

from ruleplane.store.log import Log

if TYPE_CHECKING:
    from ruleplane.store.base import Entry

_FEW = 32  # up to here inserting one by one beats sorting


def bucket_of(key: str) -> str:
    """The bucket of a key, or of a prefix that lies within one; "" of a text with fewer than two slashes.

    >>> bucket_of("core/pods/default/web"), bucket_of("core/")
    ('core/pods/', '')
    """
    return key[: key.find("/", key.find("/") + 1) + 1]


def end_of(prefix: str) -> str:
    """The smallest text greater than every text that starts with ``prefix``; "" if there is none.

    >>> end_of("core/pods/")
    'core/pods0'
    """
    stem = prefix.rstrip(chr(sys.maxunicode))
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else ""


class Bucket:
    """Keys in order (settled when read) and events of one bucket. ``entries`` is the store's dict of all entries."""

    __slots__ = ("_entries", "_keys", "log", "unsettled")

    def __init__(self, entries: dict[str, Entry]) -> None:
        self.log = Log()
        self.unsettled: set[str] = set()  # keys created or deleted since the last read
        self._keys: list[str] = []
        self._entries = entries

    def keys(self, prefix: str, start: str) -> list[str]:
        """The present keys under ``prefix`` from ``start`` on, in order; a new list."""
        keys = self._settled()
        low = bisect_left(keys, max(prefix, start))
        end = end_of(prefix)
        return keys[low : bisect_left(keys, end, low) if end else len(keys)]

    def _settled(self) -> list[str]:
        unsettled, entries = self.unsettled, self._entries
        if not unsettled:
            return self._keys
        if len(unsettled) > _FEW:
            self._keys = sorted(key for key in unsettled.union(self._keys) if key in entries)
        else:
            keys = self._keys
            for key in unsettled:
                index = bisect_left(keys, key)
                there = index < len(keys) and keys[index] == key
                if key in entries:
                    if not there:
                        keys.insert(index, key)
                elif there:
                    del keys[index]
        unsettled.clear()
        return self._keys
