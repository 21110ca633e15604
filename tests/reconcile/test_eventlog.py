"""Events: equal ones are counted, similar ones combined, chatter is cut short."""

import pytest

from ruleplane.clock import SECOND
from ruleplane.reconcile.effect import Notice
from ruleplane.reconcile.eventlog import EventLog

NOW = 1_767_225_600 * SECOND
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u1"}}


@pytest.fixture
def log():
    return EventLog()


def notice(message="hello", about=POD, reason="Said", host=""):
    return Notice("rule", reason, message, "Normal", about, host)


def test_an_event_is_about_its_object_and_told_by_its_component(log):
    event, again = log.record(notice(host="node-1"), "kubelet", NOW)
    assert again is None
    assert event["metadata"]["namespace"] == "shop"
    assert event["metadata"]["name"].startswith("web.")
    assert event["involvedObject"] == {
        "kind": "Pod",
        "apiVersion": "v1",
        "name": "web",
        "namespace": "shop",
        "uid": "u1",
    }
    assert (event["reason"], event["message"], event["type"], event["count"]) == ("Said", "hello", "Normal", 1)
    assert event["source"] == {"component": "kubelet", "host": "node-1"}
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T00:00:00Z"


def test_of_an_object_without_namespace_it_is_in_default(log):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "uid": "u2"}}
    event, _ = log.record(notice(about=node), "kubelet", NOW)
    assert event["metadata"]["namespace"] == "default"


def test_equal_events_are_counted(log):
    first, _ = log.record(notice(), "kubelet", NOW)
    for count in (2, 3):
        created, again = log.record(notice(), "kubelet", NOW + count * SECOND)
        assert created is None
        assert (again["metadata"]["name"], again["count"]) == (first["metadata"]["name"], count)
    assert again["lastTimestamp"] == "2026-01-01T00:00:03Z"
    assert again["firstTimestamp"] == "2026-01-01T00:00:00Z"


def test_another_source_object_reason_or_type_is_another_event(log):
    other = {**POD, "metadata": {**POD["metadata"], "uid": "u9"}}
    log.record(notice(), "kubelet", NOW)
    for one, component in (
        (notice(), "scheduler"),
        (notice(about=other), "kubelet"),
        (notice(reason="Cried"), "kubelet"),
    ):
        created, _ = log.record(one, component, NOW)
        assert created is not None


def test_from_the_eleventh_message_on_similar_events_are_combined(log):
    events = [log.record(notice(f"message {number}"), "kubelet", NOW) for number in range(13)]
    assert all(created is not None for created, _ in events[:10])
    assert events[10][0]["message"] == "(combined from similar events): message 10"
    assert [created["message"] for created, _ in events[:2]] == ["message 0", "message 1"]


def test_a_source_may_tell_25_events_at_once_and_one_more_every_five_minutes(log):
    admitted = [log.admit("kubelet", "u1", NOW) for _ in range(30)]
    assert admitted == [True] * 25 + [False] * 5
    assert log.admit("kubelet", "u2", NOW)
    assert log.admit("scheduler", "u1", NOW)
    assert not log.admit("kubelet", "u1", NOW + 299 * SECOND)
    assert log.admit("kubelet", "u1", NOW + 302 * SECOND)


def test_an_event_that_was_lost_is_created_anew(log):
    log.record(notice(), "kubelet", NOW)
    log.lost(notice(), "kubelet")
    created, _ = log.record(notice(), "kubelet", NOW)
    assert created["count"] == 1


def test_two_events_at_one_instant_have_two_names(log):
    one, _ = log.record(notice("a"), "kubelet", NOW)
    other, _ = log.record(notice("b"), "kubelet", NOW)
    assert one["metadata"]["name"] != other["metadata"]["name"]
