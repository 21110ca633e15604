"""A data directory that cannot be used is refused, and the message says what to do."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import StoreDamaged, StoreInUse, StoreTooNew
from ruleplane.store.journal import FORMAT
from ruleplane.store.sqlite import FILE, SqliteStore, open_readonly
from support.children import python
from support.stores import Backend, Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAY_OUT = "Restore the directory .* from a backup, or move it away"


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A directory with three revisions of one key, and 100 other objects over several pages."""
    caller = Caller(Backend("sqlite", SqliteStore), tmp_path)
    for n in range(1, 4):
        caller.put("core/pods/d/a", n)
    for n in range(100):
        caller.put(f"core/pods/d/other-{n}", n * 10**12)
    caller.store.close()
    return tmp_path / FILE


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def execute(path: Path, sql: str) -> None:
    db = sqlite3.connect(path)
    db.execute(sql)
    db.commit()
    db.close()


def refused(path: Path, error: type[Exception], match: str) -> None:
    for attempt in (SqliteStore, open_readonly):
        with pytest.raises(error, match=match):
            attempt(path.parent)


def test_a_garbled_header_is_damage(stopped: Path):
    edit(stopped, lambda data: b"garbage" * 100 + data[700:])
    refused(stopped, StoreDamaged, f"not a database.*{WAY_OUT}")


def test_a_truncated_file_is_damage(stopped: Path):
    edit(stopped, lambda data: data[: len(data) // 2])
    refused(stopped, StoreDamaged, WAY_OUT)


def test_an_empty_file_is_damage_and_not_a_new_store(stopped: Path):
    edit(stopped, lambda data: b"")
    refused(stopped, StoreDamaged, f"it is empty.*{WAY_OUT}")


def test_a_single_changed_digit_of_an_object_is_damage(stopped: Path):
    edit(stopped, lambda data: data.replace(b'"n":42000000000000', b'"n":42000000000001'))
    refused(stopped, StoreDamaged, f"revision 46 of 'core/pods/d/other-42' has changed on disk.*{WAY_OUT}")


def test_a_missing_revision_is_damage(stopped: Path):
    execute(stopped, "DELETE FROM versions WHERE id >> 20 = 50")
    refused(stopped, StoreDamaged, f"revisions 50 to 50 are missing.*{WAY_OUT}")


def test_a_version_that_contradicts_the_one_before_is_damage(stopped: Path):
    execute(stopped, "UPDATE state SET number = 2")
    execute(stopped, "DELETE FROM versions WHERE id >> 20 <= 2")
    refused(stopped, StoreDamaged, f"the version of 'core/pods/d/a' before revision 3 is missing.*{WAY_OUT}")


def test_a_missing_table_is_damage(stopped: Path):
    execute(stopped, "DROP TABLE versions")
    refused(stopped, StoreDamaged, f"no such table.*{WAY_OUT}")


def test_a_missing_compacted_revision_is_damage(stopped: Path):
    execute(stopped, "DELETE FROM state")
    refused(stopped, StoreDamaged, f"'compacted' is missing.*{WAY_OUT}")


def test_a_lost_file_beside_its_wal_is_damage(stopped: Path):
    stopped.rename(stopped.with_name(FILE + "-wal"))
    with pytest.raises(StoreDamaged, match=WAY_OUT):
        SqliteStore(stopped.parent)


def test_another_programs_file_is_left_alone(stopped: Path):
    stopped.unlink()
    execute(stopped, "CREATE TABLE theirs (x)")
    before = stopped.read_bytes()
    refused(stopped, StoreDamaged, "it is not a ruleplane store")
    assert stopped.read_bytes() == before


def test_a_newer_format_is_refused_and_left_alone(stopped: Path):
    execute(stopped, f"PRAGMA user_version = {FORMAT + 1}")
    before = stopped.read_bytes()
    refused(stopped, StoreTooNew, f"has format {FORMAT + 1}, .* reads up to {FORMAT}: run the version that wrote it")
    assert stopped.read_bytes() == before


def test_a_store_that_was_refused_can_be_opened_once_repaired(stopped: Path):
    execute(stopped, f"PRAGMA user_version = {FORMAT + 1}")
    refused(stopped, StoreTooNew, "format")
    execute(stopped, f"PRAGMA user_version = {FORMAT}")
    store = SqliteStore(stopped.parent)
    assert store.revision == 103
    store.close()


def test_a_crash_while_the_file_was_made_leaves_nothing_in_the_way(tmp_path: Path):
    (tmp_path / f"{FILE}.new").write_bytes(b"half a file")
    (tmp_path / f"{FILE}.new-wal").write_bytes(b"half a wal")
    SqliteStore(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", FILE]


def test_a_directory_that_this_process_holds_is_in_use(stopped: Path):
    store = SqliteStore(stopped.parent)
    refused(stopped, StoreInUse, f"is in use by process {os.getpid()}")
    store.close()
    SqliteStore(stopped.parent).close()


HOLD = """
import sys
from ruleplane.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_directory_that_another_process_holds_names_it_and_is_free_once_that_is_killed(stopped: Path):
    with python("-c", HOLD, stopped.parent) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        refused(stopped, StoreInUse, f"is in use by process {child.pid}: ")
        child.kill()
        child.wait()
    SqliteStore(stopped.parent).close()


def test_a_number_that_a_crash_left_in_the_lock_file_locks_nobody_out(stopped: Path):
    (stopped.parent / "lock").write_text("1\n")
    SqliteStore(stopped.parent).close()


def test_a_file_open_in_another_sqlite_program_is_in_use(stopped: Path):
    other = sqlite3.connect(stopped, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreInUse, match="open in another program"):
        SqliteStore(stopped.parent)
    other.close()
