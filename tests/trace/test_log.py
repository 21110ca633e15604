"""What both logs promise."""

from __future__ import annotations

from ruleplane.model.trace import EffectRecord
from support.history import NODE, POD, RS, a_pod_is_born, firing, watch


def ids(records):
    return [record.id for record in records]


def test_an_empty_log_has_no_first_and_no_last(log):
    assert (log.first, log.last, list(log.newest()), log.after(0, 10)) == (0, 0, [], [])


def test_what_was_appended_is_read_back_whole_and_newest_first(log):
    records = a_pod_is_born()
    log.append(records)
    assert list(log.newest()) == records[::-1]
    assert (log.first, log.last) == (1, 5)


def test_a_record_is_found_by_its_primary_and_by_each_object_that_it_acted_on(log):
    log.append(a_pod_is_born())
    assert ids(log.newest(ref=RS)) == [5, 2, 1]
    assert ids(log.newest(ref=POD)) == [4, 3, 2]
    assert ids(log.newest(ref=NODE)) == []


def test_a_record_is_found_by_rule_and_rule_set(log):
    log.append(a_pod_is_born())
    assert ids(log.newest(rule="report")) == [5, 4]
    assert ids(log.newest(rule="report", ruleset="pod")) == [4]
    assert ids(log.newest(ruleset="replicaset")) == [5, 2]
    assert ids(log.newest(ruleset="replicaset", below=5)) == [2]


def test_the_writer_of_a_revision_is_found_only_for_the_object_written(log):
    log.append(a_pod_is_born())
    assert log.writer(POD, 3).id == 3
    assert log.writer(RS, 1).id == 1
    assert log.writer(RS, 3) is None
    assert log.writer(POD, 99) is None


def test_a_refused_write_is_found_by_its_object_and_wrote_no_revision(log):
    refused = EffectRecord("keep-replicas", "create", POD, outcome="refused", message="exceeded quota")
    log.append([firing(1, "controller-manager/replicaset", RS, watch(RS, 1), refused)])
    assert ids(log.newest(ref=POD)) == [1]
    assert log.writer(POD, 1) is None


def test_following_takes_what_came_after_the_cursor_oldest_first(log):
    log.append(a_pod_is_born())
    assert ids(log.after(2, 2)) == [3, 4]
    assert ids(log.after(4, 10)) == [5]
    assert ids(log.after(5, 10)) == []


def test_of_several_rules_in_one_request_each_finds_it(log):
    effect = EffectRecord("bind,report", "patch", POD, "u", "status", "done", 1, ("status.phase",))
    made = firing(1, "scheduler/default", POD, watch(POD, 1), effect, rules=())
    log.append([made])
    assert ids(log.newest(rule="report")) == ids(log.newest(rule="bind")) == [1]
    assert ids(log.newest(rule="bind,report")) == []
