"""The check of every bundled rule file, in a process that has done nothing before: what a commit hook waits for."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

RUNS = 5
TARGET = 300
PROGRAM = """\
import time
start = time.perf_counter()
from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir
findings = check_paths([data_dir("rules")])
print((time.perf_counter() - start) * 1000)
assert findings == [], findings
"""
"""The interpreter's own start is not ours to mend; the import of ruleplane is."""


def run() -> list[dict[str, Any]]:
    """Milliseconds of importing, loading and checking; Python's bytecode is there, as in any installation."""
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _, *times = [_once(environment) for _ in range(RUNS + 1)]  # the first one compiles
    return [{"name": "check bundled rules, cold", "value": statistics.median(times), "unit": "ms", "target": TARGET}]


def _once(environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)
