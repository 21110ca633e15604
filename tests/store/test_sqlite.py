"""What only the SQLite store does: batches, trimming, packing, reading what was stopped."""

from __future__ import annotations

import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import FutureRevision, StoreError
from ruleplane.store.base import Put
from ruleplane.store.sqlite import BATCH, FILE, TRIM, SqliteStore, open_readonly
from support.drive import drive
from support.stores import Backend, Caller, number, obj

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(Backend("sqlite", SqliteStore), tmp_path / "data")
    yield caller
    caller.store.close()


def crash(caller: Caller, copy: Path) -> SqliteStore:
    """What another process would find if this one were killed now."""
    shutil.copytree(caller.directory, copy)
    return SqliteStore(copy)


def rows(directory: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(directory / FILE) as db:
        found = db.execute("SELECT id >> 20, key FROM versions ORDER BY id").fetchall()
    db.close()
    return found


def test_a_write_is_visible_at_once_and_lasts_from_durable_on(caller: Caller, tmp_path: Path):
    caller.put("core/pods/d/a", 1)
    drive(caller.store.durable(1))
    caller.put("core/pods/d/a", 2)
    assert caller.get("core/pods/d/a") == 2
    found = crash(caller, tmp_path / "copy")
    assert found.revision == 1
    assert number(drive(found.get("core/pods/d/a"))) == 1
    found.close()


def test_durable_makes_everything_before_it_durable_too(caller: Caller):
    for n in range(10):
        caller.put(f"core/pods/d/{n}", n)
    drive(caller.store.durable(3))
    assert caller.store.durable_revision == 10


def test_the_future_is_not_durable(caller: Caller):
    with pytest.raises(FutureRevision):
        drive(caller.store.durable(1))


def test_a_full_batch_is_committed_without_being_asked(caller: Caller):
    for n in range(BATCH - 1):
        caller.put(f"core/pods/d/{n}", n)
    assert caller.store.durable_revision == 0
    caller.put("core/pods/d/last", 0)
    assert caller.store.durable_revision == BATCH
    assert caller.store.waiting == 0


def test_what_is_not_json_is_refused_before_anybody_sees_it(caller: Caller):
    watch = caller.watch("")
    for value in ({"n": object()}, {"n": 2**70}, {"n": "\ud800"}, {1: 1}):
        with pytest.raises(TypeError):
            caller.txn(Put("core/pods/d/good", obj(1)), Put("core/pods/d/bad", value))
    with pytest.raises(UnicodeEncodeError):
        caller.txn(Put("core/pods/d/\ud800", obj(1)))
    assert caller.revision == 0
    assert caller.list("") == {}
    assert watch.take() == []
    caller.put("core/pods/d/good", 1)
    caller.reopen()
    assert caller.list("") == {"core/pods/d/good": 1}


def test_compaction_removes_superseded_and_deleted_rows_from_the_file(caller: Caller):
    caller.put("core/pods/d/a", 1)
    caller.put("core/pods/d/a", 2)
    caller.put("core/pods/d/b", 3)
    caller.delete("core/pods/d/b")
    caller.put("core/pods/d/a", 5)
    caller.store.compact(4)
    caller.store.close()
    assert rows(caller.directory) == [(2, "core/pods/d/a"), (5, "core/pods/d/a")]


def test_trimming_goes_on_slice_by_slice_and_after_a_restart(caller: Caller):
    for n in range(3 * TRIM):
        caller.put("core/pods/d/a", n)
    caller.store.compact(3 * TRIM)
    caller.reopen()  # closing flushed once: one slice
    assert caller.store.unflushed
    slices = 0
    while caller.store.unflushed:
        caller.store.flush()
        slices += 1
    assert slices == 2
    caller.store.close()
    assert rows(caller.directory) == [(3 * TRIM, "core/pods/d/a")]


def test_keep_compacts_only_now_and_then(caller: Caller):
    compacted = set()
    for n in range(1, 301):
        caller.put("core/pods/d/a", n)
        caller.store.keep(100)
        compacted.add(caller.store.compacted)
        assert caller.revision - caller.store.compacted <= 110
    assert len(compacted) == 19


def test_a_superseded_object_is_kept_as_bytes_and_read_all_the_same(caller: Caller):
    first = caller.put("core/pods/d/a", 1).entries[0]
    for n in range(2, 1_200):
        caller.put("core/pods/d/a", n)
    caller.store.flush()
    assert first is not None
    assert "value" not in {name for name in ("value",) if _is_decoded(first, name)}
    assert first.value["n"] == 1
    assert _is_decoded(first, "value")
    assert caller.get("core/pods/d/a", 1) == 1


def _is_decoded(entry: object, name: str) -> bool:
    try:
        object.__getattribute__(entry, name)
    except AttributeError:
        return False
    return True


def test_loading_decodes_nothing(caller: Caller):
    caller.put("core/pods/d/a", 1)
    caller.reopen()
    entry = caller.entry("core/pods/d/a")
    assert not _is_decoded(entry, "value")
    with pytest.raises(AttributeError, match="nonsense"):
        entry.nonsense  # noqa: B018 - the access is the test
    assert number(entry) == 1


def test_a_stopped_directory_can_be_read_and_stays_as_it_is(caller: Caller):
    caller.put("core/pods/d/a", 1)
    caller.put("core/pods/d/a", 2)
    caller.store.close()
    before = contents(caller.directory)
    stopped = open_readonly(caller.directory)
    assert [number(drive(stopped.get("core/pods/d/a", at))) for at in (1, 2)] == [1, 2]
    with pytest.raises(StoreError, match="to be read, not written"):
        drive(stopped.txn([], [Put("core/pods/d/a", obj(3))]))
    assert contents(caller.directory) == before


def test_what_a_crash_left_behind_can_be_read_and_stays_as_it_is(caller: Caller, tmp_path: Path):
    caller.put("core/pods/d/a", 1)
    drive(caller.store.durable(1))
    shutil.copytree(caller.directory, tmp_path / "copy")
    before = contents(tmp_path / "copy")
    assert any(name.endswith("-wal") for name in before)
    assert number(drive(open_readonly(tmp_path / "copy").get("core/pods/d/a"))) == 1
    assert contents(tmp_path / "copy") == before


def test_where_there_is_no_store_there_is_nothing_to_read(tmp_path: Path):
    with pytest.raises(StoreError, match="there is no store in"):
        open_readonly(tmp_path)
    with pytest.raises(StoreError, match="there is no store in"):
        open_readonly(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_can_read_the_directory(caller: Caller):
    assert caller.directory.stat().st_mode & 0o777 == 0o700
    assert (caller.directory / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try this as somebody else")
def test_a_directory_without_permission_is_a_clear_error(caller: Caller):
    caller.store.close()
    caller.directory.parent.chmod(0o755)
    os.seteuid(65534)
    try:
        for attempt in (SqliteStore, open_readonly):
            with pytest.raises(StoreError, match="Permission denied"):
                attempt(caller.directory)
    finally:
        os.seteuid(0)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
