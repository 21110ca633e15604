"""A server in memory for the tests of this room, and a namespace for each."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from support.apiserver import ApiServer, running_server
from support.http import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running_server(tmp_path_factory.mktemp("edge"), durable=False) as started:
        yield started


@pytest.fixture
def client(server: ApiServer) -> Iterator[Client]:
    with Client(server) as opened:
        yield opened


@pytest.fixture
def nobody(server: ApiServer) -> Iterator[Client]:
    with Client(server, admin=False) as opened:
        yield opened


@pytest.fixture
def namespace(server: ApiServer, request: pytest.FixtureRequest) -> str:
    name = f"n-{zlib.crc32(request.node.nodeid.encode()):x}"
    server.create("v1/Namespace", {"metadata": {"name": name}})
    return name


@pytest.fixture
def maps(namespace: str) -> str:
    """The path of the namespace's ConfigMaps."""
    return f"/api/v1/namespaces/{namespace}/configmaps"
