"""A small past, as the loop and the API record it: a ReplicaSet is created and gets a Pod, which is bound and runs.

Revisions: 1 the ReplicaSet, 2 its Pod, 3 the binding, 4 the Pod's status, 5 the ReplicaSet's status.
"""

from __future__ import annotations

from ruleplane.clock import parse_rfc3339
from ruleplane.model.trace import Cause, EffectRecord, Firing, Record, RequestRecord

START = parse_rfc3339("2026-01-01T00:00:00Z")
MS = 1_000_000
RS, POD, NODE = "apps/v1/ReplicaSet/default/web", "v1/Pod/default/web-x7k2p", "v1/Node//node-2"


def firing(number: int, ruleset: str, key: str, cause: Cause, *effects: EffectRecord, **more: object) -> Firing:
    component, _, name = ruleset.rpartition("/")
    rules = tuple(dict.fromkeys(effect.rule for effect in effects))
    made = Firing(number, START + number * MS, name, component, key, cause, rules=rules, effects=effects)
    for field, value in more.items():
        setattr(made, field, value)
    return made


def watch(ref: str, revision: int, detail: str = "MODIFIED") -> Cause:
    return Cause("watch", ref, revision, START, detail)


def a_pod_is_born() -> list[Record]:
    return [
        RequestRecord(1, START, "admin", "kubectl-create", "create", RS, "u-rs", "", 1),
        firing(
            2, "controller-manager/replicaset", RS, watch(RS, 1, "ADDED"),
            EffectRecord("keep-replicas", "create", POD, "u-pod", "", "done", 2),
            EffectRecord("keep-replicas", "event", RS, message="Created pod: web-x7k2p"),
        ),
        firing(
            3, "scheduler/default", POD, watch(POD, 2, "ADDED"),
            EffectRecord("bind", "post", POD, "u-pod", "binding", "done", 3, ("spec.nodeName",)),
        ),
        firing(
            4, "kubelet/pod", POD, watch(POD, 3),
            EffectRecord("report", "patch", POD, "u-pod", "status", "done", 4,
                         ("status.phase", "status.conditions[type=Ready]")),
        ),
        firing(
            5, "controller-manager/replicaset", RS, watch(POD, 4),
            EffectRecord("report", "patch", RS, "u-rs", "status", "done", 5, ("status.readyReplicas",)),
        ),
    ]  # fmt: skip
