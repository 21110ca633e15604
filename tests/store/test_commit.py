"""When the journal is committed, inside an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import StoreFull
from ruleplane.store import commit
from ruleplane.store.base import Put
from ruleplane.store.commit import Committer
from ruleplane.store.journal import Journal
from ruleplane.store.sqlite import BATCH, TRIM, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


class Disk:
    """Counts the commits of every journal; ``full``: they are refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits: list[int] = []  # rows of each
        self.full = False
        write = Journal.write

        def counted(journal: Journal, rows: list, dead: list, compacted: int) -> None:
            if self.full:
                raise StoreFull("no room")
            write(journal, rows, dead, compacted)
            self.commits.append(len(rows))

        monkeypatch.setattr(Journal, "write", counted)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(commit, "LINGER", 0)  # later is the loop's next turn: no test waits for a clock
    monkeypatch.setattr(commit, "_PAUSE", 0)
    return Disk(monkeypatch)


def in_loop(directory: Path, body: Callable[[SqliteStore], Awaitable[None]], keep: int = 0) -> None:
    """Run ``body`` on a store that commits within a loop."""

    async def main() -> None:
        store = SqliteStore(directory)
        try:
            committer = Committer(store, keep=keep)
            await body(store)
            committer.close()
        finally:
            store.close()

    asyncio.run(main())


async def write(store: SqliteStore, n: int) -> int:
    return (await store.txn([], [Put(f"core/pods/d/{n}", {"n": n})])).revision


async def write_durably(store: SqliteStore, n: int) -> int:
    revision = await write(store, n)
    await store.durable(revision)
    assert store.durable_revision >= revision
    return revision


async def turns(store: SqliteStore) -> None:
    """Let the loop turn until nothing is left to flush."""
    for _ in range(100):
        if not store.unflushed:
            return
        await asyncio.sleep(0)
    raise AssertionError("the loop has turned a hundred times and there is still something to flush")


def test_all_requests_of_one_turn_of_the_loop_share_one_commit(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        await asyncio.gather(*(write_durably(store, n) for n in range(50)))

    in_loop(tmp_path, body)
    assert disk.commits == [50]


def test_what_is_durable_already_does_not_wait(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        await write_durably(store, 1)
        await store.durable(1)
        await store.durable(0)

    in_loop(tmp_path, body)
    assert disk.commits == [1]


def test_writes_that_nobody_waits_for_are_committed_together_and_soon(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        for n in range(10):
            await write(store, n)
        assert store.durable_revision == 0
        await turns(store)
        assert store.durable_revision == 10

    in_loop(tmp_path, body)
    assert disk.commits == [10]


def test_a_full_batch_does_not_wait_for_the_loop(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        for n in range(BATCH):
            await write(store, n)
        assert store.durable_revision == BATCH

    in_loop(tmp_path, body)
    assert disk.commits == [BATCH]


def test_a_request_that_goes_away_takes_nobody_with_it(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        leaves, stays = (asyncio.ensure_future(write_durably(store, n)) for n in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        assert await stays == 2
        assert leaves.cancelled()

    in_loop(tmp_path, body)
    assert disk.commits == [2]


def test_everybody_who_waits_is_refused_when_the_disk_is_full(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        disk.full = True
        outcomes = await asyncio.gather(*(write_durably(store, n) for n in range(3)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreFull] * 3
        with pytest.raises(StoreFull):
            await write(store, 4)
        assert store.revision == 3
        disk.full = False
        assert await write_durably(store, 4) == 4

    in_loop(tmp_path, body)
    assert disk.commits == [3, 1]


def test_writes_that_nobody_waits_for_stop_when_the_disk_is_full(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        disk.full = True
        for n in range(BATCH):
            await write(store, n)
        with pytest.raises(StoreFull):
            await write(store, BATCH)
        assert store.revision == store.waiting == BATCH
        disk.full = False

    in_loop(tmp_path, body)
    assert disk.commits == [BATCH]


def test_closing_commits_what_is_left_and_wakes_who_waits(tmp_path: Path, disk: Disk):
    async def main() -> None:
        store = SqliteStore(tmp_path)
        committer = Committer(store)
        waits = asyncio.ensure_future(write_durably(store, 1))
        await asyncio.sleep(0)
        committer.close()
        assert await waits == 1
        committer.close()
        store.close()

    asyncio.run(main())
    assert disk.commits == [1]


def test_history_is_kept_to_the_length_asked_for_and_trimmed_on_disk(tmp_path: Path, disk: Disk):
    async def body(store: SqliteStore) -> None:
        for n in range(3 * TRIM):
            await write(store, n % 2)
            await store.durable(store.revision)
        assert store.revision - store.compacted <= 110
        await turns(store)

    in_loop(tmp_path, body, keep=100)
    store = SqliteStore(tmp_path)
    assert not store.unflushed
    assert store.compacted >= 3 * TRIM - 110
    store.close()


def test_a_compaction_that_a_crash_interrupted_goes_on_at_the_next_start(tmp_path: Path, disk: Disk):
    store = SqliteStore(tmp_path)
    for n in range(3 * TRIM):
        asyncio.run(write(store, n % 2))
    store.compact(3 * TRIM)
    store.close()  # one slice only

    async def body(store: SqliteStore) -> None:
        assert store.unflushed
        await turns(store)

    in_loop(tmp_path, body)
