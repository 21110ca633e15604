"""What the store costs: ``run()``. Objects are Pods of 2 KB; SQLite runs with ``synchronous=FULL`` on a real disk."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import orjson

from ruleplane.store.base import Compare, Put
from ruleplane.store.commit import Committer
from ruleplane.store.memory import MemoryStore
from ruleplane.store.sqlite import SqliteStore, open_readonly
from support.drive import drive

OBJECTS = 10_000
CLIENTS = 32
# not /tmp, which may be memory: what is measured is the disk
DISK = Path(__file__).resolve().parents[2]


def run() -> list[dict[str, Any]]:
    """Rates, microseconds and bytes; the file's docstring says of what."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=DISK) as directory:
        home = Path(directory)
        return [*_memory(), *_sqlite(home), *_clients(home / "clients"), *_load(home / "load")]


def _memory() -> list[dict[str, Any]]:
    store = MemoryStore()
    keys = [f"core/pods/ns{n % 10}/web-{n:05}" for n in range(OBJECTS)]
    values = [_pod(n) for n in range(OBJECTS)]
    for n in range(300):
        store.watch(f"core/pods/other{n}/", 0, _nothing)
    watch = store.watch("core/pods/", 0, _nothing)
    create, (first, *_) = _timed(lambda key, value: store.txn((Compare(key, 0),), (Put(key, value),)), keys, values)
    update, _ = _timed(lambda key, value: store.txn((), (Put(key, value),)), keys, values)
    get, _ = _timed(lambda key, _: store.get(key), keys, values)
    took = time.perf_counter()
    events = len(watch.take())
    took = time.perf_counter() - took
    assert first.succeeded
    assert events == 2 * OBJECTS
    listed = []
    for _ in range(50):
        began = time.perf_counter()
        listing = drive(store.list("core/pods/ns3/"))
        listed.append(time.perf_counter() - began)
    assert len(listing.entries) == OBJECTS // 10
    past = []
    for _ in range(20):
        began = time.perf_counter()
        page = drive(store.list("core/pods/", revision=store.revision - 1_000, limit=500))
        past.append(time.perf_counter() - began)
    assert len(page.entries) == 500
    stamped = _stamping(values)
    return [
        {"name": "memory: create, beyond stamping, 301 watches", "value": create - stamped, "unit": "µs", "target": 6},
        {"name": "memory: update, beyond stamping, 301 watches", "value": update - stamped, "unit": "µs", "target": 6},
        {"name": "memory: get", "value": get, "unit": "µs"},
        {"name": "memory: list 1,000 of 10,000", "value": statistics.median(listed) * 1e6, "unit": "µs"},
        {"name": "memory: page of 500, 1,000 revisions ago", "value": statistics.median(past) * 1e6, "unit": "µs"},
        {"name": "memory: an event taken by a watch", "value": took / events * 1e6, "unit": "µs"},
    ]


def _timed(call: Any, keys: list[str], values: list[dict[str, Any]]) -> tuple[float, list[Any]]:
    """Microseconds per call (median of ten slices), and the results of the last slice."""
    slices, size = [], len(keys) // 10
    for begin in range(0, len(keys), size):
        pairs = list(zip(keys[begin : begin + size], values[begin : begin + size], strict=True))
        began = time.perf_counter()
        results = [drive(call(key, value)) for key, value in pairs]
        slices.append((time.perf_counter() - began) / size * 1e6)
    return statistics.median(slices), results


def _stamping(values: list[dict[str, Any]]) -> float:
    began = time.perf_counter()
    for n, value in enumerate(values):
        metadata = {**value["metadata"]}
        metadata["resourceVersion"] = str(n)
        _ = {**value, "metadata": metadata}
    return (time.perf_counter() - began) / len(values) * 1e6


def _sqlite(home: Path) -> list[dict[str, Any]]:
    rows = []
    for batch, count, target in ((1, 1_000, 3_000), (10, 5_000, 12_000), (100, 20_000, 20_000)):
        store = SqliteStore(home / f"batch-{batch}")
        puts = [Put(f"core/pods/default/web-{n % OBJECTS:05}", _pod(n)) for n in range(count)]
        began = time.perf_counter()
        for n, put in enumerate(puts, start=1):
            revision = drive(store.txn((), (put,))).revision
            if n % batch == 0:
                drive(store.durable(revision))
        took = time.perf_counter() - began
        store.close()
        rows.append(_row(f"sqlite: durable writes, {batch} a commit", count / took, "writes/s", target=target))
    return rows


def _clients(directory: Path) -> list[dict[str, Any]]:
    """Clients that each wait for every write of theirs, and the rules' writes beside them."""
    waits: list[float] = []

    async def client(store: SqliteStore, number: int) -> None:
        for n in range(200):
            began = time.perf_counter()
            written = await store.txn((), (Put(f"core/configmaps/{number}/{n:05}", _pod(n)),))
            await store.durable(written.revision)
            waits.append(time.perf_counter() - began)

    async def main() -> float:
        store = SqliteStore(directory)
        committer = Committer(store)
        began = time.perf_counter()
        await asyncio.gather(*(client(store, number) for number in range(CLIENTS)))
        took = time.perf_counter() - began
        committer.close()
        store.close()
        return took

    took = asyncio.run(main())
    waits.sort()
    return [
        _row(f"sqlite: durable writes of {CLIENTS} clients", len(waits) / took, "writes/s"),
        _row("sqlite: until a client's write is durable, p99", waits[len(waits) * 99 // 100] * 1e3, "ms"),
    ]


def _load(directory: Path) -> list[dict[str, Any]]:
    store = SqliteStore(directory)
    for n in range(OBJECTS):
        drive(store.txn((), (Put(f"core/pods/default/web-{n:05}", _pod(n)),)))
    store.compact(store.revision)
    store.close()
    size = sum(path.stat().st_size for path in directory.iterdir())
    del store
    gc.collect()
    gc.freeze()  # a starting process has no earlier benchmarks' objects to look through
    began = time.perf_counter()
    store = SqliteStore(directory)
    opened = time.perf_counter() - began
    began = time.perf_counter()
    for entry in drive(store.list("")).entries:
        assert entry.value
    decoded = time.perf_counter() - began
    store.close()
    del store, entry
    gc.collect()
    tracemalloc.start()
    kept = open_readonly(directory)
    packed = tracemalloc.get_traced_memory()[0]
    for entry in drive(kept.list("")).entries:
        assert entry.value
    unpacked = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    raw = len(orjson.dumps(_pod(0)))
    return [
        _row(f"sqlite: load {OBJECTS:,} objects", opened * 1e3, "ms", target=300),
        _row("sqlite: decode all of them", decoded * 1e3, "ms"),
        _row(f"sqlite: memory of an object of {raw:,} bytes, as loaded", packed / OBJECTS, "bytes"),
        _row("sqlite: memory of it once decoded", unpacked / OBJECTS, "bytes"),
        _row("sqlite: disk per object", size / OBJECTS, "bytes"),
    ]


def _row(name: str, value: float, unit: str, *, target: float | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "value": value, "unit": unit}
    return row if target is None else {**row, "target": target}


def _nothing() -> None:
    pass


def _pod(n: int) -> dict[str, Any]:
    """A Pod of about 2 KB."""
    name = f"web-{n:05}"
    container = {
        "image": "registry.example/nginx:1.27",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "terminationMessagePath": "/dev/termination-log",
        "volumeMounts": [{"mountPath": "/var/run/secrets", "name": "token", "readOnly": True}],
    }
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    instant = "2026-01-01T00:00:00Z"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"0b1c2d3e-0000-4000-8000-{n:012}",
            "creationTimestamp": instant,
            "labels": {"app": "web", "pod-template-hash": "5d4f8c7b9"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}],
        },
        "spec": {
            "containers": [{"name": f"c{number}", **container} for number in range(2)],
            "nodeName": f"node-{n % 100}",
            "restartPolicy": "Always",
            "tolerations": [
                {"key": f"node.kubernetes.io/{key}", "operator": "Exists"} for key in ("not-ready", "gone")
            ],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.0.{n % 100}.{n % 250}",
            "conditions": [{"type": kind, "status": "True", "lastTransitionTime": instant} for kind in kinds],
            "containerStatuses": [{"name": f"c{number}", "ready": True, "restartCount": 0} for number in range(2)],
        },
    }


if __name__ == "__main__":
    for result in run():
        print(f"{result['value']:12,.1f} {result['unit']:9} {result['name']}")
