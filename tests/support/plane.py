"""A control plane whose rules run, in a thread of its own, for tests that use real clients."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvloop

from ruleplane.controlplane import ControlPlane, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 30


@contextmanager
def running(directory: Path, *, nodes: int = 3, **settings: Any) -> Iterator[ControlPlane]:
    """A control plane on a loop of its own, bounded in time."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def call(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(SECONDS)

    plane = None
    try:
        plane = call(ControlPlane.start(Settings(directory, nodes=nodes, port=0, **settings)))
        yield plane
    finally:
        if plane is not None:
            call(plane.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()
