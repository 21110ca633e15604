"""Declared defaults: what a real API server adds, and how the file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ruleplane.api.call import Call
from ruleplane.api.defaults import Defaults
from ruleplane.errors import SourceError
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.data import data_dir
from support.api import SCHEMAS, Server, config_map, deployment, pod

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def server() -> Server:
    return Server(defaults=True)


def container(server: Server, **fields: Any) -> Any:
    body = pod(spec={"containers": [{"name": "a", "image": "nginx", **fields}]})
    return server.create("v1/Pod", body)["spec"]["containers"][0]


def test_a_pod_gets_what_it_leaves_out(server: Server) -> None:
    spec = server.create("v1/Pod", pod())["spec"]
    tolerations = spec.pop("tolerations")
    del spec["containers"]
    assert spec == {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "securityContext": {},
        "enableServiceLinks": True,
        "serviceAccountName": "default",
        "serviceAccount": "default",
    }
    assert [(one["key"], one["effect"], one["tolerationSeconds"]) for one in tolerations] == [
        ("node.kubernetes.io/not-ready", "NoExecute", 300),
        ("node.kubernetes.io/unreachable", "NoExecute", 300),
    ]


def test_what_is_given_stays(server: Server) -> None:
    own = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
    spec = server.create(
        "v1/Pod", pod(spec={"restartPolicy": "Never", "serviceAccountName": "robot", "tolerations": [own]})
    )["spec"]
    assert spec["restartPolicy"] == "Never"
    assert spec["serviceAccount"] == "robot"
    assert spec["tolerations"][0] == own
    assert len(spec["tolerations"]) == 2


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("registry:5000/team/nginx", "Always"),
        ("registry:5000/team/nginx:1", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
        ("nginx:latest@sha256:" + "0" * 64, "Always"),
    ],
)
def test_the_tag_decides_when_an_image_is_pulled(server: Server, image: str, policy: str) -> None:
    assert container(server, image=image)["imagePullPolicy"] == policy


def test_a_container_gets_what_it_leaves_out(server: Server) -> None:
    made = container(
        server,
        ports=[{"containerPort": 80}],
        livenessProbe={"httpGet": {"port": 80}},
        env=[{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
    )
    assert made["terminationMessagePath"] == "/dev/termination-log"
    assert made["terminationMessagePolicy"] == "File"
    assert made["resources"] == {}
    assert made["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert made["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert made["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"


def test_a_limit_is_requested_where_no_request_is_made(server: Server) -> None:
    made = container(server, resources={"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}})
    assert made["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "qos"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1m"}}, "Burstable"),
        ({"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "1"}}, "BestEffort"),
    ],
)
def test_resources_decide_the_quality_of_service(server: Server, resources: Any, qos: str) -> None:
    made = server.create("v1/Pod", pod(spec={"containers": [{"name": "a", "image": "x", "resources": resources}]}))
    assert made["status"] == {"phase": "Pending", "qosClass": qos}


def test_volumes_get_a_source_and_modes(server: Server) -> None:
    volumes = [{"name": "a"}, {"name": "b", "configMap": {"name": "m"}}, {"name": "c", "hostPath": {"path": "/x"}}]
    made = server.create("v1/Pod", pod(spec={"volumes": volumes}))["spec"]["volumes"]
    assert made == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "configMap": {"name": "m", "defaultMode": 420}},
        {"name": "c", "hostPath": {"path": "/x", "type": ""}},
    ]


def test_a_deployment_and_its_template_get_their_defaults(server: Server) -> None:
    spec = server.create("apps/v1/Deployment", deployment())["spec"]
    template = spec.pop("template")["spec"]
    del spec["selector"]
    assert spec == {
        "replicas": 1,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    assert template["restartPolicy"] == "Always"
    assert template["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    # these are a Pod's, not a template's
    assert not template.keys() & {"enableServiceLinks", "serviceAccountName", "tolerations"}


def test_a_deployment_that_recreates_has_no_rolling_update(server: Server) -> None:
    made = server.create("apps/v1/Deployment", deployment(strategy={"type": "Recreate"}))
    assert made["spec"]["strategy"] == {"type": "Recreate"}


def test_a_job_selects_its_own_pods(server: Server) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "x"}]}}
    made = server.create("batch/v1/Job", {"metadata": {"name": "j"}, "spec": {"template": template}})
    uid = made["metadata"]["uid"]
    spec = made["spec"]
    assert spec["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert spec["template"]["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": uid,
        "job-name": "j",
    }
    assert (spec["completions"], spec["parallelism"], spec["backoffLimit"], spec["suspend"]) == (1, 1, 6, False)


def test_a_service_gets_its_ports_and_policies(server: Server) -> None:
    made = server.create(
        "v1/Service", {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    )
    assert made["spec"] == {
        "type": "NodePort",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "externalTrafficPolicy": "Cluster",
    }


def test_a_namespace_is_labelled_with_its_name_and_finalized_by_kubernetes(server: Server) -> None:
    made = server.create("v1/Namespace", {"metadata": {"name": "team"}})
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "team"}
    assert made["spec"] == {"finalizers": ["kubernetes"]}
    assert made["status"] == {"phase": "Active"}


def test_an_object_that_lacks_nothing_passes_untouched(server: Server) -> None:
    made = server.create("v1/Pod", pod())
    kind = server.kind("v1/Pod")
    assert Defaults.builtin().mutate(Call(), "create", kind, "", made, None) is made
    settings = server.create("v1/ConfigMap", config_map())
    assert Defaults.builtin().mutate(Call(), "create", server.kind("v1/ConfigMap"), "", settings, None) is settings


def test_what_an_update_leaves_out_is_given_again_and_the_rest_is_not_looked_at(server: Server) -> None:
    server.create("apps/v1/Deployment", deployment())
    made = server.patch("apps/v1/Deployment", "web", {"spec": {"replicas": None}})
    assert made["spec"]["replicas"] == 1


def test_every_kind_and_field_of_the_file_exists() -> None:
    registry = builtin_registry()
    for ref, step in Defaults.builtin()._steps.items():
        kind = registry.get(ref)
        assert kind is not None, ref

        def check(step: Any, node: Any, path: str) -> None:
            for entry in step.entries:
                for name in [*entry.names, *entry.append]:
                    assert node.field(name) or node.values, f"{path}.{name}"
            for (name, many), below in step.below.items():
                child = node.field(name) or node.values
                assert child is not None, f"{path}.{name}"
                check(below, child.items if many else child, f"{path}.{name}")

        check(step, SCHEMAS.node(kind), ref)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("defaults: [{of: v1/Pod, fields: {}, why: x}]", "unknown key 'why'"),
        ("defaults: [{fields: {a: b}}]", "says of what it is"),
        ("defaults: [{of: v1/Pod}]", "what is given"),
        ("defaults: [{of: pods, fields: {a: b}}]", "neither a kind"),
        ('defaults: [{of: v1/Pod, fields: {a: "${this.}"}}]', "expected"),
        ('defaults: [{of: v1/Pod, fields: {a: "${that}"}}]', "that"),
        ('defaults: [{of: v1/Pod, fields: {a: "x-${this.b}"}}]', "either plain or one whole"),
        ("things: []", "unknown key 'things'"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "defaults.yaml"
    file.write_text(text)
    with pytest.raises(SourceError, match=message) as caught:
        Defaults.load(file)
    assert caught.value.line == 1
    assert caught.value.column > 0


def test_the_bundled_file_is_the_one_that_is_loaded() -> None:
    assert (
        Defaults.load(data_dir("rules") / "apiserver" / "defaults.yaml")._steps.keys()
        == Defaults.builtin()._steps.keys()
    )
