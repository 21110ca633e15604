"""``trace.db``: bounded, restarted, read while stopped, damaged, newer."""

from __future__ import annotations

import logging
import sqlite3

import pytest

from ruleplane.errors import StoreDamaged, StoreError, StoreTooNew
from ruleplane.model.trace import EffectRecord
from ruleplane.trace import sqlite as module
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.sqlite import FILE, open_log, read_log
from support.history import POD, RS, a_pod_is_born, firing, watch


def many(start, count):
    return [
        firing(n, "kubelet/pod", f"v1/Pod/default/p-{n}", watch(f"v1/Pod/default/p-{n}", n),
               EffectRecord("report", "patch", f"v1/Pod/default/p-{n}", "u", "status", "done", n, ("status.phase",)))
        for n in range(start, start + count)
    ]  # fmt: skip


def test_a_second_start_goes_on_counting_where_the_first_stopped(tmp_path):
    log = open_log(tmp_path)
    log.append(a_pod_is_born())
    log.close()
    recorder = Recorder(open_log(tmp_path))
    assert recorder.next_id() == 6
    assert recorder.log.writer(POD, 2) == a_pod_is_born()[1]
    recorder.close()


def test_the_oldest_segments_go_when_the_file_is_full_and_the_newest_records_stay(tmp_path):
    log = open_log(tmp_path, limit=1 << 20)
    for start in range(1, 12_001, 500):
        log.append(many(start, 500))
    assert (log.last, log.first > 1) == (12_000, True)
    assert log.writer("v1/Pod/default/p-12000", 12_000).id == 12_000
    assert log.writer("v1/Pod/default/p-1", 1) is None
    assert [record.id for record in log.newest(ref="v1/Pod/default/p-11999")] == [11_999]
    size = sum(path.stat().st_size for path in tmp_path.iterdir() if path.name == FILE)
    log.close()
    assert size < 2 << 20
    again = open_log(tmp_path, limit=1 << 20)
    assert again.last == 12_000
    again.close()


def test_following_crosses_segments(tmp_path):
    log = open_log(tmp_path, limit=1 << 20)
    for start in range(1, 2001, 100):
        log.append(many(start, 100))
    assert [record.id for record in log.after(0, 2000)] == list(range(1, 2001))
    log.close()


def test_two_texts_with_one_checksum_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "crc32", lambda data: 7)
    log = open_log(tmp_path)
    log.append(a_pod_is_born())
    assert [record.id for record in log.newest(ref=RS, rule="report")] == [5]
    assert log.writer(RS, 5).id == 5
    assert log.writer(RS, 3) is None
    log.close()


def test_a_stopped_directory_is_read_without_writing_to_it(tmp_path):
    log = open_log(tmp_path)
    log.append(a_pod_is_born())
    log.close()
    before = (tmp_path / FILE).read_bytes()
    reading = read_log(tmp_path)
    assert reading.last == 5
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.append(many(6, 1))
    reading.close()
    assert (tmp_path / FILE).read_bytes() == before


def test_a_trace_that_was_not_closed_is_read_back(tmp_path):
    log = open_log(tmp_path)
    log.append(a_pod_is_born())
    reading = read_log(tmp_path)
    assert reading.last == 5
    reading.close()
    log.close()


def test_a_directory_without_a_trace_is_said_to_have_none(tmp_path):
    with pytest.raises(StoreError, match=r"there is no trace\.db"):
        read_log(tmp_path)


def test_a_damaged_trace_cannot_be_read_and_says_so(tmp_path):
    (tmp_path / FILE).write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    with pytest.raises(StoreDamaged, match="cannot be read back"):
        read_log(tmp_path)


def test_another_programs_database_is_not_taken_for_a_trace(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(StoreDamaged, match="some other program's database"):
        read_log(tmp_path)


def test_recording_moves_a_damaged_trace_aside_and_begins_again(tmp_path, caplog):
    (tmp_path / FILE).write_bytes(b"rubbish" * 1000)
    with caplog.at_level(logging.WARNING):
        log = open_log(tmp_path)
    log.append(a_pod_is_born())
    assert log.last == 5
    log.close()
    assert (tmp_path / "trace.db.damaged").read_bytes().startswith(b"rubbish")
    assert "a new trace begins" in caplog.text


def test_a_newer_trace_is_refused_with_the_way_out(tmp_path):
    open_log(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    for opening in (open_log, read_log):
        with pytest.raises(StoreTooNew, match=r"has format 99.*use the newer ruleplane, or move the file away"):
            opening(tmp_path)
