"""The command line in this process, and a recorded past to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ruleplane.cli import main
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.service import ROOT, TraceService
from ruleplane.trace.sqlite import open_log
from support.apiserver import running_server
from support.history import a_pod_is_born

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Outcome:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def ruleplane(monkeypatch, capsys, tmp_path) -> Callable[..., Outcome]:
    """Runs a command line; the user's own files and variables are out of sight."""
    for name in ("KUBECONFIG", "RULEPLANE_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["ruleplane", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else int(bool(code)), captured.out, captured.err)

    return run


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The data directory of a control plane that has stopped."""
    directory = tmp_path / "data"
    directory.mkdir()
    log = open_log(directory)
    log.append(a_pod_is_born())
    log.close()
    return directory


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of an API server that answers questions about a past."""
    log = MemoryLog()
    log.append(a_pod_is_born())
    service = TraceService(lambda: log, builtin_registry(), Schemas.builtin())
    with running_server(tmp_path / "running", durable=False, extensions={ROOT: service.handle}) as server:
        yield server.kubeconfig
