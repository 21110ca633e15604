"""Which kinds a server serves, in both forms of discovery, over HTTPS."""

from __future__ import annotations

import asyncio

import pytest

from ruleplane.client import discovery
from ruleplane.client.connection import Connection
from ruleplane.client.credentials import Credentials
from ruleplane.clock import RealClock
from ruleplane.errors import ServiceUnavailable
from support.apiserver import running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("server"), durable=False) as started:
        yield started


class Old(Connection):
    """A server that knows no aggregated form; ``silent`` is a group version that does not answer."""

    silent, asked = "", 0

    async def ask(self, method, path, **more):
        self.asked += 1
        if path == self.silent:
            raise ServiceUnavailable("no endpoints available")
        return await super().ask(method, path, **{**more, "accept": "application/json"})


def found(server, of, silent=""):
    async def scenario():
        credentials = await Credentials.load(str(server.kubeconfig), "", RealClock())
        async with of(credentials, RealClock()) as connection:
            connection.silent = silent
            return await discovery.discover(connection)

    return asyncio.run(scenario())


def told(registry):
    return {
        kind.ref: (
            kind.plural, kind.namespaced, kind.singular, set(kind.verbs), set(kind.short_names), set(kind.categories),
            {(one.name, one.ref, tuple(one.verbs)) for one in kind.details}, kind.custom,
        )
        for kind in registry
    }  # fmt: skip


def test_both_forms_tell_the_same(server):
    new, old = told(found(server, Connection)), told(found(server, Old))
    assert new == old
    assert ("binding", "v1/Binding", ("create",)) in new["v1/Pod"][6]
    assert new["apps/v1/Deployment"][0] == "deployments"


def test_a_group_version_that_does_not_answer_is_told_and_hides_no_other(server):
    registry = found(server, Old, "/apis/apps/v1")
    assert registry.get("apps/v1/Deployment") is None
    assert registry.get("v1/Pod") is not None
    assert "no endpoints available" in registry.unserved["apps/v1"]
