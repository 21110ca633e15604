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
PARTS = """\
import time
from ruleplane.lang.check import check_documents
from ruleplane.lang.load import compile_documents, documents, libraries
from ruleplane.model.data import data_dir
began = time.perf_counter()
found = documents([data_dir("rules")])
read = time.perf_counter()
functions = libraries(found)
compile_documents(found, None, functions)
compiled = time.perf_counter()
check_documents(found, functions=functions)
checked = time.perf_counter()
print((read - began) * 1000, (compiled - read) * 1000, (checked - compiled) * 1000)
"""
"""What every load does, its imports not counted. Python code of an expression is written when it is first called."""
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
    """Milliseconds of importing, loading and checking, and of each part without imports; Python's bytecode is there,
    as in any installation."""
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _, *times = [_once(environment, PROGRAM)[0] for _ in range(RUNS + 1)]  # the first one compiles
        parts = [
            statistics.median(part) for part in zip(*(_once(environment, PARTS) for _ in range(RUNS)), strict=True)
        ]
    names = ("read all bundled rules", "compile them", "check them")
    return [
        {"name": "load and check all bundled rules, with imports", "value": statistics.median(times), "unit": "ms"},
        *({"name": name, "value": value, "unit": "ms"} for name, value in zip(names, parts, strict=True)),
        {"name": "load and check all bundled rules, cold", "value": sum(parts), "unit": "ms", "target": TARGET},
    ]


def _once(environment: dict[str, str], program: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return [float(part) for part in done.stdout.split()]
