"""What one decision costs: all rules of the bundled ReplicaSet on one snapshot, and a change of one Pod among many.

A change is the whole way of one watch event: into the cache and its indexes, every step kept by delta, the keys woken,
and the decision that follows.
"""

from __future__ import annotations

import statistics
import time
from itertools import count
from typing import TYPE_CHECKING, Any

from ruleplane.model.trace import Cause
from ruleplane.specs.drive import drive
from ruleplane.specs.virtual import VirtualCluster, bundled

if TYPE_CHECKING:
    from ruleplane.reconcile.loop import Loop

_RULES = bundled()[0] / "controller-manager" / "replicaset.yaml"
_LIBRARIES = bundled()[0] / "lib"
_UID = "00000000-0000-4000-8000-000000000001"
_revisions = count(1)


def replica_set(replicas: int) -> dict[str, Any]:
    """A ReplicaSet whose status says what is so: deciding it writes nothing."""
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    totals = dict.fromkeys(("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"), replicas)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "default", "uid": _UID, "generation": 1, "resourceVersion": "1"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        "status": {**totals, "terminatingReplicas": 0, "observedGeneration": 1},
    }


def pod(number: int, note: str = "") -> dict[str, Any]:
    """A ready Pod of the ReplicaSet."""
    name, ready = f"web-{number}", {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": _UID, "controller": True}
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"00000000-0000-4000-9000-{number:012}",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "web"},
        "ownerReferences": [owner],
        "resourceVersion": str(next(_revisions)),
    }
    status = {"phase": "Running", "conditions": [ready], **({"message": note} if note else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": "node-1"}, "status": status}


class Bench:
    """One ReplicaSet and its Pods in the cache of a loop that runs its rules alone."""

    def __init__(self, pods: int) -> None:
        self.cluster = VirtualCluster([_RULES, _LIBRARIES])
        self.loop: Loop = self.cluster.cluster.loop
        self.pods, self.sets = self.loop.registry.get("v1/Pod"), self.loop.registry.get("apps/v1/ReplicaSet")
        self.loop.feed(self.sets, "default/web", replica_set(pods), next(_revisions), "ADDED")
        for number in range(pods):
            self.change(number)
        self.decide()

    def change(self, number: int, note: str = "") -> None:
        """One Pod is another now."""
        self.loop.feed(self.pods, f"default/web-{number}", pod(number, note), next(_revisions), "MODIFIED")

    def decide(self) -> None:
        """Everything that waits."""
        before, errors = self.cluster.revision, self.loop.errors
        while drive(self.loop.step()):
            pass
        if self.cluster.revision != before or errors:
            raise RuntimeError(f"the set was to be at rest, and something was written ({errors})")

    def decision(self) -> float:
        """Microseconds of one decision, woken for no reason."""
        bound = next(bound for bound in self.loop.cache.bounds if bound.program.name == "replicaset")
        took = []
        for _ in range(50):
            self.loop.queue.add((bound, "default/web"), Cause("start"))
            began = time.perf_counter()
            self.decide()
            took.append((time.perf_counter() - began) * 1e6)
        return statistics.median(took)

    def change_and_decide(self) -> float:
        """Microseconds from one Pod's event to the end of the decision that it wakes: a restart is counted."""
        took = []
        for number in range(50):
            other = pod(number)
            other["status"]["containerStatuses"] = [{"name": "web", "restartCount": number + 1}]
            began = time.perf_counter()
            self.loop.feed(self.pods, f"default/web-{number}", other, next(_revisions), "MODIFIED")
            self.decide()
            took.append((time.perf_counter() - began) * 1e6)
        return statistics.median(took)


def run() -> list[dict[str, Any]]:
    """Medians of fifty."""
    small, middle, large = Bench(100), Bench(1_000), Bench(10_000)
    few, many = small.change_and_decide(), large.change_and_decide()
    return [
        {"name": "decide a ReplicaSet of 1,000 Pods", "value": middle.decision() / 1e3, "unit": "ms", "target": 1},
        {"name": "decide a ReplicaSet of 10,000 Pods", "value": large.decision() / 1e3, "unit": "ms"},
        {"name": "one Pod of 100 changes, decided", "value": few / 1e3, "unit": "ms"},
        {"name": "one Pod of 10,000 changes, decided", "value": many / 1e3, "unit": "ms"},
        {"name": "ratio of these", "value": many / few, "unit": "times", "target": 3},
    ]
