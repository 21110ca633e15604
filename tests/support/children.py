"""Python child processes that import what this one imports, wherever it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ruleplane

_SOURCES = [Path(ruleplane.__file__).parents[1], Path(__file__).parents[1]]


def python(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
    """``python ARGUMENTS`` with pipes for input and output; use it in a ``with``."""
    path = os.pathsep.join(map(str, _SOURCES))
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        **options,
    )
