"""CEL: what one evaluation costs, on the expressions that rules are made of."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ruleplane.lang.cel import Compiler, Function, parse

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING = "rs.spec.replicas - size(pods.filter(p, p.status.phase != 'Failed'))"
_ACTIVE = "pod.status.phase != 'Failed' && pod.status.phase != 'Succeeded' && !has(pod.metadata.deletionTimestamp)"
_MAP = (
    "{'kind': 'Pod', 'metadata': {'namespace': rs.metadata.namespace, 'labels': rs.spec.template.metadata.labels, "
    "'generateName': rs.metadata.name + '-'}, 'spec': rs.spec.template.spec}"
)
_FITS = "used.cpu + quantity(pod.spec.containers[0].resources.requests.cpu) <= quantity(node.status.allocatable.cpu)"
_READY = "pod.status.?conditions.orValue([]).exists(c, c.type == 'Ready' && c.status == 'True')"
_RANK = "size(pods.sortBy(p, [p.status.phase == 'Running' ? 1 : 0, p.metadata.name]))"


def _pod(number: int) -> dict[str, Any]:
    return {
        "metadata": {"name": f"web-{number}", "namespace": "default"},
        "spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "250m"}}}]},
        "status": {
            "phase": "Failed" if number % 10 == 9 else "Running",
            "conditions": [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")],
        },
    }


_REPLICA_SET: dict[str, Any] = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
}
_NODE = {"status": {"allocatable": {"cpu": "4"}}}


def _scope(count: int) -> SimpleNamespace:
    pods = [_pod(number) for number in range(count)]
    used = Compiler().compile(parse("{'cpu': quantity('1500m')}"), ())(None)
    return SimpleNamespace(rs=_REPLICA_SET, pods=pods, pod=pods[0], node=_NODE, used=used)


def _microseconds(call: Callable[[], Any]) -> float:
    """The best of five rounds of about 30 ms."""
    start = time.perf_counter()
    call()
    rounds = max(1, int(0.03 / max(time.perf_counter() - start, 1e-7)))
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            call()
        best = min(best, (time.perf_counter() - start) / rounds)
    return best * 1e6


def _row(name: str, value: float, target: float | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": f"cel: {name}", "value": round(value, 3), "unit": "µs", "better": "less"}
    return row if target is None else {**row, "target": target}


def run() -> list[dict[str, Any]]:
    """Rows of ``name``, ``value``, ``unit``."""
    compiler = Compiler()
    names = {"rs", "pods", "pod", "node", "used"}

    def timed(text: str, scope: Any, compiler: Compiler = compiler) -> float:
        compiled = compiler.compile(parse(text), names)
        return _microseconds(lambda: compiled(scope))

    rows = [
        _row(f"replicas missing, {count} Pods", timed(_MISSING, _scope(count)), target)
        for count, target in ((3, 1.0), (100, 8.0), (1000, 89.0))
    ]
    scope = _scope(100)
    rows.append(_row("is a Pod active", timed(_ACTIVE, scope), 1.1))
    rows.append(_row("is a Pod ready", timed(_READY, scope)))
    rows.append(_row("build a Pod", timed(_MAP, scope), 0.8))
    rows.append(_row("does a Pod fit a node", timed(_FITS, scope)))
    rows.append(_row("sort 100 Pods by a list", timed(_RANK, scope)))
    active = compiler.compile(parse(_ACTIVE), (), ("pod",))
    library = Compiler([Function("isActive", lambda pod: active(None, pod))])
    rows.append(_row("filter 100 Pods by a function", timed("size(pods.filter(p, isActive(p)))", scope, library)))
    rows.append(_row("an absorbed error", timed("pod.spec.nodeName == 'a' || pod.status.phase == 'Running'", scope)))
    once = _microseconds(lambda: compiler.compile(parse(_MISSING), names)(_scope3))  # the code is written when called
    rows.append(_row("parse, compile and run once", once, 500))
    expr = parse(_MISSING)
    rows.append(_row("interpret, 3 Pods", _microseconds(lambda: compiler.interpret(expr, _scope3, names))))
    return rows


_scope3 = _scope(3)
