"""What kinds cost: reading their types at start-up, checking a Pod at each write, discovery, OpenAPI and a long table.

``run()`` gives the rows for ``make bench``.
"""

from __future__ import annotations

import copy
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruleplane.api.validate import Validator
from ruleplane.clock import parse_rfc3339
from ruleplane.model.builtin import builtin_registry, kubernetes_data
from ruleplane.model.schema import Schemas
from ruleplane.server.discovery import Discovery
from ruleplane.server.openapi import OpenApi
from ruleplane.server.table import Tables
from ruleplane.store.base import Entry
from support.kinds import kind, pod

if TYPE_CHECKING:
    from collections.abc import Callable

PODS = 10_000
NOW = parse_rfc3339("2026-01-01T01:00:00Z")


def run() -> list[dict[str, Any]]:
    """``[{"name", "value", "unit"}]``."""
    kubernetes_data.cache_clear()
    rows = [("read and decode the types", _once(kubernetes_data), "ms")]
    registry, schemas = builtin_registry(), Schemas.builtin()
    validator, pods, obj = Validator(schemas), kind("v1/Pod"), pod()
    ready = {**obj, "status": {"phase": "Running", "podIP": "10.0.0.1"}}
    sent = copy.deepcopy(obj)
    rows += [
        ("first check of a Pod (compiles it)", _once(lambda: validator.validate(pods, obj)), "ms"),
        ("decode a Pod", _each(lambda: validator.decode(pods, obj)), "µs"),
        ("validate a new Pod", _each(lambda: validator.validate(pods, obj)), "µs"),
        ("validate a Pod's status", _each(lambda: validator.validate(pods, ready, obj, "status")), "µs"),
        ("validate a Pod that was sent whole", _each(lambda: validator.validate(pods, sent, obj)), "µs"),
        ("aggregated discovery", _once(lambda: Discovery(registry).aggregated(core=False)), "ms"),
        ("OpenAPI document of v1", _once(lambda: OpenApi(registry, schemas).document("api/v1")), "ms"),
    ]
    tables, entries = Tables(), [Entry(str(number), ready, 1, 1, 1) for number in range(PODS)]
    rows += [
        ("first table (reads and compiles columns)", _once(lambda: tables.table(pods, entries[:1], NOW)), "ms"),
        (f"table of {PODS} Pods", _once(lambda: tables.table(pods, entries, NOW)), "ms"),
    ]
    return [{"name": name, "value": round(value, 2), "unit": unit} for name, value, unit in rows]


def _once(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def _each(call: Callable[[], Any], times: int = 5_000) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, (time.perf_counter() - start) / times * 1e6)
    return best


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:45} {row['value']:10} {row['unit']}")
