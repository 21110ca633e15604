"""Who kubectl is and what it may do: certificates, tokens, roles, impersonation; nobody without credentials writes."""

from __future__ import annotations

import pytest


@pytest.fixture
def robot(kubectl, namespace):
    kubectl("create", "serviceaccount", "robot")
    return f"system:serviceaccount:{namespace}:robot"


def test_the_administrator_may_do_everything(kubectl):
    assert "kubernetes-admin" in kubectl("auth", "whoami")
    assert kubectl("auth", "can-i", "delete", "nodes").strip() == "yes"


def test_a_service_account_may_do_what_its_roles_say_and_no_more(kubectl, robot, namespace):
    token = kubectl("create", "token", "robot", "--duration=15m").strip()
    as_robot = ("--token", token, "--kubeconfig", "robot.config")
    server, ca = (
        kubectl("config", "view", "--raw", "-o", f"jsonpath={{.clusters[0].cluster.{field}}}")
        for field in ("server", "certificate-authority-data")
    )
    cluster = f'{{"name":"c","cluster":{{"server":"{server}","certificate-authority-data":"{ca}"}}}}'
    (kubectl.cwd / "robot.config").write_text(
        f'{{"apiVersion":"v1","kind":"Config","clusters":[{cluster}],"current-context":"x",'
        '"contexts":[{"name":"x","context":{"cluster":"c","user":""}}]}'
    )
    assert robot in kubectl(*as_robot, "auth", "whoami")
    refusal = kubectl.fails(*as_robot, "get", "pods")
    assert refusal == (
        f'Error from server (Forbidden): pods is forbidden: User "{robot}" cannot list resource "pods" in API group "" '
        f'in the namespace "{namespace}"'
    )
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:robot")
    assert kubectl(*as_robot, "get", "pods") == ""
    assert "cannot list resource" in kubectl.fails(*as_robot, "get", "pods", "-n", "default")
    assert "forbidden" in kubectl.fails(*as_robot, "create", "configmap", "m")
    kubectl("delete", "serviceaccount", "robot")
    assert "Unauthorized" in kubectl.fails(*as_robot, "get", "pods") or "logged in" in kubectl.fails(
        *as_robot, "get", "pods"
    )


def test_can_i_answers_for_others(kubectl, robot, namespace):
    asked = ("auth", "can-i", "list", "pods", f"--as={robot}")
    assert kubectl.run(*asked).stdout == "no\n"
    kubectl("create", "clusterrole", f"{namespace}-r", "--verb=list", "--resource=pods")
    kubectl("create", "rolebinding", "r", f"--clusterrole={namespace}-r", f"--serviceaccount={namespace}:robot")
    assert kubectl.run(*asked).stdout == "yes\n"
    assert kubectl.run(*asked, "-n", "default").stdout == "no\n"
    rows = [line.split() for line in kubectl("auth", "can-i", "--list", f"--as={robot}").splitlines()]
    assert ["pods", "[]", "[]", "[list]"] in rows


def test_nobody_hands_out_more_than_they_have(kubectl, robot, namespace):
    for name, verbs, resource in (("granter", "create", "roles,rolebindings"), ("reader", "get", "pods")):
        kubectl("create", "role", name, f"--verb={verbs}", f"--resource={resource}")
        kubectl("create", "rolebinding", name, f"--role={name}", f"--serviceaccount={namespace}:robot")
    me = f"--as={robot}"
    assert "created" in kubectl(me, "create", "role", "small", "--verb=get", "--resource=pods")
    refusal = kubectl.fails(me, "create", "role", "big", "--verb=delete", "--resource=pods")
    assert "is attempting to grant RBAC permissions not currently held" in refusal
    refusal = kubectl.fails(me, "create", "rolebinding", "big", "--clusterrole=cluster-admin", "--user=eve")
    assert "is attempting to grant RBAC permissions not currently held" in refusal


def test_impersonation_is_a_permission(kubectl, robot):
    assert "ann" in kubectl("auth", "whoami", "--as=ann", "--as-group=dev")
    refusal = kubectl.fails(f"--as={robot}", "create", "token", "robot")
    assert "cannot create resource" in refusal
