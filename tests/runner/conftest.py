"""An API server over HTTPS that runs no rules, and ``ruleplane run`` in this process against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ruleplane import runner
from ruleplane.client.connection import Connection
from ruleplane.errors import InternalError, ServiceUnavailable
from support.apiserver import SYSTEM, ApiServer, running_server
from support.runs import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running_server(tmp_path_factory.mktemp("remote"), durable=False) as started:
        yield started


@pytest.fixture
def cluster(server: ApiServer, tmp_path: Any) -> Iterator[Cluster]:
    made = Cluster(server, tmp_path)
    yield made
    made.server.call(_clear(server))


async def _clear(server: ApiServer) -> None:
    for ref in (
        "v1/ConfigMap",
        "apps/v1/ReplicaSet",
        "v1/Pod",
        "v1/Service",
        "coordination.k8s.io/v1/Lease",
        "v1/Event",
        "v1/ResourceQuota",
        "v1/Node",
    ):
        kind = server.api.registry.get(ref)
        listing = await server.store.list(kind.prefix())
        for entry in listing.entries:
            metadata = entry.value["metadata"]
            options = {"gracePeriodSeconds": 0}
            await server.api.delete(kind, metadata.get("namespace", ""), metadata["name"], options, SYSTEM)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Functions ``fault(method, path, query)`` that are asked at every request: ``"before"`` refuses to send it,
    ``"after"`` loses its answer, an error is raised."""
    faults: list[Any] = []

    class Faulty(Connection):
        async def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
            found = next((one for fault in faults if (one := fault(method, path, more.get("query") or {}))), None)
            if isinstance(found, Exception):
                raise found
            if found == "before":
                raise ServiceUnavailable("connection refused")
            answer = await super().ask(method, path, **more)
            if found == "after":
                raise InternalError("the answer was lost")
            return answer

    monkeypatch.setattr(runner, "Connection", Faulty)
    return faults
