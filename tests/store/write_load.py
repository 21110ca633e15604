"""A control plane under write load, to be killed: run by test_kill.py as a process of its own.

Arguments: data directory, number of clients. Each client does, as fast as it can, transactions that write a new object
and count it in one of its own; when a transaction is durable, it says ``<revision> <client> <count>`` on standard
output, in one write. Other writes, which nobody waits for, and compaction go on beside.
"""

from __future__ import annotations

import asyncio
import os
import sys

from ruleplane.store.base import Delete, Put
from ruleplane.store.commit import Committer
from ruleplane.store.sqlite import SqliteStore


async def client(store: SqliteStore, number: int) -> None:
    hot = f"core/counts/d/{number}"
    entry = await store.get(hot)
    count = entry.value["n"] if entry is not None else 0
    while True:
        count += 1
        new = Put(f"core/pods/{number}/{count:06}", {"metadata": {}, "n": count, "filling": "x" * (count % 3_000)})
        written = await store.txn([], [new, Put(hot, {"metadata": {}, "n": count})])
        await store.durable(written.revision)
        os.write(1, b"%d %d %d\n" % (written.revision, number, count))


async def rules(store: SqliteStore) -> None:
    """Writes that nobody waits for, deletions among them."""
    while True:
        for n in range(30):
            await store.txn([], [Put(f"core/leases/d/{n}", {"metadata": {}, "n": n})])
            await store.txn([], [Delete(f"core/leases/d/{(n * 7) % 30}")])
        await asyncio.sleep(0)


async def main(directory: str, clients: int) -> None:
    os.write(1, b"opening\n")
    store = SqliteStore(directory)
    Committer(store, keep=500)
    await asyncio.gather(rules(store), *(client(store, number) for number in range(clients)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
