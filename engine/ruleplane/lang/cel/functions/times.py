"""Timestamps and durations: conversions and their parts.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#timestamp-and-duration
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.clock import SECOND
from ruleplane.lang.cel.operators import timestamp_of
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.times import calendar, duration_text, parse_duration, parse_timestamp, timestamp_text
from ruleplane.lang.cel.values import Duration, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@standard("timestamp(string) -> timestamp")
def timestamp_from_text(text: str) -> Timestamp:
    """Of RFC 3339 text."""
    return parse_timestamp(text)


@standard("timestamp(int) -> timestamp")
def timestamp_from_seconds(seconds: int) -> Timestamp:
    """Of seconds since 1970."""
    return timestamp_of(seconds * SECOND)


@standard("timestamp(timestamp) -> timestamp", "duration(duration) -> duration")
def unchanged(value: Timestamp | Duration) -> Timestamp | Duration:
    """The same value."""
    return value


@standard("duration(string) -> duration")
def duration_from_text(text: str) -> Duration:
    """Of Go duration text such as ``1h30m``."""
    return parse_duration(text)


@standard("duration(int) -> duration")
def duration_from_nanoseconds(ns: int) -> Duration:
    """Of nanoseconds."""
    return Duration(ns)


@standard("int(timestamp) -> int")
def seconds_of_timestamp(value: Timestamp) -> int:
    """Whole seconds since 1970."""
    return value.ns // SECOND


@standard("int(duration) -> int")
def nanoseconds_of_duration(value: Duration) -> int:
    """Nanoseconds."""
    return value.ns


@standard("string(timestamp) -> string")
def text_of_timestamp(value: Timestamp) -> str:
    """RFC 3339 in UTC."""
    return timestamp_text(value)


@standard("string(duration) -> string")
def text_of_duration(value: Duration) -> str:
    """Seconds, such as ``1.5s``."""
    return duration_text(value)


def _part(name: str, read: Callable[[datetime], int]) -> None:
    """``timestamp.name()`` and ``timestamp.name(zone)``."""

    def part(value: Timestamp, zone: str = "UTC") -> int:
        return read(calendar(value, zone))

    standard(f"(timestamp).{name}() -> int", f"(timestamp).{name}(string) -> int")(part)


_part("getFullYear", lambda moment: moment.year)
_part("getMonth", lambda moment: moment.month - 1)
_part("getDate", lambda moment: moment.day)
_part("getDayOfMonth", lambda moment: moment.day - 1)
_part("getDayOfWeek", lambda moment: moment.isoweekday() % 7)
_part("getDayOfYear", lambda moment: moment.timetuple().tm_yday - 1)
_part("getHours", lambda moment: moment.hour)
_part("getMinutes", lambda moment: moment.minute)
_part("getSeconds", lambda moment: moment.second)
_part("getMilliseconds", lambda moment: moment.microsecond // 1000)


def _whole(ns: int, unit: int) -> int:
    """Toward zero."""
    return ns // unit if ns >= 0 else -(-ns // unit)


@standard("(duration).getHours() -> int")
def hours(value: Duration) -> int:
    """Whole hours of the span."""
    return _whole(value.ns, 3600 * SECOND)


@standard("(duration).getMinutes() -> int")
def minutes(value: Duration) -> int:
    """Whole minutes of the span."""
    return _whole(value.ns, 60 * SECOND)


@standard("(duration).getSeconds() -> int")
def seconds(value: Duration) -> int:
    """Whole seconds of the span."""
    return _whole(value.ns, SECOND)


@standard("(duration).getMilliseconds() -> int")
def milliseconds(value: Duration) -> int:
    """The milliseconds past the whole seconds."""
    part = abs(value.ns) % SECOND // 1_000_000
    return part if value.ns >= 0 else -part
