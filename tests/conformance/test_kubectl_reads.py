"""What kubectl shows: tables, objects, selections, descriptions, explanations, and changes while they happen."""

from __future__ import annotations

import json

import pytest
import yaml

CONTAINER = {"name": "c", "image": "busybox"}


@pytest.fixture
def pods(server, namespace):
    """Two Pods, one of them bound."""
    for name, app, spec in (("web", "front", {}), ("db", "back", {"nodeName": "node-1"})):
        labels = {"app": app}
        pod = {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [CONTAINER], **spec}}
        server.create("v1/Pod", pod, namespace)


def test_version_and_cluster_info_name_the_server(kubectl, server):
    told = json.loads(kubectl("version", "-o", "json"))["serverVersion"]
    assert (told["major"], told["minor"]) == ("1", "37")
    assert told["gitVersion"].startswith("v1.37.0+ruleplane")
    assert server.url in kubectl("cluster-info")


def test_api_resources_lists_kinds_with_their_short_names(kubectl):
    rows = {line.split()[0]: line.split() for line in kubectl("api-resources").splitlines()[1:]}
    assert rows["pods"] == ["pods", "po", "v1", "true", "Pod"]
    assert rows["replicasets"] == ["replicasets", "rs", "apps/v1", "true", "ReplicaSet"]
    assert rows["nodes"][3] == "false"
    assert "apps/v1" in kubectl("api-versions").splitlines()


def test_explain_describes_fields(kubectl):
    text = kubectl("explain", "pods.spec.containers.image")
    assert "FIELD: image <string>" in text
    assert "Container image name" in text
    assert "maxSurge\t<IntOrString>" in kubectl("explain", "deployment.spec.strategy", "--recursive")


@pytest.mark.usefixtures("pods")
def test_get_prints_the_columns_of_the_kind(kubectl):
    header, *rows = kubectl("get", "pods").splitlines()
    assert header.split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [row.split()[:4] for row in rows] == [["db", "0/1", "Pending", "0"], ["web", "0/1", "Pending", "0"]]
    wide = kubectl("get", "pods", "-o", "wide").splitlines()
    assert wide[0].split()[5:8] == ["IP", "NODE", "NOMINATED"]
    assert "node-1" in wide[1]


@pytest.mark.usefixtures("pods")
def test_get_selects_by_labels_fields_and_namespaces(kubectl, namespace):
    assert kubectl("get", "pods", "-l", "app=front", "-o", "name").split() == ["pod/web"]
    assert kubectl("get", "pods", "-l", "app in (back),!x", "-o", "name").split() == ["pod/db"]
    assert kubectl("get", "pods", "--field-selector", "spec.nodeName=node-1", "-o", "name").split() == ["pod/db"]
    assert kubectl("get", "pods", "--field-selector", "metadata.name!=db", "-o", "name").split() == ["pod/web"]
    everywhere = [line.split()[:2] for line in kubectl("get", "pods", "-A").splitlines()]
    assert [namespace, "web"] in everywhere
    assert everywhere[0] == ["NAMESPACE", "NAME"]


@pytest.mark.usefixtures("pods")
def test_get_prints_objects_in_every_form(kubectl, namespace):
    web = json.loads(kubectl("get", "pod", "web", "-o", "json"))
    assert (web["apiVersion"], web["kind"], web["metadata"]["namespace"]) == ("v1", "Pod", namespace)
    assert yaml.safe_load(kubectl("get", "pod", "web", "-o", "yaml"))["spec"] == web["spec"]
    both = json.loads(kubectl("get", "pods", "-o", "json"))["items"]
    assert [(one["kind"], one["metadata"]["name"]) for one in both] == [("Pod", "db"), ("Pod", "web")]
    assert kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.name}") == "db web"
    columns = kubectl("get", "pods", "-o", "custom-columns=N:.metadata.name,L:.metadata.labels.app").split()
    assert columns == ["N", "L", "db", "back", "web", "front"]
    assert kubectl("get", "pods", "--sort-by=.metadata.labels.app", "-o", "name").split() == ["pod/db", "pod/web"]


@pytest.mark.usefixtures("pods")
def test_get_reads_in_chunks(kubectl):
    assert len(kubectl("get", "pods", "--chunk-size=1").splitlines()) == 3


def test_what_is_missing_is_told_in_the_usual_words(kubectl):
    assert kubectl.fails("get", "pod", "nosuch") == 'Error from server (NotFound): pods "nosuch" not found'
    assert kubectl.fails("get", "nosuch") == 'error: the server doesn\'t have a resource type "nosuch"'
    assert kubectl("get", "pod", "nosuch", "--ignore-not-found") == ""


@pytest.mark.usefixtures("pods")
def test_get_watch_shows_changes_as_they_happen(kubectl):
    watching = kubectl.start("get", "pods", "-w", "--no-headers", "-L", "app")
    try:
        lines = [watching.stdout.readline().split() for _ in range(2)]
        assert sorted(line[0] for line in lines) == ["db", "web"]
        kubectl("label", "pod", "web", "app=changed", "--overwrite")
        line = watching.stdout.readline().split()
        assert (line[0], line[-1]) == ("web", "changed")
        kubectl("delete", "pod", "web")
        assert watching.stdout.readline().split()[0] == "web"
    finally:
        watching.kill()
        watching.communicate(timeout=10)


@pytest.mark.usefixtures("pods")
def test_describe_and_events_show_what_was_said_of_an_object(kubectl, server, namespace):
    uid = kubectl("get", "pod", "web", "-o", "jsonpath={.metadata.uid}")
    server.create(
        "v1/Event",
        {
            "metadata": {"name": "web.1"},
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "web", "uid": uid, "apiVersion": "v1"},
            "reason": "FailedScheduling",
            "message": "0/5 nodes are available",
            "type": "Warning",
            "source": {"component": "scheduler"},
            "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:00:00Z",
            "count": 1,
        },
        namespace,
    )
    described = kubectl("describe", "pod", "web")
    assert "Labels:" in described
    assert "FailedScheduling" in described
    assert "0/5 nodes are available" in kubectl("events", "--for", "pod/web")
    assert "pod/web" in kubectl("get", "events")


def test_raw_paths_answer(kubectl):
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert "[+]ping ok" in kubectl("get", "--raw", "/livez?verbose")
    assert "apiserver_request_total{" in kubectl("get", "--raw", "/metrics")
