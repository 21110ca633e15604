"""What a node agent remembers over a clean stop: the objects of its node-local store, in one file.

After a crash there is no file: to its Pods the machine has rebooted. A file that cannot be read is moved aside, for
the same
reason: the node starts anew, and nothing of the cluster is lost.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.store.base import Put

if TYPE_CHECKING:
    from pathlib import Path

    from ruleplane.store.base import Store

_LOG = logging.getLogger("ruleplane.node")


async def remember(store: Store, path: Path) -> None:
    """Write everything in ``store`` to ``path``, whole or not at all."""
    listing = await store.list("")
    lines = [orjson.dumps([entry.key, entry.value]) for entry in listing.entries]
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(b"\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


async def recall(store: Store, path: Path) -> int:
    """Put back what was remembered, and forget the file; returns how many objects there were."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    try:
        rows: list[tuple[str, dict[str, Any]]] = [orjson.loads(line) for line in data.splitlines() if line]
        puts = [Put(key, value) for key, value in rows]
    except (ValueError, TypeError) as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        _LOG.warning("reading what the nodes remembered: %s; kept as %s, the simulated nodes start anew", error, aside)
        return 0
    for put in puts:
        await store.txn([], [put])
    path.unlink()
    return len(puts)
