"""Every log must behave alike: tests that ask for ``log`` run over each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ruleplane.trace.log import Log, MemoryLog
from ruleplane.trace.sqlite import open_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    opened = MemoryLog() if request.param == "memory" else open_log(tmp_path)
    yield opened
    opened.close()
