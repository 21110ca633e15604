"""A control plane whose disk fills up: run by test_full.py as a process of its own.

Arguments: data directory, bytes that a file may have, bytes written before that limit holds. It writes objects of 2 KB
one by one and says ``durable <revision>`` of each that is, ``full <revision of the store>`` at the first refusal, then
checks what must hold while the disk is full. Told ``go on`` by its input it gets room again, writes once more, and says
``durable <revision>``.
"""

from __future__ import annotations

import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

from ruleplane.errors import StoreFull
from ruleplane.store.base import Put
from ruleplane.store.sqlite import SqliteStore
from support.drive import drive

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def write(store: SqliteStore, n: int) -> int:
    put = Put(f"core/pods/d/{n:05}", {"metadata": {}, "n": n, "filling": "x" * 2_000})
    return (await store.txn([], [put])).revision


async def write_durably(store: SqliteStore, n: int) -> int:
    revision = await write(store, n)
    await store.durable(revision)
    return revision


def refused(coro: Coroutine[Any, Any, Any]) -> None:
    try:
        drive(coro)
    except StoreFull as error:
        assert "Make room" in str(error), error  # noqa: PT017 - no pytest in this process
    else:
        raise AssertionError("a write was taken although the disk is full")


def main(directory: str, limit: int, before: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write beyond the limit is an error, as on a full disk
    store = SqliteStore(directory)
    n = 0
    while n * 2_000 < before:
        n += 1
        drive(write(store, n))
    drive(store.durable(n))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        while True:
            n += 1
            print("durable", drive(write_durably(store, n)), flush=True)
    except StoreFull:
        print("full", store.revision, flush=True)
    durable = store.durable_revision
    assert store.revision == durable + 1 == n
    for _ in range(3):
        refused(write(store, n + 1))  # does not happen, not even in memory
        refused(store.durable(n))
    assert store.revision == n
    assert drive(store.get(f"core/pods/d/{n:05}")) is not None  # rules have seen it
    drive(store.durable(durable))
    assert sys.stdin.readline() == "go on\n"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("durable", drive(write_durably(store, n + 1)), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
