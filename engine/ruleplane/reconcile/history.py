"""What a value was during a window: the memory behind ``history()``, as values. Nothing is remembered here: a pass is
given what the one before it handed back, and the loop keeps it from one to the next, as long as the process lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ruleplane.lang.cel.operators import equal

Held: TypeAlias = tuple[tuple[int, Any], ...]  # (since when, ns; what), newest last
Past: TypeAlias = Mapping[str, tuple[int, Held]]  # where it is asked -> window (ns), what was held


def held(before: Held, value: Any, now: int, span: int) -> Held:
    """What was held within the last ``span``, ``value`` being what holds now.

    >>> held(((0, 3), (40, 5)), 5, 60, 30)
    ((0, 3), (40, 5))
    >>> held(((0, 3), (40, 5)), 4, 70, 30)
    ((40, 5), (70, 4))
    """
    if not before or not equal(before[-1][1], value):
        before = (*before, (now, frozen(value)))
    return within(before, now, span)


def within(entries: Held, now: int, span: int) -> Held:
    """Those that still held at some time in the window; the last one holds to this day."""
    first = 0
    while first + 1 < len(entries) and entries[first + 1][0] + span <= now:
        first += 1
    return entries[first:]


def carried(past: Past, asked: Past, now: int) -> Past:
    """The memory for the next pass: what this one ``asked``, and of the rest what is still in its window. Where nobody
    asked, nothing is known of the present, so that the last entry goes too."""
    out = dict(asked)
    for site, (span, entries) in past.items():
        if site not in out and entries[-1][0] + span > now:
            out[site] = span, within(entries, now, span)
    return out


def frozen(value: Any) -> Any:
    """A value that does not change with the cache: views of relations are copied.

    >>> frozen({"a": (1, 2)})
    {'a': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [frozen(item) for item in value]
    return value
