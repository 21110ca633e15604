"""One API server for the whole run, one namespace for each test, and kubectl in the oldest and the newest version."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from support.apiserver import ApiServer, running_server
from support.kubectl import Kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running_server(tmp_path_factory.mktemp("apiserver")) as started:
        yield started


@pytest.fixture(scope="session", params=["1.37", "1.32"])
def any_kubectl(request: pytest.FixtureRequest, server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    return Kubectl(request.param, server.kubeconfig, tmp_path_factory.mktemp(f"kubectl-{request.param}"))


@pytest.fixture
def namespace(server: ApiServer, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, named after it."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    name = f"{words[:50].strip('-')}-{zlib.crc32(words.encode()):x}"  # the end of a long name tells the version
    server.create("v1/Namespace", {"metadata": {"name": name}})
    return name


@pytest.fixture
def kubectl(any_kubectl: Kubectl, namespace: str, tmp_path: Path) -> Kubectl:
    """kubectl whose commands go to the test's namespace, in a directory of the test's own."""

    class Here(Kubectl):
        def run(self, *args: str, **options: Any) -> Any:
            return super().run("--namespace", namespace, *args, **options)

        def start(self, *args: str) -> Any:
            return super().start("--namespace", namespace, *args)

    here = object.__new__(Here)
    here.version, here.binary, here.env, here.cwd = any_kubectl.version, any_kubectl.binary, any_kubectl.env, tmp_path
    return here
