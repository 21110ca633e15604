"""Role-based access control: default deny, and exactly what a binding gives."""

import pytest

from ruleplane.api.authz import Attributes, Policy, Rule
from ruleplane.api.call import User

READ_PODS = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}


def role(name, *rules, namespace="", **more):
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"kind": "Role" if namespace else "ClusterRole", "metadata": meta, "rules": list(rules), **more}


def binding(role_name, subject, namespace="", role_kind="ClusterRole"):
    meta = {"name": "b", "namespace": namespace} if namespace else {"name": "b"}
    kind, _, name = subject.partition(":")
    ref = {"kind": role_kind, "name": role_name}
    who = {"kind": kind, "name": name}
    if kind == "ServiceAccount":
        who["name"], _, who["namespace"] = name.partition("@")
    return {
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": ref,
        "subjects": [who],
    }


ANN = User("ann", "", ("dev",))
GET_POD = Attributes("get", "", "pods", "", "a", "web")


def allowed(objects, user=ANN, asked=GET_POD):
    return Policy(objects).decide(user, asked).allowed


def test_without_a_binding_nothing_is_allowed_except_to_masters():
    assert not allowed([role("r", READ_PODS)])
    assert allowed([], User("root", "", ("system:masters",)))


@pytest.mark.parametrize("subject", ["User:ann", "Group:dev"])
def test_a_cluster_binding_gives_everywhere(subject):
    objects = [role("r", READ_PODS), binding("r", subject)]
    assert allowed(objects)
    assert not allowed(objects, asked=Attributes("delete", "", "pods", "", "a", "web"))
    assert not allowed(objects, asked=Attributes("get", "apps", "pods", "", "a", "web"))
    assert not allowed(objects, User("bob", "", ()))


@pytest.mark.parametrize("role_namespace", ["", "a"])
def test_a_role_binding_gives_in_its_namespace_only(role_namespace):
    kind = "Role" if role_namespace else "ClusterRole"
    objects = [role("r", READ_PODS, namespace=role_namespace), binding("r", "User:ann", "a", kind)]
    assert allowed(objects)
    assert not allowed(objects, asked=Attributes("get", "", "pods", "", "b", "web"))
    assert not allowed(objects, asked=Attributes("list", "", "pods", ""))


def test_a_role_of_another_namespace_is_not_found():
    assert not allowed([role("r", READ_PODS, namespace="b"), binding("r", "User:ann", "a", "Role")])


def test_a_service_account_is_a_user_of_its_namespace():
    objects = [role("r", READ_PODS), binding("r", "ServiceAccount:robot@x")]
    assert allowed(objects, User("system:serviceaccount:x:robot"))
    assert not allowed(objects, User("system:serviceaccount:y:robot"))


def test_resource_names_limit_to_those_objects():
    objects = [role("r", {**READ_PODS, "resourceNames": ["web"]}), binding("r", "User:ann")]
    assert allowed(objects)
    assert not allowed(objects, asked=Attributes("get", "", "pods", "", "a", "db"))
    assert not allowed(objects, asked=Attributes("list", "", "pods", "", "a"))


@pytest.mark.parametrize(
    ("resource", "whole", "log"),
    [("pods", True, False), ("pods/log", False, True), ("*/log", False, True), ("*", True, True)],
)
def test_a_subresource_is_a_resource_of_its_own(resource, whole, log):
    objects = [role("r", {**READ_PODS, "resources": [resource]}), binding("r", "User:ann")]
    assert allowed(objects) is whole
    assert allowed(objects, asked=Attributes("get", "", "pods", "log", "a", "web")) is log


def test_paths_are_granted_by_prefix():
    objects = [role("r", {"verbs": ["get"], "nonResourceURLs": ["/logs/*", "/x"]}), binding("r", "User:ann")]
    got = [allowed(objects, asked=Attributes("get", path=path)) for path in ("/logs/a", "/x", "/x/y", "/")]
    assert got == [True, True, False, False]


def test_an_aggregated_role_has_the_rules_of_those_it_selects():
    labelled = role("part", READ_PODS)
    labelled["metadata"]["labels"] = {"to": "view"}
    whole = role("view", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"to": "view"}}]})
    assert allowed([labelled, whole, binding("view", "User:ann")])


def test_nobody_hands_out_what_they_do_not_have():
    policy = Policy([role("r", READ_PODS), binding("r", "User:ann")])
    assert policy.missing(ANN, [Rule({**READ_PODS, "resourceNames": ["x"]})], "a") == []
    assert policy.missing(ANN, [Rule(READ_PODS)], "a") == []
    wanted = Rule({"verbs": ["get", "*"], "apiGroups": [""], "resources": ["pods"]})
    assert [part.verb for part in policy.missing(ANN, [wanted], "a")] == ["*"]
    named = Policy([role("r", {**READ_PODS, "resourceNames": ["x"]}), binding("r", "User:ann")])
    assert named.missing(ANN, [Rule(READ_PODS)], "a") != []


def test_a_reason_names_the_binding_and_the_role():
    decision = Policy([role("r", READ_PODS), binding("r", "Group:dev")]).decide(ANN, GET_POD)
    assert decision.reason == 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to Group "dev"'
