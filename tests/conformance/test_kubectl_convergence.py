"""Real kubectl before a control plane whose rules run: what is applied converges, and what is deleted goes.

The other kubectl tests talk to an API server without rules; here every step waits for the rules with kubectl's own
`wait`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.kubectl import Kubectl
from support.plane import running

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "nginx-replicaset.yaml"


@pytest.fixture(scope="module", params=["1.37", "1.32"])
def kubectl(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(home / "data") as plane:
        yield Kubectl(request.param, plane.kubeconfig, home)


def ready(kubectl, count, namespace="default"):
    # a selector of jsonpath: kubectl returns as soon as the watch shows it
    kubectl("wait", f"--for=jsonpath={{.status.readyReplicas}}={count}", "rs/web", "-n", namespace, "--timeout=20s")


def test_an_applied_replicaset_becomes_running_pods_that_kubectl_describes(kubectl):
    kubectl("apply", "-f", str(EXAMPLE))
    ready(kubectl, 3)
    rows = [line.split() for line in kubectl("get", "pods", "-l", "app=web", "--no-headers").splitlines()]
    assert [row[1:3] for row in rows] == [["1/1", "Running"]] * 3
    described = kubectl("describe", "pod", rows[0][0])
    for word in ("Scheduled", "Pulled", "Created", "Started", "Controlled By:", "ReplicaSet/web"):
        assert word in described
    assert "3         3         3" in kubectl("get", "rs", "web")


def test_scaling_and_deleting_converge(kubectl):
    kubectl("apply", "-f", str(EXAMPLE))
    kubectl("scale", "rs/web", "--replicas=5")
    ready(kubectl, 5)
    first = kubectl("get", "pods", "-o", "name").splitlines()[0]
    kubectl("delete", first, "--wait")
    ready(kubectl, 5)
    assert first not in kubectl("get", "pods", "-o", "name").splitlines()
    kubectl("scale", "rs/web", "--replicas=1")
    kubectl("wait", "--for=jsonpath={.status.replicas}=1", "rs/web", "--timeout=20s")
    kubectl("delete", "rs", "web", "--cascade=foreground", "--wait")
    assert kubectl("get", "pods", "-l", "app=web", "-o", "name") == ""


def test_a_pod_that_no_node_takes_says_so_in_kubernetes_words(kubectl):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lost"},
        "spec": {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "c", "image": "nginx"}]},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    kubectl("wait", "--for=condition=PodScheduled=false", "pod/lost", "--timeout=20s")
    told = kubectl("get", "pod", "lost", "-o", "jsonpath={.status.conditions[0].message}")
    assert told.startswith("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")
    kubectl("label", "node", "node-2", "disk=ssd")
    kubectl("wait", "--for=condition=Ready", "pod/lost", "--timeout=20s")
    assert kubectl("get", "pod", "lost", "-o", "jsonpath={.spec.nodeName}") == "node-2"
    kubectl("delete", "pod", "lost", "--wait")


def test_a_deleted_namespace_takes_everything_in_it_along(kubectl):
    kubectl("create", "namespace", "shop")
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", "shop", "--timeout=20s")
    kubectl("apply", "-n", "shop", "-f", str(EXAMPLE))
    ready(kubectl, 3, "shop")
    kubectl("delete", "namespace", "shop", "--wait")
    assert "NotFound" in kubectl.fails("get", "namespace", "shop")
    assert kubectl("get", "pods", "-n", "shop", "-o", "name") == ""


def test_started_again_on_the_same_data_it_goes_on_from_the_same_revision(tmp_path):
    with running(tmp_path / "data") as plane:
        kubectl = Kubectl("1.37", plane.kubeconfig, tmp_path)
        kubectl("apply", "-f", str(EXAMPLE))
        ready(kubectl, 3)
        before = {
            pod["metadata"]["name"]: pod["status"] for pod in json.loads(kubectl("get", "pods", "-o", "json"))["items"]
        }
    with running(tmp_path / "data") as plane:
        kubectl = Kubectl("1.37", plane.kubeconfig, tmp_path)
        after = {
            pod["metadata"]["name"]: pod["status"] for pod in json.loads(kubectl("get", "pods", "-o", "json"))["items"]
        }
    assert after == before  # nothing restarted, nothing was written again
