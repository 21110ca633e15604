"""A full disk refuses writes and loses nothing acknowledged. Full for real: the kernel limits the size of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import StoreFull
from ruleplane.store.sqlite import SqliteStore
from support.children import python
from support.drive import drive

if TYPE_CHECKING:
    import subprocess

# The journal's WAL reaches the limit first; or the file itself does, while a WAL is folded into it.
SIZES = [pytest.param(400_000, 0, id="in the WAL"), pytest.param(12_000_000, 11_000_000, id="beyond a checkpoint")]


def until_full(child: subprocess.Popen[bytes]) -> int:
    """The last revision said to be durable before the disk was full."""
    assert child.stdout is not None
    durable = 0
    for line in child.stdout:
        word, number = line.split()
        if word == b"full":
            assert durable > 0, "the disk was full before anything was written: the limit is too small to test anything"
            return durable
        durable = int(number)
    raise AssertionError("the process ended without filling its disk")


def reopened(directory: Path) -> int:
    """The revision found; everything up to it is there."""
    store = SqliteStore(directory)
    objects = drive(store.list("core/pods/")).entries
    store.close()
    assert [entry.value["n"] for entry in objects] == list(range(1, store.revision + 1))
    return store.revision


def start(directory: Path, limit: int, before: int) -> subprocess.Popen[bytes]:
    return python(Path(__file__).with_name("fill_disk.py"), directory, str(limit), str(before))


@pytest.mark.parametrize(("limit", "before"), SIZES)
def test_killed_while_the_disk_is_full_it_has_lost_only_what_was_refused(tmp_path: Path, limit: int, before: int):
    with start(tmp_path, limit, before) as child:
        durable = until_full(child)
        child.kill()
    assert reopened(tmp_path) == durable


@pytest.mark.parametrize(("limit", "before"), SIZES)
def test_once_there_is_room_again_the_next_write_makes_everything_durable(tmp_path: Path, limit: int, before: int):
    with start(tmp_path, limit, before) as child:
        durable = until_full(child)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"go on\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"durable %d\n" % (durable + 2)
        child.kill()
    assert reopened(tmp_path) == durable + 2


def test_a_store_that_cannot_be_made_for_want_of_room_is_refused(tmp_path: Path):
    code = """
import resource, signal, sys
from ruleplane.errors import StoreFull
from ruleplane.store.sqlite import SqliteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    SqliteStore(sys.argv[1])
except StoreFull as error:
    print(error)
"""
    with python("-c", code, tmp_path) as child:
        output, _ = child.communicate()
    assert output.startswith(b"cannot create ")
    SqliteStore(tmp_path).close()


def test_closing_while_the_disk_is_full_says_so_and_lets_go_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from ruleplane.store.base import Put
    from ruleplane.store.journal import Journal

    def full(*_: object) -> None:
        raise StoreFull("no room")

    store = SqliteStore(tmp_path)
    drive(store.txn([], [Put("core/pods/d/a", {})]))
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", full)
        with pytest.raises(StoreFull, match="no room"):
            store.close()
    assert reopened(tmp_path) == 0
