"""The command line in this process, and a recorded past to ask."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from ruleplane.cli import main
from ruleplane.clock import RealClock
from ruleplane.errors import ApiError
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.server.kubeconfig import write_kubeconfig
from ruleplane.server.pki import ensure_pki, server_context
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.service import TraceService
from ruleplane.trace.sqlite import open_log
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
    """The kubeconfig of a server that answers questions about a past, and knows its clients by certificate."""
    pki = ensure_pki(tmp_path / "pki", RealClock())
    log = MemoryLog()
    log.append(a_pod_is_born())
    service = TraceService(lambda: log, builtin_registry(), Schemas.builtin())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            try:
                code, answer = 200, service.handle(parts.path, dict(parse_qsl(parts.query)))
            except ApiError as error:
                code, answer = error.code, error.status()
            body = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = server_context(pki)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, pki, f"https://127.0.0.1:{server.server_address[1]}")
    yield path
    server.shutdown()
    server.server_close()
    thread.join()
