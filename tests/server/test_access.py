"""Who may ask: nobody without credentials writes, and every way to say who one is."""

from __future__ import annotations

import ssl

import pytest

from ruleplane.clock import RealClock
from ruleplane.server.pki import client_context, ensure_pki, issue_client
from support.http import Client

MAP = {"metadata": {"name": "m"}}


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/readyz/ping", "/version"])
def test_anybody_may_ask_whether_it_is_alive_and_what_it_is(nobody, path):
    assert nobody.get(path).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/apis"),
        ("GET", "/openapi/v3"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/pods"),
        ("GET", "/api/v1/nosuch"),
        ("GET", "/api/v1/pods?watch=true"),
        ("POST", "/api/v1/namespaces/default/configmaps"),
        ("PUT", "/api/v1/namespaces/default/configmaps/m"),
        ("PATCH", "/api/v1/namespaces/default/configmaps/m"),
        ("DELETE", "/api/v1/namespaces/default"),
        ("DELETE", "/api/v1/namespaces/default/configmaps"),
        ("POST", "/version"),
    ],
)
def test_nobody_in_particular_may_do_nothing_else(nobody, method, path):
    answer = nobody.ask(method, path, MAP if method != "GET" else None)
    assert (answer.status, answer.json["reason"]) == (403, "Forbidden")
    assert "system:anonymous" in answer.json["message"]


def test_a_token_of_the_token_file_is_its_user(nobody, server, maps):
    bearer = {"Authorization": f"Bearer {server.server.admin_token}"}
    assert nobody.ask("POST", maps, MAP, **bearer).status == 201
    wrong = nobody.get(maps, Authorization="Bearer nonsense")
    assert (wrong.status, wrong.json["reason"]) == (401, "Unauthorized")


def test_a_service_account_token_is_good_until_the_account_is_gone(client, nobody, namespace):
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    client.ask("POST", accounts, {"metadata": {"name": "robot"}})
    asked = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"expirationSeconds": 600}}
    made = client.ask("POST", f"{accounts}/robot/token", asked)
    assert made.status == 201
    bearer = {"Authorization": f"Bearer {made.json['status']['token']}"}
    review = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    info = nobody.ask("POST", path, review, **bearer).json["status"]["userInfo"]
    assert info["username"] == f"system:serviceaccount:{namespace}:robot"
    assert f"system:serviceaccounts:{namespace}" in info["groups"]
    reviewed = client.ask(
        "POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": made.json["status"]["token"]}}
    ).json["status"]
    assert (reviewed["authenticated"], reviewed["user"]["username"]) == (True, info["username"])
    client.ask("DELETE", f"{accounts}/robot")
    client.ask("POST", accounts, {"metadata": {"name": "robot"}})  # of the same name, and another one
    assert nobody.ask("POST", path, review, **bearer).status == 401


def test_tokens_may_be_bound_to_a_pod_and_end_with_it(client, nobody, namespace):
    base = f"/api/v1/namespaces/{namespace}"
    client.ask("POST", f"{base}/serviceaccounts", {"metadata": {"name": "robot"}})
    asked = {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p"}}}
    assert client.ask("POST", f"{base}/serviceaccounts/robot/token", asked).status == 404
    client.ask(
        "POST", f"{base}/pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    )
    token = client.ask("POST", f"{base}/serviceaccounts/robot/token", asked).json["status"]["token"]
    assert nobody.get("/api", Authorization=f"Bearer {token}").status == 200
    client.ask("DELETE", f"{base}/pods/p")
    assert nobody.get("/api", Authorization=f"Bearer {token}").status == 401


def test_token_requests_outside_their_limits_are_invalid(client, namespace):
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    client.ask("POST", accounts, {"metadata": {"name": "robot"}})
    for seconds in (599, 1 << 33):
        assert client.ask("POST", f"{accounts}/robot/token", {"spec": {"expirationSeconds": seconds}}).status == 422


def test_a_certificate_of_our_authority_is_its_user(server, tmp_path, maps):
    for suffix, content in zip(("crt", "key"), issue_client(server.pki, RealClock(), "ann", ["dev"]), strict=True):
        (tmp_path / f"ann.{suffix}").write_bytes(content)
    context = client_context(server.pki, admin=False)
    context.load_cert_chain(tmp_path / "ann.crt", tmp_path / "ann.key")
    with Client(server, context=context) as ann:
        answer = ann.get(maps)
    assert answer.json["message"].startswith('configmaps is forbidden: User "ann" cannot list resource "configmaps"')


def test_a_certificate_of_another_authority_is_nobodys(server, tmp_path):
    other = ensure_pki(tmp_path, RealClock())
    context = client_context(server.pki, admin=False)
    context.load_cert_chain(other.admin_cert, other.admin_key)
    with Client(server, context=context) as stranger, pytest.raises((ssl.SSLError, ConnectionError)):
        stranger.get("/version")


def test_masters_may_be_taken_for_others_and_lose_their_rights_by_it(client, maps):
    assert client.get(maps, Impersonate_User="ann").status == 403
    assert client.get(maps, Impersonate_User="ann", Impersonate_Group="system:masters").status == 200
    assert client.get(maps, Impersonate_Group="system:masters").status == 400


def test_access_reviews_answer_for_roles_that_were_just_made(client, namespace):
    review = {
        "spec": {"user": "ann", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": namespace}}
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    assert client.ask("POST", path, review).json["status"] == {"allowed": False}
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    client.ask("POST", f"{base}/roles", {"metadata": {"name": "r"}, "rules": [rule]})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}
    client.ask("POST", f"{base}/rolebindings", {"metadata": {"name": "b"}, "roleRef": ref, "subjects": [subject]})
    told = client.ask("POST", path, review).json["status"]
    assert told == {
        "allowed": True,
        "reason": f'RBAC: allowed by RoleBinding "b/{namespace}" of Role "r" to User "ann"',
    }
    client.ask("DELETE", f"{base}/rolebindings/b")
    assert client.ask("POST", path, review).json["status"] == {"allowed": False}
