"""Recording never raises, never waits, and never loses silently."""

from __future__ import annotations

import logging
import sqlite3

from ruleplane.trace.log import MemoryLog
from ruleplane.trace.recorder import Recorder
from support.history import a_pod_is_born


class FullDisk(MemoryLog):
    """A log that cannot be written for a while."""

    full = True

    def append(self, records):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        super().append(records)


def test_records_reach_the_log_in_the_order_of_their_ids_whatever_order_they_came_in():
    recorder = Recorder()
    for record in reversed(a_pod_is_born()):
        recorder.record(record)
    assert [record.id for record in recorder.log.after(0, 10)] == [1, 2, 3, 4, 5]


def test_a_flush_writes_a_slice_and_says_how_many_still_wait():
    recorder = Recorder()
    for record in a_pod_is_born():
        recorder.record(record)
    assert recorder.flush(limit=2) == 3
    assert recorder.pending == 3
    assert recorder.flush() == 0


def test_what_does_not_fit_into_the_queue_is_dropped_counted_and_told(caplog):
    recorder = Recorder(queue=3)
    for record in a_pod_is_born():
        recorder.record(record)
    with caplog.at_level(logging.WARNING):
        recorder.flush()
    assert (recorder.dropped, recorder.log.last) == (2, 3)
    assert "2 trace records were dropped: the queue of 3 was full" in caplog.text


def test_a_full_disk_costs_records_but_not_the_caller_and_is_told_once(caplog):
    log = FullDisk()
    recorder = Recorder(log)
    first, second, third, *_ = a_pod_is_born()
    with caplog.at_level(logging.WARNING):
        for record in (first, second):
            recorder.record(record)
            assert recorder.flush() == 0
    assert (recorder.dropped, len(caplog.records)) == (2, 1)
    assert "disk is full" in caplog.text
    log.full = False
    recorder.record(third)
    assert [record.id for record in recorder.log.after(0, 10)] == [3]


def test_ids_rise_by_one():
    recorder = Recorder()
    assert [recorder.next_id(), recorder.next_id(), recorder.next_id()] == [1, 2, 3]
