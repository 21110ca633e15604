"""What kubectl waits for: conditions, fields, creation, and the end of what it deletes."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def pod(server, namespace):
    """A Pod that runs somewhere, so that its deletion has a grace that a kubelet would end."""
    spec = {"nodeName": "node-1", "containers": [{"name": "c", "image": "busybox"}]}
    server.create("v1/Pod", {"metadata": {"name": "p"}, "spec": spec}, namespace)
    return "pod/p"


READY = '{"status":{"conditions":[{"type":"Ready","status":"True"}],"phase":"Running"}}'


def test_wait_for_a_condition_that_comes(kubectl, pod):
    waiting = kubectl.start("wait", "--for=condition=Ready", pod, "--timeout=20s")
    kubectl("patch", pod, "--subresource=status", "-p", READY)
    assert waiting.communicate(timeout=30)[0] == "pod/p condition met\n"


def test_wait_for_a_field_and_for_what_is_there_already(kubectl, pod):
    kubectl("patch", pod, "--subresource=status", "-p", READY)
    assert kubectl("wait", "--for=jsonpath={.status.phase}=Running", pod, "--timeout=10s") == "pod/p condition met\n"
    assert kubectl("wait", "--for=condition=Ready", pod, "--timeout=10s") == "pod/p condition met\n"


def test_wait_gives_up_in_time(kubectl, pod):
    assert "timed out waiting for the condition" in kubectl.fails(
        "wait", "--for=condition=Ready", pod, "--timeout=500ms"
    )


def test_delete_returns_when_the_object_is_gone(kubectl):
    kubectl("create", "configmap", "m")
    assert "deleted" in kubectl("delete", "configmap", "m")
    assert kubectl("get", "configmap", "m", "--ignore-not-found") == ""
    assert 'configmaps "m" not found' in kubectl.fails("delete", "configmap", "m")


def test_delete_waits_for_a_finalizer(kubectl):
    kubectl("create", "configmap", "m")
    kubectl("patch", "configmap", "m", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    deleting = kubectl.start("delete", "configmap", "m", "--timeout=20s")
    kubectl("wait", "--for=jsonpath={.metadata.deletionTimestamp}", "configmap/m", "--timeout=10s")
    assert deleting.poll() is None
    kubectl("patch", "configmap", "m", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')
    out, error = deleting.communicate(timeout=30)
    assert (deleting.returncode, "deleted" in out) == (0, True), error
    assert kubectl("get", "configmap", "m", "--ignore-not-found") == ""


def test_a_running_pod_is_given_its_grace_and_can_be_forced(kubectl, pod):
    kubectl("delete", pod, "--grace-period=7", "--wait=false")
    metadata = json.loads(kubectl("get", pod, "-o", "json"))["metadata"]
    assert metadata["deletionGracePeriodSeconds"] == 7
    assert "deletionTimestamp" in metadata
    kubectl("delete", pod, "--grace-period=0", "--force")
    assert kubectl("get", pod, "--ignore-not-found") == ""


def test_delete_by_selector_and_all(kubectl):
    for name in ("a", "b", "c"):
        kubectl("create", "configmap", name)
    kubectl("label", "configmap", "a", "b", "kind=x")
    kubectl("delete", "configmap", "-l", "kind=x")
    assert kubectl("get", "configmap", "-o", "name").split() == ["configmap/c"]
    kubectl("delete", "configmap", "--all")
    assert kubectl("get", "configmap", "-o", "name") == ""
