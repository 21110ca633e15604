"""The whole loop on SQLite FULL in one process: convergence, acknowledgements meanwhile, replacement, idle, memory.

``python tests/bench/bench_cluster.py`` runs the small size; ``--large`` adds 10,000 Pods on 1,000 nodes.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from ruleplane.api.call import Call, User
from ruleplane.api.verbs import Query
from ruleplane.controlplane import ControlPlane, Settings

CALL = Call(actor="bench", user=User("bench", "", ("system:masters",)))
Row = dict[str, Any]


def manifest(replicas: int, annotations: dict[str, str] | None = None) -> dict[str, Any]:
    """A ReplicaSet of small Pods."""
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels, "annotations": annotations or {}},
        "spec": {
            "containers": [
                {"name": "web", "image": "nginx", "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
            ]
        },
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}


class Plane:
    """A control plane in a directory of its own."""

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes

    async def __aenter__(self) -> Plane:
        self.directory = Path(tempfile.mkdtemp(prefix="ruleplane-bench-"))
        self.plane = await ControlPlane.start(Settings(self.directory, nodes=self.nodes, port=0))
        self.cluster = self.plane.cluster
        self.sets, self.pods = self.cluster.registry.get("apps/v1/ReplicaSet"), self.cluster.registry.get("v1/Pod")
        await self.quiet()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.plane.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    async def quiet(self) -> None:
        """Wait until nothing is queued."""
        while len(self.cluster.loop.queue) or self.cluster.recorder.pending:
            await asyncio.sleep(0.01)

    async def converge(self, replicas: int, annotations: dict[str, str] | None = None) -> float:
        """Seconds from apply to all ready, durably."""
        done = asyncio.Event()
        watching = await self.cluster.api.watch(self.sets, "default", Query(), done.set)
        began = time.perf_counter()
        entry = await self.cluster.api.create(self.sets, "default", manifest(replicas, annotations), CALL)
        await self.plane.store.durable(entry.revision)
        ready = 0
        while ready < replicas:
            await done.wait()
            done.clear()
            for _, entry in watching.take():
                ready = entry.value.get("status", {}).get("readyReplicas", 0)
        await self.plane.store.durable(entry.revision)
        watching.close()
        return time.perf_counter() - began

    async def clients(self, stop: asyncio.Event) -> list[float]:
        """Create ConfigMaps one after another while the cluster converges; seconds until each was acknowledged."""
        maps = self.cluster.registry.get("v1/ConfigMap")
        waits: list[float] = []
        while not stop.is_set():
            began = time.perf_counter()
            entry = await self.cluster.api.create(
                maps, "default", {"metadata": {"name": f"c-{len(waits)}"}, "data": {"a": "b"}}, CALL
            )
            await self.plane.store.durable(entry.revision)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.002)
        return waits

    async def replaced(self) -> float:
        """Seconds from the deletion of one Pod (at once) to the readiness of its replacement."""
        page = await self.cluster.api.list(self.pods, "default")
        victim = page.entries[len(page.entries) // 2].value["metadata"]["name"]
        present = {entry.value["metadata"]["name"] for entry in page.entries}
        changed = asyncio.Event()
        watching = await self.cluster.api.watch(self.pods, "default", Query(), changed.set)
        watching.take()  # what is there already
        began = time.perf_counter()
        await self.cluster.api.delete(self.pods, "default", victim, {"gracePeriodSeconds": 0}, CALL)
        while True:
            await changed.wait()
            changed.clear()
            for kind, entry in watching.take():
                conditions = entry.value.get("status", {}).get("conditions", ())
                new = entry.value["metadata"]["name"] not in present
                if (
                    new
                    and kind != "DELETED"
                    and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
                ):
                    watching.close()
                    return time.perf_counter() - began


async def _size(nodes: int, replicas: int) -> dict[str, float]:
    async with Plane(nodes) as plane:
        stop = asyncio.Event()
        task = asyncio.create_task(plane.clients(stop))
        cpu = time.process_time()
        seconds = await plane.converge(replicas)
        cpu = time.process_time() - cpu
        stop.set()
        waits = sorted(await task)
        await plane.quiet()
        replacements = [await plane.replaced() for _ in range(5)]
        await plane.quiet()
        before, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(3)
        idle = (time.process_time() - before) / (time.perf_counter() - began)
        return {
            "seconds": seconds,
            "cpu": cpu,
            "p99": waits[int(len(waits) * 0.99)] if waits else 0.0,
            "replacement": statistics.median(replacements),
            "idle": idle,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


async def _spread(nodes: int, replicas: int) -> float:
    """CPU seconds while the Pods become ready one after the other, over ten seconds."""
    async with Plane(nodes) as plane:
        cpu = time.process_time()
        await plane.converge(replicas, {"simulation.ruleplane.dev/start-spread": "10s"})
        return time.process_time() - cpu


def one_by_one(nodes: int, replicas: int) -> list[Row]:
    """The same work, spread."""
    title = f"{replicas:,} Pods on {nodes:,} nodes: CPU with readiness spread over 10 s"
    return [{"name": title, "value": uvloop.run(_spread(nodes, replicas)), "unit": "s CPU"}]


def measure(nodes: int, replicas: int, rounds: int = 5) -> list[Row]:
    """Medians of several rounds."""
    results = [uvloop.run(_size(nodes, replicas)) for _ in range(rounds)]
    title = f"{replicas:,} Pods on {nodes:,} nodes"
    units = {"seconds": "s", "cpu": "s CPU", "p99": "s", "replacement": "s", "idle": "cores", "memory": "MB peak"}
    names = {
        "seconds": "apply to all ready",
        "cpu": "… CPU",
        "p99": "… create acknowledged, 99th percentile",
        "replacement": "one deleted: replacement ready",
        "idle": "idle afterwards, leases included",
        "memory": "memory of the process",
    }
    return [
        {"name": f"{title}: {names[key]}", "value": statistics.median(r[key] for r in results), "unit": units[key]}
        for key in units
    ]


def run() -> list[Row]:
    """The rows of ``make bench``."""
    return [*measure(100, 1000), *one_by_one(100, 1000), *measure(1000, 10_000, 1)]


if __name__ == "__main__":
    rows = measure(1000, 10_000, 1) if "--large" in sys.argv else [*measure(100, 1000, 3), *one_by_one(100, 1000)]
    for row in rows:
        print(f"{row['name']:<70} {row['value']:10.4f} {row['unit']}")
