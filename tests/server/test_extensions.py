"""Answers that are no objects, mounted by whoever makes the server: the trace's."""

from __future__ import annotations

import http.client
import json
import ssl
import tempfile

import pytest

from ruleplane.clock import RealClock
from ruleplane.errors import BadRequest
from ruleplane.server.pki import issue_client
from support.apiserver import running_server

ROOT = "/apis/past.example/v1"


def handle(path, query):
    if "wrong" in query:
        raise BadRequest("that is wrong")
    return {"path": path, "query": dict(query)}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("server"), durable=False, extensions={ROOT: handle}) as running:
        yield running


def ask(server, path, user="admin", groups=("system:masters",), method="GET"):
    certificate, key = issue_client(server.pki, RealClock(), user, groups)
    context = ssl.create_default_context(cafile=str(server.pki.ca_cert))
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_everything_below_the_root_is_answered_by_the_extension(server):
    assert ask(server, f"{ROOT}/firings?a=1&b=x%20y&a=2") == (
        200,
        {"path": f"{ROOT}/firings", "query": {"a": "1", "b": "x y"}},
    )
    assert ask(server, ROOT)[1]["path"] == ROOT


def test_a_refusal_is_a_status(server):
    code, status = ask(server, f"{ROOT}/firings?wrong=1")
    assert (code, status["kind"], status["message"]) == (400, "Status", "that is wrong")


def test_it_can_only_be_read(server):
    assert ask(server, f"{ROOT}/firings", method="DELETE")[0] == 405


def test_who_has_no_right_to_it_learns_nothing(server):
    code, status = ask(server, f"{ROOT}/firings", user="eve", groups=())
    assert code == 403
    assert 'cannot get resource "firings" in API group "past.example"' in status["message"]


def test_another_version_of_the_group_is_not_the_extensions(server):
    assert ask(server, "/apis/past.example/v2/firings")[0] == 404
