"""Tables show what `kubectl get` shows of a Kubernetes API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ruleplane.clock import parse_rfc3339
from ruleplane.errors import EvaluationError, SourceError
from ruleplane.model.crd import kinds_from_crds
from ruleplane.server.columns import Columns
from ruleplane.server.table import Tables
from ruleplane.store.base import Entry
from support.kinds import CRONTABS, changed, kind, pod, registry, schemas, workload

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind

NOW = parse_rfc3339("2026-01-01T01:00:00Z")
TABLES = Tables()


def table(ref: str | Kind, *objects: Any, **more: Any) -> dict[str, Any]:
    one = kind(ref) if isinstance(ref, str) else ref
    entries = [Entry(f"{index}", obj, 7, 7, 1) for index, obj in enumerate(objects)]
    return orjson.loads(TABLES.table(one, entries, NOW, **more))


def row(ref: str | Kind, obj: Any) -> dict[str, Any]:
    """Column -> cell of one object."""
    made = table(ref, obj)
    return dict(zip([one["name"] for one in made["columnDefinitions"]], made["rows"][0]["cells"], strict=True))


def wide(ref: str) -> tuple[list[str], list[str]]:
    """Names of the columns that are always shown, and of those in wide output."""
    columns = table(ref)["columnDefinitions"]
    return [c["name"] for c in columns if not c["priority"]], [c["name"] for c in columns if c["priority"]]


# --- the table itself -------------------------------------------------------------------------------------------------


def test_a_table_has_definitions_and_rows_with_metadata():
    made = table("v1/Pod", pod(), resource_version="12", continue_="abc", remaining=3)
    assert (made["kind"], made["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert made["metadata"] == {"resourceVersion": "12", "continue": "abc", "remainingItemCount": 3}
    assert made["columnDefinitions"][0] == {
        "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0
    }  # fmt: skip
    shown = made["rows"][0]["object"]
    assert (shown["kind"], shown["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    assert shown["metadata"] == pod()["metadata"]
    assert "spec" not in shown


def test_a_row_may_hold_the_whole_object_or_none():
    assert table("v1/Pod", pod(), include_object="Object")["rows"][0]["object"] == pod()
    assert "object" not in table("v1/Pod", pod(), include_object="None")["rows"][0]


def test_later_watch_events_do_not_repeat_the_definitions():
    assert table("v1/Pod", pod(), definitions=False)["columnDefinitions"] == []


def test_an_empty_table_has_its_columns():
    made = table("v1/Pod")
    assert made["rows"] == []
    assert made["columnDefinitions"]


def test_a_kind_without_columns_shows_name_and_age():
    assert wide("resource.k8s.io/v1/DeviceClass") == (["Name", "Age"], [])
    assert row("resource.k8s.io/v1/DeviceClass", pod()) == {"Name": "web-x", "Age": "60m"}


@pytest.mark.parametrize(
    ("ref", "narrow", "more"),
    [
        ("v1/Pod", "Name Ready Status Restarts Age", "IP|Node|Nominated Node|Readiness Gates"),
        ("apps/v1/ReplicaSet", "Name Desired Current Ready Age", "Containers|Images|Selector"),
        ("apps/v1/Deployment", "Name Ready Up-to-date Available Age", "Containers|Images|Selector"),
        ("apps/v1/StatefulSet", "Name Ready Age", "Containers|Images"),
        ("v1/Service", "Name Type Cluster-IP External-IP Port(s) Age", "Selector"),
        (
            "v1/Node",
            "Name Status Roles Age Version",
            "Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime",
        ),
        ("v1/Namespace", "Name Status Age", ""),
        ("v1/ConfigMap", "Name Data Age", ""),
        ("networking.k8s.io/v1/Ingress", "Name Class Hosts Address Ports Age", ""),
    ],
)
def test_columns_are_those_of_kubernetes(ref, narrow, more):
    assert wide(ref) == (narrow.split(), [one for one in more.split("|") if one])


# --- every kind: whatever fields there are, every cell can be shown ---------------------------------------------------


def filled(node: Any, depth: int = 0) -> Any:
    """An object with every field set."""
    if node.quantity:
        return "1"
    if node.int_or_string or node.type in ("integer", "number"):
        return 1
    if node.type == "string":
        return "2026-01-01T00:00:00Z" if node.format.endswith("time") else "x"
    if node.type == "boolean":
        return True
    if depth > 8 or node.type not in ("object", "array"):
        return [] if node.type == "array" else {}
    if node.type == "array":
        return [filled(node.items, depth + 1)]
    if node.values is not None:
        return {"k": filled(node.values, depth + 1)}
    return {name: filled(node.field(name), depth + 1) for name in node.names if not name.startswith("openAPIV3")}


def barest(node: Any) -> Any:
    """An object with nothing but required fields."""
    if node.type == "object" and node.values is None:
        return {name: barest(node.field(name)) for name in node.required}
    return [] if node.type == "array" else filled(node)


@pytest.mark.parametrize("ref", [ref for ref in Columns().refs if registry().get(ref) is not None])
def test_no_cell_fails_on_a_full_object_or_on_a_bare_one(ref):
    node = schemas().node(kind(ref))
    bare = barest(node)
    if "spec" in node.names and "spec" not in bare:
        bare["spec"] = barest(node.field("spec"))
    for obj in ({**filled(node)}, {**bare, "metadata": {"name": "a"}}):
        made = table(ref, obj)
        cells = made["rows"][0]["cells"]
        assert "<error>" not in cells, dict(zip([c["name"] for c in made["columnDefinitions"]], cells, strict=True))
        for column, cell in zip(made["columnDefinitions"], cells, strict=True):
            wanted = {"integer": int, "boolean": bool}.get(column["type"], str)
            assert type(cell) is wanted, (column["name"], cell)


# --- Pods -------------------------------------------------------------------------------------------------------------


def container(name="nginx", **more):
    return {"name": name, "ready": False, "restartCount": 0, "image": "a", "imageID": "", **more}


def waiting(reason, name="nginx"):
    return container(name, state={"waiting": {"reason": reason}})


def ended(code, name="nginx", **more):
    return container(name, state={"terminated": {"exitCode": code, **more}})


READY = container(ready=True, state={"running": {"startedAt": "2026-01-01T00:00:00Z"}})
IS_READY = {"type": "Ready", "status": "True"}
GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}


@pytest.mark.parametrize(
    ("phase", "containers", "more", "word", "ready"),
    [
        ("Pending", [], {}, "Pending", "0/1"),
        ("Running", [READY], {}, "Running", "1/1"),
        ("Failed", [], {"reason": "Evicted"}, "Evicted", "0/1"),
        ("Pending", [], {"conditions": [GATED]}, "SchedulingGated", "0/1"),
        ("Running", [waiting("CrashLoopBackOff")], {}, "CrashLoopBackOff", "0/1"),
        ("Failed", [ended(3)], {}, "ExitCode:3", "0/1"),
        ("Failed", [ended(137, signal=9)], {}, "Signal:9", "0/1"),
        ("Failed", [ended(1, reason="OOMKilled")], {}, "OOMKilled", "0/1"),
        ("Running", [READY, ended(0, "b", reason="Completed")], {"conditions": [IS_READY]}, "Running", "1/1"),
        ("Running", [READY, ended(0, "b", reason="Completed")], {}, "NotReady", "1/1"),
        ("Succeeded", [ended(0, reason="Completed")], {}, "Completed", "0/1"),
    ],
)
def test_one_word_tells_the_state_of_a_pod(phase, containers, more, word, ready):
    status = {"phase": phase, "containerStatuses": containers, **more}
    shown = row("v1/Pod", changed(pod(), "status", status))
    assert (shown["Status"], shown["Ready"]) == (word, ready)


@pytest.mark.parametrize(
    ("inits", "word"),
    [
        ([container("i1", state={"running": {}}), waiting("PodInitializing", "i2")], "Init:0/2"),
        ([ended(0, "i1"), container("i2", state={"running": {}})], "Init:1/2"),
        ([ended(2, "i1")], "Init:ExitCode:2"),
        ([ended(2, "i1", reason="Error")], "Init:Error"),
        ([waiting("ImagePullBackOff", "i1")], "Init:ImagePullBackOff"),
    ],
)
def test_a_pod_that_initializes_tells_how_far_it_is(inits, word):
    obj = pod(initContainers=[{"name": "i1", "image": "a"}, {"name": "i2", "image": "a"}])
    main = [waiting("PodInitializing")]
    status = {"phase": "Pending", "initContainerStatuses": inits, "containerStatuses": main}
    assert row("v1/Pod", changed(obj, "status", status))["Status"] == word


def test_sidecars_count_as_containers():
    obj = pod(initContainers=[{"name": "proxy", "image": "a", "restartPolicy": "Always"}])
    proxy = container("proxy", ready=True, started=True, state={"running": {}}, restartCount=2)
    status = {"phase": "Running", "initContainerStatuses": [proxy], "containerStatuses": [READY]}
    shown = row("v1/Pod", changed(obj, "status", status))
    assert (shown["Ready"], shown["Status"], shown["Restarts"]) == ("2/2", "Running", "2")


def test_a_pod_that_is_deleted_terminates_unless_it_has_ended_or_its_node_is_lost():
    gone = changed(pod(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    assert row("v1/Pod", gone)["Status"] == "Terminating"
    assert row("v1/Pod", changed(gone, "status", {"phase": "Failed"}))["Status"] == "Failed"
    assert row("v1/Pod", changed(gone, "status", {"phase": "Running", "reason": "NodeLost"}))["Status"] == "Unknown"


def test_restarts_tell_when_the_last_one_was():
    crashed = container(restartCount=3, lastState={"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:55:00Z"}})
    shown = row("v1/Pod", changed(pod(), "status", {"phase": "Running", "containerStatuses": [crashed]}))
    assert shown["Restarts"] == "3 (5m ago)"


# --- other kinds ------------------------------------------------------------------------------------------------------


def test_a_deployment_tells_how_many_are_ready():
    obj = {
        **workload("apps/v1/Deployment"),
        "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
    }
    assert row("apps/v1/Deployment", obj) == {
        "Name": "web", "Ready": "2/3", "Up-to-date": 3, "Available": 1, "Age": "60m",
        "Containers": "nginx", "Images": "nginx", "Selector": "app=web",
    }  # fmt: skip


def test_a_node_tells_status_and_roles():
    node = {
        "metadata": {
            "name": "n",
            "labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "edge"},
        },
        "spec": {"unschedulable": True},
        "status": {
            "conditions": [IS_READY],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        },
    }
    shown = row("v1/Node", node)
    assert (shown["Status"], shown["Roles"]) == ("Ready,SchedulingDisabled", "control-plane,edge")
    assert (shown["Internal-IP"], shown["External-IP"], shown["OS-Image"]) == ("10.0.0.1", "<none>", "<unknown>")
    assert row("v1/Node", {"metadata": {"name": "n"}})["Status"] == "Unknown"


def test_a_service_tells_how_it_is_reached():
    ports = [{"port": 80, "nodePort": 30000, "protocol": "TCP"}]
    spec = {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "ports": ports}
    shown = row("v1/Service", {"metadata": {"name": "s"}, "spec": spec})
    assert (shown["External-IP"], shown["Port(s)"], shown["Selector"]) == ("<pending>", "80:30000/TCP", "<none>")
    balanced = {"loadBalancer": {"ingress": [{"ip": "1.1.1.2"}, {"hostname": "a.example.com"}, {"ip": "1.1.1.1"}]}}
    shown = row("v1/Service", {"metadata": {"name": "s"}, "spec": spec, "status": balanced})
    assert shown["External-IP"] == "1.1.1.1,1.1.1..."
    plain = {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "externalIPs": ["9.9.9.9"]}}
    shown = row("v1/Service", plain)
    assert (shown["Type"], shown["Cluster-IP"], shown["External-IP"], shown["Port(s)"]) == (
        "ClusterIP", "None", "9.9.9.9", "<none>"
    )  # fmt: skip


def test_an_event_tells_when_and_about_what():
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "a"},
        "reason": "Started",
        "message": " Started container \n",
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:30:00Z",
        "count": 3,
        "source": {"component": "kubelet", "host": "n1"},
    }
    shown = row("v1/Event", event)
    assert (shown["Last Seen"], shown["First Seen"], shown["Object"], shown["Count"]) == ("30m", "60m", "pod/a", 3)
    assert (shown["Message"], shown["Source"]) == ("Started container", "kubelet, n1")


def test_a_job_tells_how_far_it_is():
    job = {
        "metadata": {"name": "j"}, "spec": {"completions": 3, "template": {"spec": {"containers": []}}},
        "status": {"succeeded": 1, "startTime": "2026-01-01T00:58:00Z"},
    }  # fmt: skip
    shown = row("batch/v1/Job", job)
    assert (shown["Status"], shown["Completions"], shown["Duration"]) == ("Running", "1/3", "2m")


def test_many_endpoints_are_shortened():
    addresses = [{"ip": f"10.0.0.{i}"} for i in range(5)]
    endpoints = {"metadata": {"name": "e"}, "subsets": [{"addresses": addresses, "ports": [{"port": 80}]}]}
    assert row("v1/Endpoints", endpoints)["Endpoints"] == "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more..."


def test_a_custom_kind_brings_its_columns():
    [(tab, _)] = kinds_from_crds([CRONTABS])
    obj = {"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"cronSpec": "* * * * *"}}
    assert row(tab, obj) == {"Name": "a", "Spec": "* * * * *", "Replicas": None, "Age": "60m"}
    [(bare, _)] = kinds_from_crds([changed(CRONTABS, "spec.versions.1.additionalPrinterColumns")])
    tables = Tables()
    made = orjson.loads(tables.table(bare, [Entry("k", obj, 1, 1, 1)], NOW))
    assert [one["name"] for one in made["columnDefinitions"]] == ["Name", "Age"]


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_a_cell_that_fails_does_not_hide_the_others(tmp_path):
    file = tmp_path / "columns.yaml"
    file.write_text(
        "kinds:\n  v1/Pod:\n    columns:\n"
        "    - {name: Name, value: self.metadata.name}\n    - {name: Bad, value: self.nonsense}\n"
    )
    sheet = Columns(file).sheet("v1/Pod")
    assert sheet is not None
    assert sheet.cells(type("Now", (), {"now": NOW})(), pod()) == ["web-x", "<error>"]
    with pytest.raises(EvaluationError):
        sheet.columns[1](None, pod())


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("kinds:\n  v1/Pod:\n    columns:\n    - {name: A, valeu: self}\n", 4, "unknown key 'valeu'"),
        ("kinds:\n  v1/Pod:\n    columns:\n    - {name: A, value: self.}\n", 4, ""),
        (
            "kinds:\n  v1/Pod:\n    columns:\n    - {name: A, type: odd, value: self}\n",
            4,
            "no such type of column: 'odd'",
        ),
        ("kinds:\n  v1/Pod:\n    columns:\n    - {name: A, value: nonsense(self)}\n", 4, "nonsense"),
    ],
)
def test_a_mistake_in_the_file_is_shown_with_its_place(tmp_path, text, line, message):
    file = tmp_path / "columns.yaml"
    file.write_text(text)
    with pytest.raises(SourceError) as error:
        Columns(file).sheet("v1/Pod")
    assert error.value.line == line
    assert message in error.value.message
