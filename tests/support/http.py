"""A small HTTPS client for tests that look at the wire: status, headers, bytes, and lines of a watch as they come."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ruleplane.server.pki import client_context

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from support.apiserver import ApiServer

SECONDS = 20.0


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Client:
    """One keep-alive connection, as the administrator or (``admin=False``) as nobody."""

    def __init__(self, server: ApiServer, *, admin: bool = True, context: ssl.SSLContext | None = None) -> None:
        context = context or client_context(server.pki, admin=admin)
        self._streams: list[http.client.HTTPResponse] = []
        self.connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=SECONDS)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, in the middle of a watch too."""
        self.connection.close()
        for response in self._streams:
            response.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request. ``body``: bytes as they are, anything else as JSON; header names with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body=body, headers=named)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def stream(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Begin a watch; read its lines with ``readline()``."""
        self.connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        response = self.connection.getresponse()
        self._streams.append(response)
        return response
