"""Timestamps and durations as text, and the calendar.

RFC 3339 and Go's duration syntax (``1h30m``, ``-1.5s``, ``20ms``); everything is int nanoseconds, no float on the way.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruleplane.clock import SECOND, parse_rfc3339
from ruleplane.lang.cel.operators import duration_of, timestamp_of
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import Duration, Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})", re.ASCII)


@lru_cache(maxsize=8192)
def parse_timestamp(text: str) -> Timestamp:
    """The instant of an RFC 3339 text."""
    try:
        return timestamp_of(parse_rfc3339(text))
    except ValueError as error:
        raise CelError(f"timestamp(): {error}") from None


@lru_cache(maxsize=8192)
def parse_duration(text: str) -> Duration:
    """The span of a Go duration text.

    >>> parse_duration("1h30m").ns // SECOND, parse_duration("-1.5ms").ns
    (5400, -1500000)
    """
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return Duration(0)
    total, at = 0, 0
    while at < len(body):
        match = _PART.match(body, at)
        if match is None or not (match[1] or match[2]):
            break
        unit, fraction = _UNITS[match[3]], match[2] or ""
        total += int(match[1] or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        at = match.end()
    if not body or at < len(body):
        raise CelError(f"duration(): {text!r} is not a duration (such as 1h30m, 1.5s or 20ms)")
    return duration_of(-total if text[0] == "-" else total)


def _fraction(ns: int) -> str:
    digits = f"{ns:09d}".rstrip("0")
    return f".{digits}" if digits else ""


def timestamp_text(value: Timestamp) -> str:
    """RFC 3339 in UTC, with as many digits of a second as needed.

    >>> timestamp_text(Timestamp(1_500_000_000))
    '1970-01-01T00:00:01.5Z'
    """
    seconds, ns = divmod(value.ns, SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}{_fraction(ns)}Z"


def duration_text(value: Duration) -> str:
    """Seconds, with as many digits as needed.

    >>> duration_text(Duration(-1_500_000_000))
    '-1.5s'
    """
    seconds, ns = divmod(abs(value.ns), SECOND)
    return f"{'-' if value.ns < 0 else ''}{seconds}{_fraction(ns)}s"


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CelError(f"unknown time zone {name!r}") from None


def calendar(value: Timestamp, zone: str = "UTC") -> datetime:
    """The date and time of day of an instant in a zone (IANA name or ``+01:00``), to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=value.ns // 1000)
    try:
        return moment.astimezone(_zone(zone))
    except OverflowError:
        raise CelError(f"this timestamp has no date in {zone}") from None
