"""``ruleplane rules rbac``: with the printed role a rule set runs against our own server, and with less it does not."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest
import yaml

from ruleplane.api import authz
from ruleplane.api.authz import Policy
from ruleplane.api.call import User
from ruleplane.clock import RealClock
from ruleplane.server.kubeconfig import kubeconfig
from ruleplane.server.pki import issue_client
from support.apiserver import SYSTEM, running_server
from support.runs import BUDGETS, Cluster, Run

ROBOT = "system:serviceaccount:default:budgets"
EVENTFUL = BUDGETS.replace(
    "    - name: report\n", '      event: {created: "made ${object.metadata.name}"}\n    - name: report\n'
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    directory = tmp_path_factory.mktemp("rbac")
    with running_server(directory, durable=False) as server:
        yield Cluster(server, directory)


@pytest.fixture
def robot(cluster: Cluster):
    """A kubeconfig of the service account that the manifest binds to."""
    server = cluster.server
    certificate, key = issue_client(server.pki, RealClock(), ROBOT, ("system:serviceaccounts", "system:authenticated"))
    config = kubeconfig(server.pki, server.url)
    config["users"][0]["user"] = {
        "client-certificate-data": b64encode(certificate).decode(),
        "client-key-data": b64encode(key).decode(),
    }
    path = cluster.directory / "robot"
    path.write_text(yaml.safe_dump(config))
    return str(path)


def printed(ruleplane, tmp_path, text: str, *options: str) -> list[dict]:
    (tmp_path / "rules.yaml").write_text(text)
    told = ruleplane("rules", "rbac", tmp_path / "rules.yaml", *options)
    assert told.code == 0, told.err
    return list(yaml.safe_load_all(told.out))


def install(cluster: Cluster, manifests: list[dict]) -> None:
    for manifest in manifests:
        ref = f"{manifest['apiVersion']}/{manifest['kind']}"
        cluster.server.create(ref, manifest, manifest["metadata"].get("namespace", ""))


def run_as(robot: str, cluster: Cluster) -> int | None:
    run, settings = Run(), cluster.settings(EVENTFUL, elect=True)
    settings.kubeconfig = robot
    asyncio.run(run.through(settings))
    return run.code


def test_a_rule_set_runs_with_the_role_that_is_printed_and_with_nothing_less(
    ruleplane, tmp_path, cluster, robot, monkeypatch
):
    asked = set()
    decide = Policy.decide

    def noted(self, user, attributes):
        if user.name == ROBOT and attributes.resource:
            asked.add(attributes)
        return decide(self, user, attributes)

    monkeypatch.setattr(authz.Policy, "decide", noted)
    manifests = printed(ruleplane, tmp_path, EVENTFUL)
    install(cluster, manifests)
    cluster.budget("toys", 3)
    assert run_as(robot, cluster) == 0
    assert len(cluster.parts("toys")) == 3
    kind = cluster.server.api.registry.get("v1/ConfigMap")
    fewer = cluster.server.api.patch(kind, "default", "toys", {"data": {"size": "2"}}, "merge", SYSTEM)
    cluster.server.call(fewer)
    assert run_as(robot, cluster) == 0
    assert len(cluster.parts("toys")) == 2
    user = User(ROBOT)
    assert all(Policy(manifests).decide(user, attributes).allowed for attributes in asked)
    for role, rule, verb in [(m, r, v) for m in manifests for r in m.get("rules", ()) for v in r["verbs"]]:
        rest = [{**r, "verbs": [v for v in r["verbs"] if (r, v) != (rule, verb)]} for r in role["rules"]]
        less = Policy([{**m, "rules": rest} if m is role else m for m in manifests])
        refused = [attributes for attributes in asked if not less.decide(user, attributes).allowed]
        # a write whose answer is lost is looked up, which this run has no need of; equal Events are counted likewise
        spare = {("configmaps", "get"), ("events", "patch")}
        needless = {(resource, verb) for resource in rule["resources"]} <= spare
        assert refused or needless, f"{rule['resources']} are never asked to {verb}"


def test_rights_in_one_namespace_are_a_role_there(ruleplane, tmp_path):
    kinds = [(m["kind"], m["metadata"].get("namespace")) for m in printed(ruleplane, tmp_path, BUDGETS, "-n", "shop")]
    assert kinds == [("ServiceAccount", "shop"), ("Role", "shop"), ("RoleBinding", "shop")]


def test_kinds_of_the_cluster_need_a_cluster_role_all_the_same(ruleplane, tmp_path):
    text = BUDGETS.replace("  watch:\n", "  watch:\n    places: {kind: v1/Namespace}\n")
    made = printed(ruleplane, tmp_path, text, "-n", "shop", "--no-leader-elect", "--name", "clerk")
    (wide,) = (m for m in made if m["kind"] == "ClusterRole")
    assert wide["rules"] == [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]}]
    assert {m["metadata"]["name"] for m in made} == {"clerk"}


def test_a_kind_that_is_defined_beside_the_rules_is_known_by_its_plural(ruleplane, tmp_path):
    (tmp_path / "crd.yaml").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "geese.example.com"},
                "spec": {
                    "group": "example.com",
                    "scope": "Namespaced",
                    "names": {"plural": "geese", "kind": "Goose"},
                    "versions": [
                        {
                            "name": "v1",
                            "served": True,
                            "storage": True,
                            "schema": {"openAPIV3Schema": {"type": "object"}},
                        }
                    ],
                },
            }
        )
    )
    text = BUDGETS.replace(
        "parts: {kind: v1/ConfigMap", "flock: {kind: example.com/v1/Goose}\n    parts: {kind: v1/ConfigMap"
    )
    (tmp_path / "rules.yaml").write_text(text)
    told = ruleplane("rules", "rbac", tmp_path)
    assert "resources: [geese]" in told.out
    told = ruleplane("rules", "rbac", tmp_path / "rules.yaml")
    assert told.code == 1
    assert "names example.com/v1/Goose, which is no built-in kind" in told.err


def test_a_kind_that_the_text_does_not_tell_is_refused(ruleplane, tmp_path):
    text = BUDGETS.replace("to: ${budget}", "to: \"${{'kind': budget.kind, 'metadata': budget.metadata}}\"")
    (tmp_path / "rules.yaml").write_text(text)
    told = ruleplane("rules", "rbac", tmp_path / "rules.yaml")
    assert told.code == 1
    assert "rule report of budgets writes an object whose kind the text does not tell" in told.err


def test_the_rights_of_the_bundled_rules_can_be_told(ruleplane):
    made = {m["kind"]: m for m in yaml.safe_load_all(ruleplane("rules", "rbac").out)}
    assert {"apiGroups": [""], "resources": ["pods/binding"], "verbs": ["create"]} in made["ClusterRole"]["rules"]
