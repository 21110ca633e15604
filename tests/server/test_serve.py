"""The server as a thing: where it serves, what it says of itself, how it starts, stops and fails to."""

from __future__ import annotations

import json
import threading

import pytest

from ruleplane.errors import RuleplaneError
from support.apiserver import running_server
from support.http import Client


def test_a_port_in_use_is_told(server, tmp_path):
    expected = rf"cannot serve on 127\.0\.0\.1:{server.port}: the port is in use"
    with pytest.raises(RuleplaneError, match=expected), running_server(tmp_path, durable=False, port=server.port):
        pass


def test_a_server_started_again_on_its_data_knows_objects_certificates_and_tokens(tmp_path):
    with running_server(tmp_path) as first, Client(first) as client:
        client.ask("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "m"}})
        revision, config, token = first.store.revision, first.kubeconfig.read_text(), first.server.admin_token
    with running_server(tmp_path) as second, Client(second) as client:
        assert second.store.revision == revision
        assert client.get("/api/v1/namespaces/default/configmaps/m").status == 200
        assert second.server.admin_token == token
        ca = [line for line in config.splitlines() if "certificate-authority-data" in line]
        assert ca == [
            line for line in second.kubeconfig.read_text().splitlines() if "certificate-authority-data" in line
        ]


def test_health_tells_which_check_fails(tmp_path):
    problem = ["not yet"]
    ready = {"rules": lambda: problem[0]}
    with running_server(tmp_path, durable=False, ready=ready) as server, Client(server) as client:
        assert client.get("/livez").status == 200
        failing = client.get("/readyz")
        assert failing.status == 500
        assert b"[-]rules failed: not yet" in failing.raw
        assert client.get("/readyz/rules").status == 500
        assert client.get("/readyz?exclude=rules").status == 200
        problem[0] = ""
        assert client.get("/readyz?verbose").raw == b"[+]ping ok\n[+]rules ok\nreadyz check passed\n"
        assert client.get("/readyz/nosuch").status == 404


def test_discovery_in_both_forms_and_only_when_it_has_changed(client):
    plain = client.get("/apis")
    assert plain.json["kind"] == "APIGroupList"
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    aggregated = client.get("/apis", Accept=accept)
    assert aggregated.headers["Content-Type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    assert aggregated.json["kind"] == "APIGroupDiscoveryList"
    assert client.get("/apis", Accept=accept, If_None_Match=aggregated.headers["ETag"]).status == 304
    assert client.get("/api").json["versions"] == ["v1"]
    assert client.get("/api/v1").json["kind"] == "APIResourceList"
    assert client.get("/apis/apps").json["preferredVersion"]["version"] == "v1"
    assert client.get("/apis/apps/v1").json["groupVersion"] == "apps/v1"


def test_openapi_is_served_by_group_version(client):
    index = client.get("/openapi/v3").json["paths"]
    document = client.get(index["apis/apps/v1"]["serverRelativeURL"]).json
    assert document["openapi"].startswith("3.")
    proto = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    assert client.get("/openapi/v2", Accept="application/json").status == 404
    described = client.get("/openapi/v2", Accept=proto)
    assert (described.status, described.headers["Content-Type"]) == (200, proto.replace("@", "."))
    assert (described.raw[:6], described.raw[-2:]) == (b"\x0a\x032.0\x12", b"\x42\x00")
    assert client.get("/openapi/v3", Accept=proto).status == 406


def test_health_and_metrics_have_one_form_for_browsers_too(client):
    assert [client.get(path, Accept="text/html").status for path in ("/livez", "/metrics", "/version")] == [200] * 3


def test_the_key_of_tokens_is_published(client):
    key = client.get("/openid/v1/jwks").json["keys"][0]
    assert (key["kty"], key["crv"]) == ("EC", "P-256")
    assert client.get("/.well-known/openid-configuration").json["jwks_uri"].endswith("/openid/v1/jwks")


def test_metrics_count_requests_and_show_the_revision(client):
    client.get("/version")
    text = client.get("/metrics").raw.decode()
    assert 'apiserver_request_total{verb="GET",resource="",code="200"}' in text
    assert "ruleplane_store_revision " in text


def test_an_answer_is_given_only_once_the_write_is_durable(tmp_path):
    with running_server(tmp_path) as server, Client(server) as client:
        client.ask("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "m"}})
        assert server.store.durable_revision == server.store.revision


def test_two_hundred_clients_at_once_are_all_served(server):
    failures: list[object] = []

    def ask() -> None:
        try:
            with Client(server) as client:
                assert json.loads(client.get("/version").raw)["minor"] == "37"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
