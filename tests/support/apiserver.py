"""A whole API server for tests: store, verbs and HTTP edge on an event loop of their own, in a thread, bounded in time.

No rules run here: what converges is not these tests' concern.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import uvloop

from ruleplane.api.call import Call, User
from ruleplane.api.defaults import Defaults
from ruleplane.api.validate import Validator
from ruleplane.api.verbs import Api
from ruleplane.clock import RealClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.server.serve import Server
from ruleplane.store.commit import Committer
from ruleplane.store.memory import MemoryStore
from ruleplane.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

SECONDS = 30.0  # the longest that starting, stopping or one call may take
T = TypeVar("T")
SYSTEM = Call(actor="test", user=User("test", "", ("system:masters",)))


class ApiServer:
    """``server`` is the product's own; ``api`` and ``store`` are used from other threads through :meth:`call`."""

    def __init__(self, directory: Path, *, durable: bool = True, **options: Any) -> None:
        self.directory, self.durable, self.options = directory, durable, options
        self.kubeconfig = directory / "kubeconfig"
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="apiserver")
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self.server: Server
        self.api: Api
        self.store: MemoryStore

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def pki(self) -> Any:
        return self.server.pki

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)

    def create(self, ref: str, obj: dict[str, Any], namespace: str = "") -> dict[str, Any]:
        """Create an object past HTTP."""
        kind = self.api.registry.get(ref)
        assert kind is not None, ref
        value: dict[str, Any] = self.call(self.api.create(kind, namespace, obj, SYSTEM)).value
        return value

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(SECONDS), "the API server did not start"
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        if self._thread.is_alive():
            self.call(self._close())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(SECONDS)
            assert not self._thread.is_alive(), "the API server did not stop"

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._open())
        except BaseException as error:
            self._error = error
            self._ready.set()
            self.loop.close()
            return
        self._ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self._last())
        self.loop.close()

    async def _open(self) -> None:
        registry, clock = builtin_registry(), RealClock()
        self.schemas = schemas = Schemas.builtin()
        self.committer: Committer | None = None
        if self.durable:
            self.store = SqliteStore(self.directory / "data")
            self.committer = Committer(self.store)
        else:
            self.store = MemoryStore()
        self.api = Api(self.store, registry, schemas, clock, Random(1), Defaults.builtin(), Validator(schemas))
        namespaces = registry.get("v1/Namespace")
        assert namespaces is not None
        for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
            if await self.store.get(namespaces.key("", name)) is None:
                await self.api.create(namespaces, "", {"metadata": {"name": name}}, SYSTEM)
        options = {"port": 0, **self.options}
        self.server = Server(
            self.api, self.store, registry=registry, schemas=schemas, directory=self.directory, clock=clock, **options
        )
        await self.server.start()
        self.server.write_kubeconfig(self.kubeconfig)

    async def _close(self) -> None:
        await self.server.stop()
        if self.committer is not None:
            self.committer.close()
        self.store.close()

    async def _last(self) -> None:
        """Connections that a client has left open end with the server."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@contextmanager
def running_server(directory: Path, *, durable: bool = True, **options: Any) -> Iterator[ApiServer]:
    """A started server; ``durable`` is SQLite with ``synchronous=FULL``, otherwise memory. ``options`` are Server's."""
    server = ApiServer(directory, durable=durable, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
