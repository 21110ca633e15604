"""Time and chance, both passed in: nothing below the shell asks the machine for either.

Instants are ``int`` nanoseconds since 1970-01-01T00:00:00Z; durations are ``int`` nanoseconds. Kubernetes'
two wire formats (``metav1.Time`` in seconds, ``metav1.MicroTime``) are made here and nowhere else.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> int:
        """Nanoseconds since the epoch, UTC."""


class RealClock:
    """The machine's clock."""

    def now(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return time.time_ns()


class SteadyClock:
    """The real time at the start, and what has passed since: goes on in suspension, and never back."""

    def __init__(self) -> None:
        self._base = time.time_ns() - self._passed()

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return self._base + self._passed()

    @staticmethod
    def _passed() -> int:
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return time.clock_gettime_ns(clock) if clock is not None else time.monotonic_ns()


class VirtualClock:
    """A clock that stands still until it is told to move: specs converge in milliseconds of real time.

    >>> clock = VirtualClock("2026-01-01T00:00:00Z")
    >>> clock.advance(90 * SECOND)
    >>> rfc3339(clock.now())
    '2026-01-01T00:01:30Z'
    """

    def __init__(self, start: str = "2026-01-01T00:00:00Z") -> None:
        self._now = parse_rfc3339(start)

    def now(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return self._now

    def advance(self, nanoseconds: int) -> None:
        """Move forward; time never runs backwards (ValueError)."""
        if nanoseconds < 0:
            raise ValueError(f"advancing a virtual clock by {nanoseconds} ns: time does not run backwards")
        self._now += nanoseconds

    def advance_to(self, instant: int) -> None:
        """Move forward to ``instant``; an instant in the past leaves the clock where it is."""
        self._now = max(self._now, instant)


_second_cache: tuple[int, str] = (0, "1970-01-01T00:00:00Z")


def rfc3339(instant: int) -> str:
    """``metav1.Time``: whole seconds, UTC.

    >>> rfc3339(0)
    '1970-01-01T00:00:00Z'
    """
    global _second_cache
    seconds = instant // SECOND
    cached = _second_cache
    if cached[0] == seconds:
        return cached[1]
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _second_cache = (seconds, text)
    return text


def rfc3339_micro(instant: int) -> str:
    """``metav1.MicroTime``: six digits of a second, UTC.

    >>> rfc3339_micro(1_500_000)
    '1970-01-01T00:00:00.001500Z'
    """
    seconds, nanos = divmod(instant, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos // 1000:06d}Z"


def parse_rfc3339(text: str) -> int:
    """Nanoseconds since the epoch of an RFC 3339 text; ValueError says what was not understood.

    >>> parse_rfc3339("1970-01-01T00:00:01.000000001Z")
    1000000001
    """
    body, nanos = text, 0
    if "." in text:
        head, _, tail = text.partition(".")
        digits = len(tail) - len(tail.lstrip("0123456789"))
        if digits == 0 or digits > 9:
            raise ValueError(f"{text!r} is not an RFC 3339 time (1 to 9 digits of a second expected)")
        nanos = int(tail[:digits].ljust(9, "0"))
        body = head + tail[digits:]
    try:
        moment = datetime.fromisoformat(body)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an RFC 3339 time ({error})") from None
    if moment.tzinfo is None or "T" not in body.upper():
        raise ValueError(f"{text!r} is not an RFC 3339 time (date, 'T', time and zone expected)")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + nanos
