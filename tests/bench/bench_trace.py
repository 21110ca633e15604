"""What the trace costs the loop, and how long an answer takes: ``run()``."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from ruleplane.model.trace import Cause, EffectRecord, Firing, Inputs
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.sqlite import open_log
from ruleplane.trace.why import why

FIRINGS = 30_000
START = 1_767_225_600_000_000_000


def run() -> list[dict[str, Any]]:
    """Microseconds per firing to enqueue and to write, milliseconds per ``why`` over all of them."""
    with tempfile.TemporaryDirectory() as directory:
        recorder = Recorder(open_log(Path(directory)))
        enqueue = write = 0.0
        for number in range(1, FIRINGS + 1):
            firing = _firing(number)
            began = time.perf_counter()
            recorder.record(firing)
            enqueue += time.perf_counter() - began
            if number % 500 == 0:
                began = time.perf_counter()
                recorder.flush()
                write += time.perf_counter() - began
        began = time.perf_counter()
        for number in range(100, FIRINGS, 300):
            why(recorder.log, _ref(number), "spec.nodeName")
        asked = time.perf_counter() - began
        size = (Path(directory) / "trace.db").stat().st_size
        recorder.close()
    return [
        {"name": "record and write a firing", "value": (enqueue + write) / FIRINGS * 1e6, "unit": "µs", "target": 15},
        {"name": "of this in the loop", "value": enqueue / FIRINGS * 1e6, "unit": "µs"},
        {"name": "why, one step", "value": asked / (FIRINGS / 300) * 1e3, "unit": "ms"},
        {"name": "size of a firing", "value": size / FIRINGS, "unit": "bytes"},
    ]


def _ref(number: int) -> str:
    return f"v1/Pod/default/web-{number:05d}"


def _firing(number: int) -> Firing:
    key = _ref(number)
    effect = EffectRecord(
        "bind",
        "post",
        key,
        "8a7c…",
        "binding",
        "done",
        number * 3 + 2,
        ("spec.nodeName", "status.conditions[type=PodScheduled]"),
    )
    return Firing(
        number, START + number, "default", "scheduler", key, Cause("watch", key, number * 3, START, "ADDED"),
        number * 3 + 1, ("bind",), (effect,), "", 0, 123_456, Inputs(START, "3f2a9c", "", {"": number * 3 + 1}),
    )  # fmt: skip
