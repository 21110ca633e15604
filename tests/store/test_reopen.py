"""What is there after a store was closed and opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import Compacted, StoreError
from ruleplane.store.base import Delete, Put
from support.stores import Caller, obj

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_is_there_again_and_revisions_go_on(lasting: Caller):
    lasting.put("core/pods/d/a", 1)
    lasting.put("core/pods/d/b", 2)
    lasting.put("core/pods/d/a", 3)
    lasting.reopen()
    assert lasting.list("") == {"core/pods/d/a": 3, "core/pods/d/b": 2}
    entry = lasting.entry("core/pods/d/a")
    assert entry is not None
    assert (entry.revision, entry.created, entry.version) == (3, 1, 2)
    assert entry.value["metadata"]["resourceVersion"] == "3"
    assert lasting.put("core/pods/d/c").revision == 4


def test_a_watch_goes_on_across_a_restart_without_a_gap(lasting: Caller):
    lasting.put("core/pods/d/a", 1)
    lasting.put("core/pods/d/a", 2)
    lasting.txn(Put("core/pods/d/b", obj(3)), Delete("core/pods/d/a"))
    before = lasting.watch("core/pods/", 1).take()
    lasting.reopen()
    watch = lasting.watch("core/pods/", 1)
    lasting.put("core/pods/d/b", 4)
    assert watch.take() == [*before, ("MODIFIED", "core/pods/d/b", 4, 4, 3)]


def test_the_past_can_be_read_after_a_restart(lasting: Caller):
    lasting.put("core/pods/d/a", 1)
    lasting.put("core/pods/d/a", 2)
    lasting.delete("core/pods/d/a")
    lasting.reopen()
    assert [lasting.get("core/pods/d/a", at) for at in (1, 2, 3)] == [1, 2, None]


def test_a_compaction_holds_after_a_restart(lasting: Caller):
    for n in range(1, 5):
        lasting.put("core/pods/d/a", n)
    lasting.store.compact(3)
    lasting.reopen()
    assert lasting.store.compacted == 3
    assert lasting.get("core/pods/d/a", 3) == 3
    with pytest.raises(Compacted):
        lasting.get("core/pods/d/a", 2)
    assert lasting.watch("", 3).take() == [("MODIFIED", "core/pods/d/a", 4, 4, 3)]


def test_revisions_go_on_even_if_the_last_one_was_a_forgotten_deletion(lasting: Caller):
    lasting.put("core/pods/d/a", 1)
    lasting.delete("core/pods/d/a")
    lasting.store.compact(2)
    lasting.reopen()
    assert lasting.revision == 2
    assert lasting.put("core/pods/d/a", 3).revision == 3


def test_closing_twice_is_closing_once(lasting: Caller):
    lasting.put("core/pods/d/a", 1)
    lasting.store.close()
    lasting.store.close()


def test_a_closed_store_takes_no_writes(lasting: Caller):
    lasting.store.close()
    with pytest.raises(StoreError, match="has been closed"):
        lasting.put("core/pods/d/a", 1)


def test_a_file_as_data_directory_is_a_clear_error(tmp_path: Path):
    from ruleplane.store.sqlite import SqliteStore

    (tmp_path / "file").write_text("not a directory")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match=r"cannot use the data directory .*file"):
            SqliteStore(path)
