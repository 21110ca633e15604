"""The API server as a thing that starts and stops: sockets, TLS, and the wiring of the edge.

What it isn't: the API (``ruleplane.api``) or the process (``controlplane``, which makes one of these and picks the
event loop: uvloop). It serves on loopback unless told otherwise.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import TYPE_CHECKING, Any

from ruleplane.clock import RealClock
from ruleplane.errors import RuleplaneError
from ruleplane.server.app import App
from ruleplane.server.authn import Authenticator
from ruleplane.server.authz import Authorizer
from ruleplane.server.connection import ConnectionFactory
from ruleplane.server.discovery import Discovery
from ruleplane.server.health import Health
from ruleplane.server.kubeconfig import write_kubeconfig
from ruleplane.server.metrics import Metrics
from ruleplane.server.nonresources import NonResources
from ruleplane.server.openapi import OpenApi
from ruleplane.server.pki import ensure_pki, read_key, server_context
from ruleplane.server.reading import Reading
from ruleplane.server.resources import Resources
from ruleplane.server.reviews import Reviews
from ruleplane.server.streams import Streams
from ruleplane.server.tokens import Tokens, static_tokens
from ruleplane.server.views import Views
from ruleplane.server.writing import Powers, Writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ruleplane.api.verbs import Api
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.server.health import Check
    from ruleplane.server.nonresources import Extension
    from ruleplane.server.resources import Connector
    from ruleplane.store.base import Store

_log = logging.getLogger("ruleplane.server")
BACKLOG = 4096  # thousands of clients that come back at once after a restart
_STOP_SECONDS = 5.0  # for requests under way
_FAREWELL_SECONDS = 0.5  # for a client to say that it has read the end
_HEADER_BYTES = 64 * 1024  # label selectors travel in the first line, tokens in headers


class Server:
    """Serves ``api`` over HTTPS.

    ``directory`` keeps the certificates (``pki/``) and static tokens (``tokens.csv``). ``port`` 0 takes a free one.
    ``live`` and ``ready`` are further health checks by name: functions that return "" or what is wrong. ``names`` are
    further host names and addresses for the certificate. ``connectors`` serve subresources that are streams, by
    ``GROUP/PLURAL/SUBRESOURCE`` (``/pods/log`` for the core group). ``extensions`` answer reads below a root of the
    form ``/apis/GROUP/VERSION``: functions of path and query that give JSON or raise ApiError. ``powers`` tells what a
    write of rules would let them do (none: there is nobody here who runs rules).

    Flow: ``await start()``; ``url`` and ``write_kubeconfig()`` tell clients where; ``await stop()`` ends every watch
    between two events, lets requests under way finish, and closes.
    """

    def __init__(
        self,
        api: Api,
        store: Store,
        *,
        registry: Registry,
        schemas: Schemas,
        directory: Path,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 6443,
        live: Mapping[str, Check] | None = None,
        ready: Mapping[str, Check] | None = None,
        names: tuple[str, ...] = (),
        connectors: Mapping[str, Connector] | None = None,
        extensions: Mapping[str, Extension] | None = None,
        powers: Powers = lambda *_: [],
    ) -> None:
        clock = clock or RealClock()
        self._host, self._wanted_port = host, port
        self.pki = ensure_pki(directory / "pki", clock, (*names, host) if host not in ("0.0.0.0", "::") else names)
        self.metrics = Metrics(
            {"ruleplane_store_revision": ("The last revision written.", lambda: float(store.revision))}
        )
        self.streams = Streams()
        registry.listeners.append(self._kind_changed)
        self.metrics.add("apiserver_longrunning_requests", "Watches open.", lambda: float(len(self.streams)))
        tokens = Tokens(read_key(self.pki.sa_key), clock)
        self._static = static_tokens(directory / "tokens.csv")
        authenticator = Authenticator(self._static, tokens, store, registry)
        self._authorizer = Authorizer(store)
        reviews = Reviews(authenticator, self._authorizer, tokens, store, registry, clock)
        views = Views(registry, clock)
        self._app = App(
            authenticator,
            self._authorizer,
            Resources(
                registry,
                Reading(api, store, views, self.streams),
                Writing(api, store, registry, self._authorizer, reviews, views, powers),
                connectors,
            ),
            NonResources(
                Discovery(registry), OpenApi(registry, schemas), Health(live, ready), self.metrics, tokens, extensions
            ),
            self.metrics,
        )
        self._factory: ConnectionFactory | None = None
        self._listener: asyncio.Server | None = None
        self.port = 0

    def _kind_changed(self, kind: Kind, served: bool) -> None:
        if not served:
            self.streams.finish(kind.ref)

    @property
    def url(self) -> str:
        """Where it serves."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::") else self._host
        return f"https://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def admin_token(self) -> str:
        """The first administrator's bearer token in ``tokens.csv``, "" where there is none."""
        return next((token for token, user in self._static.items() if "system:masters" in user.groups), "")

    async def start(self) -> None:
        """Begin to serve on the running loop.

        Raises:
            RuleplaneError: the port is in use, or may not be used.
        """
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {
            "access_log": None,
            "max_line_size": _HEADER_BYTES,
            "max_field_size": _HEADER_BYTES,
            "keepalive_timeout": 3600.0,
        }
        self._factory = ConnectionFactory(self._app.handle, loop=loop, **options)
        try:
            self._listener = await loop.create_server(
                self._factory,
                self._host,
                self._wanted_port,
                ssl=server_context(self.pki),
                backlog=BACKLOG,
                ssl_shutdown_timeout=_FAREWELL_SECONDS,
            )
        except OSError as error:
            raise _cannot_listen(self._host, self._wanted_port, error) from error
        self.port = self._listener.sockets[0].getsockname()[1]
        _log.info("serving on %s", self.url)

    def write_kubeconfig(self, path: Path) -> None:
        """Write an administrator's kubeconfig for this server to ``path`` (0600)."""
        write_kubeconfig(path, self.pki, self.url)

    async def stop(self) -> None:
        """Stop serving. Idempotent."""
        listener, self._listener = self._listener, None
        factory, self._factory = self._factory, None
        if listener is None or factory is None:
            return
        listener.close()
        self.streams.stop()
        factory.pre_shutdown()
        await factory.shutdown(_STOP_SECONDS)
        await factory.drain(2 * _FAREWELL_SECONDS)
        await listener.wait_closed()
        self._authorizer.close()


def _cannot_listen(host: str, port: int, error: OSError) -> RuleplaneError:
    # create_server wraps the error of bind() in its own words, and keeps the number
    if error.errno == errno.EADDRINUSE:
        return RuleplaneError(f"cannot serve on {host}:{port}: the port is in use (choose another one, or 0 for any)")
    if error.errno in (errno.EACCES, errno.EPERM):
        return RuleplaneError(f"cannot serve on {host}:{port}: not permitted (ports below 1024 need root)")
    return RuleplaneError(f"cannot serve on {host}:{port}: {error.strerror or error}")
