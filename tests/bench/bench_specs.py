"""What a scenario costs: the ReplicaSet features as users run them, start of the virtual cluster included."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from ruleplane.specs.virtual import VirtualCluster

FEATURES = Path(__file__).resolve().parents[2] / "features" / "controller-manager"
BURST = "more_than_one_pass"  # 501 Pods: no ordinary scenario
_WARNINGS = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


class _Stopwatch:
    """Milliseconds of every scenario: fixtures, steps and their clearing away."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        began = time.perf_counter()
        answer = yield
        self.took[item.name] = (time.perf_counter() - began) * 1e3
        return answer


def run() -> list[dict[str, Any]]:
    """Milliseconds per scenario; each scenario is run twice, and the first (cold) run is left out."""
    files = [str(path) for path in sorted(FEATURES.glob("replicaset-*.feature"))]
    watch = _Stopwatch()
    for _ in range(2):
        watch.took.clear()
        code = pytest.main([*files, "-p", "no:terminal", "-p", "no:xdist", *_WARNINGS], plugins=[watch])
        if code:
            raise RuntimeError(f"the features fail (pytest's exit code {int(code)})")
    took = [value for name, value in watch.took.items() if BURST not in name]
    return [
        {"name": "a scenario of the ReplicaSet features", "value": statistics.median(took), "unit": "ms", "target": 30},
        {"name": "the slowest of them", "value": max(took), "unit": "ms"},
        {"name": "of this, an empty cluster", "value": _start(0), "unit": "ms"},
        {"name": "of this, three nodes", "value": _start(3) - _start(0), "unit": "ms"},
    ]


def _start(nodes: int) -> float:
    took = []
    for _ in range(10):
        began = time.perf_counter()
        cluster = VirtualCluster()
        for _ in range(nodes):
            cluster.add_machine()
        cluster.settle()
        cluster.close()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)
