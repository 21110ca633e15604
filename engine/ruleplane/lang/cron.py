"""When a schedule strikes: the five fields of cron in a time zone, as Kubernetes reads them (robfig/cron v3).

Pure calendar; it wakes nobody, that is what ``functions`` does with it. Cron libraries do not serve here: those in use
move what falls into the gap of daylight saving, and take fields that Kubernetes refuses (``L``, ``7``). A schedule
strikes whenever the clock on the wall shows its time: never in the hour that is left out, twice in the one that comes
again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruleplane.clock import SECOND
from ruleplane.errors import EvaluationError

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
YEARS = 5  # so far robfig/cron looks for the next time
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a day, and the days."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool  # both kinds of days are restricted: one of them is enough

    def on(self, day: date) -> bool:
        """Whether it strikes on that day at all."""
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either else by_month and by_week


@lru_cache(maxsize=1000)
def schedule_of(text: str) -> Schedule:
    """A schedule as Kubernetes' CronJobs have it. Raises EvaluationError that names it.

    >>> schedule_of("*/20 8-9 * * mon,fri").minutes
    (0, 20, 40)
    >>> schedule_of("0 0 31 2")
    Traceback (most recent call last):
    ruleplane.errors.EvaluationError: '0 0 31 2' is not a schedule: expected exactly 5 fields, found 4
    """
    try:
        return _parse(text)
    except ValueError as error:
        raise EvaluationError(f"{text!r} is not a schedule: {error}") from None


def _parse(text: str) -> Schedule:
    if "TZ" in text:
        raise ValueError("it cannot name its zone with TZ or CRON_TZ: the zone is the second argument")
    if text.startswith("@every"):
        raise ValueError("@every counts from no instant that is known: use tick()")
    if text.startswith("@") and text not in _MACROS:
        raise ValueError(f"unrecognized descriptor (known: {', '.join(_MACROS)})")
    fields = _MACROS.get(text, text).split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}")
    minutes, _ = _field(fields[0], 0, 59)
    hours, _ = _field(fields[1], 0, 23)
    days, any_day = _field(fields[2], 1, 31)
    months, _ = _field(fields[3], 1, 12, _MONTHS)
    weekdays, any_weekday = _field(fields[4], 0, 6, _DAYS)
    return Schedule(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        frozenset(days),
        frozenset(months),
        frozenset(weekdays),
        not any_day and not any_weekday,
    )


def _field(text: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[set[int], bool]:
    """The values of a field, and whether it is unrestricted."""
    found: set[int] = set()
    free = False
    for part in filter(None, text.split(",")):
        span, *steps = part.split("/")
        begin, *ends = span.split("-")
        if len(steps) > 1:
            raise ValueError(f"too many slashes: {part}")
        if len(ends) > 1:
            raise ValueError(f"too many hyphens: {part}")
        step = _number(steps[0], part, {}) if steps else 1
        if begin in ("*", "?"):
            first, last = low, high
            free = free or step <= 1
        else:
            first = _number(begin, part, names or {})
            last = _number(ends[0], part, names or {}) if ends else high if steps else first
        if first < low:
            raise ValueError(f"beginning of range ({first}) below minimum ({low}): {part}")
        if last > high:
            raise ValueError(f"end of range ({last}) above maximum ({high}): {part}")
        if first > last:
            raise ValueError(f"beginning of range ({first}) beyond end of range ({last}): {part}")
        if step == 0:
            raise ValueError(f"step of range should be a positive number: {part}")
        found.update(range(first, last + 1, step))
    return found, free


def _number(text: str, part: str, names: dict[str, int]) -> int:
    if (named := names.get(text.lower())) is not None:
        return named
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"failed to parse int from {part}")
    return int(text)


@lru_cache(maxsize=1000)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises EvaluationError that names it.

    >>> zone_of("Europe/Zurich").key
    'Europe/Zurich'
    """
    try:
        if name in ("", "Local", "local"):  # the machine's own zone would make decisions depend on the machine
            raise ValueError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EvaluationError(f"{name!r} is not a time zone (an IANA name is expected, as Europe/Zurich)") from None


def previous(text: str, zone: str, now: int) -> int:
    """The last time (ns) at which a schedule struck, ``now`` included.

    >>> from ruleplane.clock import parse_rfc3339, rfc3339
    >>> rfc3339(previous("0 6 * * *", "Europe/Zurich", parse_rfc3339("2026-07-01T12:00:00Z")))
    '2026-07-01T04:00:00Z'
    """
    found = _around(text, zone, now)[0]
    if found is None:
        raise EvaluationError(f"the schedule {text!r} has not struck within {YEARS} years")
    return found


def following(text: str, zone: str, now: int) -> int | None:
    """The first time (ns) after ``now`` at which a schedule strikes; None: not within five years.

    >>> from ruleplane.clock import parse_rfc3339, rfc3339
    >>> rfc3339(following("@daily", "UTC", parse_rfc3339("2026-07-01T00:00:00Z")))
    '2026-07-02T00:00:00Z'
    """
    return _around(text, zone, now)[1]


_last: dict[tuple[str, str], tuple[int, int | None, int | None]] = {}  # what holds for many keys at one instant


def _around(text: str, zone: str, now: int) -> tuple[int | None, int | None]:
    held = _last.get((text, zone))
    if held is not None and held[0] <= now and (held[2] is not None and now < held[2]):
        return held[1], held[2]
    schedule, place = schedule_of(text), zone_of(zone)
    found = _nearest(schedule, place, now, -_DAY), _nearest(schedule, place, now, _DAY)
    if len(_last) > 1000:
        _last.clear()
    _last[text, zone] = (now, *found)
    return found


def _nearest(schedule: Schedule, zone: ZoneInfo, now: int, step: timedelta) -> int | None:
    """The nearest time after ``now`` (``step`` forward), or the last one up to it."""
    forward = step > timedelta()
    day = datetime.fromtimestamp(now // SECOND, zone).date()
    last = day.year + (YEARS if forward else -YEARS)
    day -= step  # where the clock is put back over midnight, a day comes again
    found: list[int] = []
    rest = 1
    while rest and (day.year <= last if forward else day.year >= last):
        times = [at for at in _times(schedule, zone, day) if (at > now) == forward]
        rest -= bool(found)  # the day after the first that has one may have an earlier one, for the same reason
        found += times
        day += step
    return (min(found) if forward else max(found)) if found else None


@lru_cache(maxsize=64)
def _times(schedule: Schedule, zone: ZoneInfo, day: date) -> tuple[int, ...]:
    """The instants (ns) of one day on the wall."""
    if not schedule.on(day):
        return ()
    found: set[int] = set()
    for hour in schedule.hours:
        for minute in schedule.minutes:
            wall = datetime(day.year, day.month, day.day, hour, minute)
            for fold in (0, 1):
                at = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
                    found.add(int(at.timestamp()) * SECOND)
    return tuple(found)
