"""Every back end under one suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.stores import BACKENDS, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(request.param, tmp_path)
    yield caller
    caller.store.close()


@pytest.fixture(params=[backend for backend in BACKENDS if backend.survives], ids=lambda backend: backend.name)
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Caller]:
    """Stores that survive being closed."""
    caller = Caller(request.param, tmp_path)
    yield caller
    caller.store.close()
