"""Functions that the cells of tables have beside CEL's own: how long ago, which labels, the first few of many.

Each has a doctest that says all of it; no kinds here. ``scope.now`` is the instant that ages are counted to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.clock import SECOND, parse_rfc3339
from ruleplane.lang.cel import Function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DAY = 24


class Scope(Protocol):
    """What functions that take a scope read of it."""

    now: int  # nanoseconds since the epoch


def human_duration(nanoseconds: int) -> str:
    """A duration as kubectl shows it: at most two units, coarser the longer it is.

    >>> [human_duration(n * SECOND) for n in (-5, 0, 119, 120, 605, 3600, 36000, 180000, 900000, 70000000)]
    ['<invalid>', '0s', '119s', '2m', '10m', '60m', '10h', '2d2h', '10d', '2y80d']
    """
    seconds = int(nanoseconds / SECOND)
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    minutes = seconds // 60
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 2 * _DAY:
        return f"{hours}h"
    days = hours // _DAY
    if days < 8:
        return _two(days, "d", hours % _DAY, "h")
    if days < 2 * 365:
        return f"{days}d"
    if days < 8 * 365:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


_instant = lru_cache(maxsize=20_000)(parse_rfc3339)


def age(scope: Scope, time: str) -> str:
    """How long ago a time is.

    >>> from types import SimpleNamespace
    >>> age(SimpleNamespace(now=90 * SECOND), "1970-01-01T00:00:00Z"), age(SimpleNamespace(now=0), "")
    ('90s', '<unknown>')
    """
    if not time:
        return "<unknown>"
    return human_duration(scope.now - _instant(time))


def elapsed(seconds: int) -> str:
    """A number of seconds as a duration.

    >>> elapsed(3600)
    '60m'
    """
    return human_duration(seconds * SECOND)


def since(start: str, end: str) -> str:
    """The duration between two times.

    >>> since("2026-01-01T00:00:00Z", "2026-01-01T00:02:30Z")
    '2m30s'
    """
    return human_duration(_instant(end) - _instant(start))


def latest(times: Sequence[str]) -> str:
    """The latest of some times, "" if there is none ("" stands for no time).

    >>> latest(["", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"])
    '2026-01-02T00:00:00Z'
    """
    return max((time for time in times if time), key=_instant, default="")


def labels(pairs: Mapping[str, str]) -> str:
    """Labels on one line.

    >>> labels({"b": "2", "a": "1"}), labels({})
    ('a=1,b=2', '<none>')
    """
    return ",".join(f"{key}={pairs[key]}" for key in sorted(pairs)) or "<none>"


_OPERATORS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


def selector(value: Mapping[str, Any]) -> str:
    """A label selector on one line.

    >>> selector({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "e", "operator": "NotIn", "values": ["x"]}]})
    'a=1,e notin (x)'
    """
    parts = [(key, f"{key}={one}") for key, one in (value.get("matchLabels") or {}).items()]
    for one in value.get("matchExpressions") or ():
        form = _OPERATORS.get(one["operator"], "<error>")
        parts.append((one["key"], form.format(key=one["key"], values=",".join(sorted(one.get("values") or ())))))
    return ",".join(text for _, text in sorted(parts)) or "<none>"


def brief(text: str, length: int) -> str:
    """A text of at most ``length`` characters, with dots for what is cut off.

    >>> brief("10.0.0.1,10.0.0.2", 16)
    '10.0.0.1,10.0...'
    """
    return text if len(text) <= length else text[: length - 3] + "..."


def first(items: Sequence[Any], default: Any) -> Any:
    """The first of a list, or what to show where it is empty.

    >>> first([], "none"), first([1, 2], "none")
    ('none', 1)
    """
    return items[0] if items else default


def some(items: Sequence[str], limit: int) -> str:
    """The first few of many.

    >>> some(["a", "b", "c"], 2)
    'a,b + 1 more...'
    """
    text = ",".join(items[:limit])
    return text if len(items) <= limit else f"{text} + {len(items) - limit} more..."


FUNCTIONS: dict[str, Function] = {
    "age": Function("age", age, takes_scope=True),
    **{
        one.__name__: Function(one.__name__, one)
        for one in (brief, elapsed, first, labels, latest, selector, since, some)
    },
}
