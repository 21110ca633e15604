"""The control plane as a process: the only place that wires everything. Opens the data directory, runs the loop on
the real
clock, serves HTTPS, and closes in the reverse order.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND, RealClock
from ruleplane.lang.load import checked, definitions, documents, libraries
from ruleplane.model.data import data_dir
from ruleplane.node.memory import recall, remember
from ruleplane.reconcile.cluster import Cluster
from ruleplane.server.serve import Server
from ruleplane.store.commit import Committer
from ruleplane.store.sqlite import SqliteStore
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.service import ROOT, TraceService
from ruleplane.trace.sqlite import open_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ruleplane.model.kind import Kind

_LOG = logging.getLogger("ruleplane")
SLICE = 0.004  # seconds of reconciling before requests get their turn
WRITES = 50  # of one pass between two such turns
TRACE_DELAY = 0.1  # seconds that firings wait to be written together
TRACE_MOST = 2_000  # … at most so many
HISTORY = 5_000  # revisions of the past that can be watched from
NODES_FILE = "nodes.jsonl"


@dataclass
class Settings:
    """How to run. ``port`` 0 takes a free one; ``rules`` are files or directories instead of the bundled rules,
    ``params`` settings instead of their defaults."""

    data_dir: Path
    nodes: int = 3
    port: int = 6443
    kubeconfig: Path | None = None
    rules: list[Path] = field(default_factory=list)
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # rule set -> settings


class ControlPlane:
    """A running control plane; made by :meth:`start`, ended by :meth:`stop`."""

    def __init__(self, settings: Settings, store: SqliteStore, recorder: Recorder, cluster: Cluster) -> None:
        self.settings, self.store, self.recorder, self.cluster = settings, store, recorder, cluster
        self.kubeconfig = settings.kubeconfig or settings.data_dir / "kubeconfig"
        self.server: Server
        self._committer: Committer
        self._pace = _Pace()
        self._stopping = False
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._error = ""

    @classmethod
    async def start(cls, settings: Settings) -> ControlPlane:
        """Open, load, serve. Raises RuleplaneError: data directory in use, newer or damaged; port in use; bad rule
        file."""
        # objects are trees without cycles: a full collection over ten thousand of them costs 0.3 s and finds nothing
        gc.set_threshold(50_000, 50, 1000)
        found = documents(settings.rules or [data_dir("rules")])
        kinds = definitions(settings.rules)
        programs = checked(found, settings.params, kinds=kinds)
        store = SqliteStore(settings.data_dir)
        try:
            recorder = Recorder(open_log(settings.data_dir))
            cluster = Cluster(
                store,
                RealClock(),
                SystemRandom(),
                recorder,
                programs,
                functions=libraries(found),
                manifests=kinds,
            )
            plane = cls(settings, store, recorder, cluster)
            await plane._open()
        except BaseException:
            store.close()
            raise
        return plane

    async def _open(self) -> None:
        settings, cluster = self.settings, self.cluster
        self._committer = Committer(self.store, keep=HISTORY)
        loop = cluster.loop
        loop.pace, loop.intake.awaken = self._pace, self._work.set
        await recall(cluster.local_store, settings.data_dir / NODES_FILE)
        await cluster.start()
        for number in range(settings.nodes):
            await cluster.add_machine(f"node-{number + 1}", f"10.0.{number // 250}.{number % 250 + 1}")
        service = TraceService(lambda: self.recorder.log, cluster.loop.registry, cluster.schemas, self._read)
        self.server = Server(
            cluster.api,
            self.store,
            registry=cluster.registry,
            schemas=cluster.schemas,
            directory=settings.data_dir,
            clock=cluster.clock,
            port=settings.port,
            live={"reconcile": lambda: self._error},
            extensions={ROOT: service.handle},
            powers=cluster.powers.given,
        )
        await self.server.start()
        gc.freeze()
        self.server.write_kubeconfig(self.kubeconfig)
        self._task = asyncio.create_task(self._run(), name="reconcile")

    @property
    def url(self) -> str:
        """Where the API is served."""
        return self.server.url

    async def stop(self) -> None:
        """End watches, finish the pass under way, make everything durable, remember the nodes, close."""
        self._stopping = True
        self._work.set()
        await self.server.stop()
        if self._task is not None:
            await self._task
        await remember(self.cluster.local_store, self.settings.data_dir / NODES_FILE)
        self.cluster.close()
        self._committer.close()
        self.recorder.close()
        self.store.close()

    def _read(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        return self.cluster.loop.cache.get(kind.ref, f"{namespace}/{name}")

    async def _run(self) -> None:
        """Reconcile while there is work; rest until a timer or a change."""
        while not self._stopping:
            self._work.clear()
            try:
                await self._burst()
            except Exception as error:  # the API goes on; health says what happened
                _LOG.exception("reconciling")
                self._error = f"{type(error).__name__}: {error}"
            if self.recorder.pending > TRACE_MOST:
                self.recorder.flush(TRACE_MOST)
            await self._rest(self.cluster.next_instant())

    async def _burst(self) -> None:
        cluster = self.cluster
        until = time.monotonic() + SLICE
        while not self._stopping and await cluster.step():
            if time.monotonic() >= until:
                if self.recorder.pending > TRACE_MOST:
                    self.recorder.flush(TRACE_MOST)
                await asyncio.sleep(0)
                until = time.monotonic() + SLICE

    async def _rest(self, instant: int) -> None:
        """Sleep until there is work; while nothing happens, write the trace (in batches: one commit per firing would
        cost more
        than the firing)."""
        while not self._stopping and not self._work.is_set():
            delay = (instant - self.cluster.clock.now()) / SECOND if instant else None
            if delay is not None and delay <= 0:
                return
            if self.recorder.pending:
                delay = TRACE_DELAY if delay is None else min(delay, TRACE_DELAY)
            try:
                await asyncio.wait_for(self._work.wait(), delay)
            except TimeoutError:
                if self.recorder.pending:
                    self.recorder.flush(500)


class _Pace:
    """Lets requests have their turn between the writes of one long pass."""

    def __init__(self) -> None:
        self._writes = 0

    def due(self) -> bool:
        """One more write was made: is it time?"""
        self._writes += 1
        return self._writes % WRITES == 0

    async def pause(self) -> None:
        """Let others run."""
        await asyncio.sleep(0)
