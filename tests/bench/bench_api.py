"""What a write costs: `PYTHONPATH=engine:tests python tests/bench/bench_api.py`. Microseconds, the best of some runs.

The targets are those of one Pod among 10,000 that rules create, schedule and run in one process.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ruleplane.api.call import Call
from ruleplane.api.defaults import Defaults
from ruleplane.api.validate import Validator
from ruleplane.api.verbs import Api
from ruleplane.clock import VirtualClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.store.memory import MemoryStore
from support.drive import drive

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "nginx",
                "image": "nginx:1.27",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent",
            }
        ],
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "securityContext": {},
    },
}


def run(count: int = 2_000) -> list[dict[str, Any]]:
    """Microseconds of each write, the median of five rounds."""
    gc.disable()  # the control plane freezes what it has loaded
    registry, schemas = builtin_registry(), Schemas.builtin()
    space, pods = registry.get("v1/Namespace"), registry.get("v1/Pod")
    assert space is not None
    assert pods is not None
    rows = []
    for title, validator in (("without validation", None), ("with validation", Validator(schemas))):
        rounds: dict[str, list[float]] = {}
        for _ in range(5):
            api = Api(MemoryStore(), registry, schemas, VirtualClock(), Random(1), Defaults.builtin(), validator)
            drive(api.create(space, "", {"metadata": {"name": "default"}}, Call("bench")))
            for name, seconds in measure(api, pods, count).items():
                rounds.setdefault(name, []).append(seconds / count * 1e6)
        rows += [{"name": f"{name}, {title}", "value": median(each), "unit": "µs"} for name, each in rounds.items()]
    gc.enable()
    return rows


def measure(api: Api, pods: Any, count: int) -> dict[str, float]:
    """Seconds for ``count`` of each write."""
    rules, kubelet = Call("replicaset", firing=1), Call("kubelet", firing=1)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": True}
    took: dict[str, float] = {}
    start = perf_counter()
    names = []
    for number in range(count):
        metadata = {**TEMPLATE["metadata"], "name": f"web-{number}", "generateName": "web-", "ownerReferences": [owner]}
        entry = drive(api.create(pods, "default", {"metadata": metadata, "spec": TEMPLATE["spec"]}, rules))
        names.append(entry.value["metadata"]["name"])
    took["create"] = perf_counter() - start
    start = perf_counter()
    for number, name in enumerate(names):
        target = {"target": {"kind": "Node", "name": f"node-{number % 100}"}}
        drive(api.post(pods, "default", name, "binding", target, rules))
    took["binding"] = perf_counter() - start
    start = perf_counter()
    for number, name in enumerate(names):
        drive(api.patch(pods, "default", name, running(number), "fields", kubelet, "status"))
    took["status fields"] = perf_counter() - start
    start = perf_counter()
    for number, name in enumerate(names):
        drive(api.patch(pods, "default", name, running(number), "fields", kubelet, "status"))
    took["status no-op"] = perf_counter() - start
    start = perf_counter()
    for name in names:
        drive(api.delete(pods, "default", name, None, rules))
    took["delete"] = perf_counter() - start
    return took


def running(number: int) -> dict[str, Any]:
    """What a kubelet says of a Pod that came up."""
    time = "2026-01-01T00:00:00Z"
    return {
        "status": {
            "phase": "Running",
            "podIP": f"10.0.{number // 250}.{number % 250}",
            "podIPs": [{"ip": f"10.0.{number // 250}.{number % 250}"}],
            "hostIP": "127.0.0.1",
            "startTime": time,
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": time}
                for kind in ("Initialized", "ContainersReady", "Ready")
            ],
            "containerStatuses": [
                {
                    "name": "nginx",
                    "image": "nginx:1.27",
                    "imageID": "nginx@sha256:0",
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": time}},
                    "containerID": f"sim://{number}",
                }
            ],
        }
    }


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:<40} {row['value']:8.1f} {row['unit']}")
