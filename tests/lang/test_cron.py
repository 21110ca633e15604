"""Schedules are read, and strike, as in Kubernetes (robfig/cron v3): also where the clock is changed."""

from datetime import datetime

import pytest

from ruleplane.clock import SECOND, parse_rfc3339, rfc3339
from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang import cron
from ruleplane.specs.virtual import VirtualCluster

NEW_YORK = "America/New_York"


def strikes(schedule, zone, start, count):
    """The next times after ``start``, as its zone writes them."""
    found, at = [], parse_rfc3339(start)
    for _ in range(count):
        at = cron.following(schedule, zone, at)
        found.append(datetime.fromtimestamp(at // SECOND, cron.zone_of(zone)).isoformat())
    return found


@pytest.mark.parametrize(
    ("schedule", "zone", "start", "expected"),
    [
        # the clock is put forward from 2 to 3: what is due in between does not come
        ("30 2 11 3 *", NEW_YORK, "2012-03-11T00:00:00-05:00", ["2013-03-11T02:30:00-04:00"]),
        ("0 2 * * *", NEW_YORK, "2012-03-11T00:00:00-05:00", ["2012-03-12T02:00:00-04:00"]),
        (
            "0 * * * *",
            NEW_YORK,
            "2012-03-11T00:00:00-05:00",
            ["2012-03-11T01:00:00-05:00", "2012-03-11T03:00:00-04:00"],
        ),
        # and back from 2 to 1: that hour comes twice
        (
            "30 1 * * *",
            NEW_YORK,
            "2012-11-04T00:00:00-04:00",
            ["2012-11-04T01:30:00-04:00", "2012-11-04T01:30:00-05:00", "2012-11-05T01:30:00-05:00"],
        ),
        (
            "0 * * * *",
            NEW_YORK,
            "2012-11-04T00:00:00-04:00",
            ["2012-11-04T01:00:00-04:00", "2012-11-04T01:00:00-05:00", "2012-11-04T02:00:00-05:00"],
        ),
        # back over midnight, at one minute past: the last hour of the day before comes again
        (
            "30 23,0 * * *",
            "America/St_Johns",
            "2010-11-06T23:00:00-02:30",
            ["2010-11-06T23:30:00-02:30", "2010-11-06T23:30:00-03:30", "2010-11-07T00:30:00-03:30"],
        ),
        ("0 0 29 2 *", "UTC", "2025-01-01T00:00:00Z", ["2028-02-29T00:00:00+00:00"]),
        # both kinds of days restricted: either; a step of 1 restricts nothing, one of 2 does
        ("0 0 13 * 5", "UTC", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00+00:00", "2026-01-09T00:00:00+00:00"]),
        ("0 0 */1 * 5", "UTC", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00+00:00", "2026-01-09T00:00:00+00:00"]),
        ("0 0 */2 * 5", "UTC", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00"]),
        ("40/10 9 ? JAN Mon-tue", "UTC", "2026-01-01T00:00:00Z", ["2026-01-05T09:40:00+00:00"]),
        ("@weekly", "UTC", "2026-01-01T00:00:00Z", ["2026-01-04T00:00:00+00:00"]),
        ("@monthly", "UTC", "2026-01-01T00:00:00Z", ["2026-02-01T00:00:00+00:00"]),
        ("@yearly", "UTC", "2026-01-01T00:00:00Z", ["2027-01-01T00:00:00+00:00"]),
        ("0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", ["2026-01-01T09:00:00+05:30"]),
    ],
)
def test_a_schedule_strikes_when_the_clock_on_the_wall_shows_its_time(schedule, zone, start, expected):
    assert strikes(schedule, zone, start, len(expected)) == expected


@pytest.mark.parametrize("zone", [NEW_YORK, "UTC", "America/St_Johns"])
def test_looking_back_finds_what_looking_forward_found(zone):
    at = parse_rfc3339("2010-11-06T00:00:00Z")
    for _ in range(100):
        coming = cron.following("*/30 * * * *", zone, at)
        assert at < coming <= at + 1800 * SECOND
        assert cron.previous("*/30 * * * *", zone, coming) == coming
        assert cron.previous("*/30 * * * *", zone, coming - 1) < coming
        at = coming


def test_the_present_instant_has_struck_and_is_not_to_come():
    at = parse_rfc3339("2026-01-01T06:00:00Z")
    assert cron.previous("0 6 * * *", "UTC", at) == at
    assert rfc3339(cron.following("0 6 * * *", "UTC", at)) == "2026-01-02T06:00:00Z"


def test_a_day_that_never_comes_is_told_when_it_is_asked_for():
    assert cron.following("0 0 30 2 *", "UTC", 0) is None
    with pytest.raises(EvaluationError, match=r"'0 0 30 2 \*' has not struck within 5 years"):
        cron.previous("0 0 30 2 *", "UTC", 0)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("", "expected exactly 5 fields, found 0"),
        ("* * * * * *", "expected exactly 5 fields, found 6"),
        ("60 * * * *", r"end of range \(60\) above maximum \(59\): 60"),
        ("* * 0 * *", r"beginning of range \(0\) below minimum \(1\): 0"),
        ("* * * * 7", r"end of range \(7\) above maximum \(6\): 7"),
        ("9-5 * * * *", r"beginning of range \(9\) beyond end of range \(5\): 9-5"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/2/3 * * * *", "too many slashes: "),
        ("*/0 * * * *", "step of range should be a positive number"),
        ("* * * * L", "failed to parse int from L"),
        ("mon * * * *", "failed to parse int from mon"),
        ("-1 * * * *", "failed to parse int from -1"),
        ("@Daily", "unrecognized descriptor"),
        ("@every 1h", r"use tick\(\)"),
        ("TZ=UTC 0 6 * * *", "TZ or CRON_TZ"),
        ("CRON_TZ=UTC 0 6 * * *", "TZ or CRON_TZ"),
    ],
)
def test_what_kubernetes_refuses_is_refused_and_named(schedule, told):
    with pytest.raises(EvaluationError, match=told) as refusal:
        cron.schedule_of(schedule)
    assert repr(schedule) in str(refusal.value)


@pytest.mark.parametrize("zone", ["", "Local", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_a_zone_is_an_iana_name_and_never_the_machines_own(zone):
    with pytest.raises(EvaluationError, match=f"'{zone}' is not a time zone"):
        cron.zone_of(zone)


RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: clerk}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: stamp
      apply: {to: "${c}", data: {last: "${LAST}"}}
"""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("cronPrev('61 * * * *', 'UTC')", "'61 \\* \\* \\* \\*' is not a schedule"),
        ("cronNext('@daily', 'Europe/Nowhere')", "'Europe/Nowhere' is not a time zone"),
        ("cronPrev('@daily')", r"cronPrev\(\) takes a schedule and a time zone"),
    ],
)
def test_what_is_written_wrong_is_an_error_at_load_with_its_place(written, told):
    cluster = VirtualCluster(())
    with pytest.raises(SourceError, match=told) as refusal:
        cluster.load(RULES.replace("LAST", written))
    cluster.close()
    assert refusal.value.line == 9


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("cronPrev(c.data.at, 'UTC')", "'soon' is not a schedule: expected exactly 5 fields, found 1"),
        ("cronNext('@daily', c.data.at)", "'soon' is not a time zone"),
        ("cronNext('0 0 30 2 *', 'UTC')", "'0 0 30 2 *' does not strike within 5 years"),
        ("cronPrev('@daily', c)", "a schedule and a time zone are texts, found dict"),
    ],
)
def test_what_is_computed_wrong_is_the_rules_error_on_that_object(written, told):
    cluster = VirtualCluster(())
    cluster.load(RULES.replace("LAST", written))
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"at": "soon"}})
    cluster.settle()
    assert told in cluster.cluster.loop.errors["clerk"]
    cluster.close()
