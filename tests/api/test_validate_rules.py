"""Fields that depend on each other, and fields that may not change (rules/apiserver/validation.yaml)."""

from __future__ import annotations

import pytest

from ruleplane.api.constraint import Constraints
from ruleplane.api.validate import Validator
from ruleplane.api.validation_file import load_validation
from ruleplane.errors import SourceError
from support.kinds import changed, kind, pod, schemas, validator, workload


def refused(ref, obj, old=None, subresource=""):
    return [str(error) for error in validator().validate(kind(ref), obj, old, subresource)]


POD_UPDATES = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def test_every_rule_of_the_file_compiles():
    Constraints(schemas(), load_validation()).compile_all()


def test_names_of_containers_volumes_and_ports_are_unique():
    twice = changed(pod(), "spec.containers", pod()["spec"]["containers"] * 2)
    assert refused("v1/Pod", twice) == ['spec.containers[1].name: Duplicate value: "nginx"']
    init = changed(pod(), "spec.initContainers", [{"name": "nginx", "image": "a"}])
    assert refused("v1/Pod", init) == ['spec.containers[0].name: Duplicate value: "nginx"']
    volumes = changed(pod(), "spec.volumes", [{"name": "data"}, {"name": "data"}])
    assert refused("v1/Pod", volumes) == ['spec.volumes[1].name: Duplicate value: "data"']
    ports = changed(
        pod(), "spec.containers.0.ports", [{"name": "a", "containerPort": 1}, {"name": "a", "containerPort": 2}]
    )
    assert refused("v1/Pod", ports) == ['spec.containers[0].ports[1].name: Duplicate value: "a"']


def test_a_mount_names_a_volume():
    [message] = refused("v1/Pod", changed(pod(), "spec.volumes", []))
    assert message == 'spec.containers[0].volumeMounts[0].name: Not found: "data"'


def test_requests_stay_below_limits():
    resources = {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "1Gi"}}
    [message] = refused("v1/Pod", changed(pod(), "spec.containers.0.resources", resources))
    assert message == (
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 500m'
    )


@pytest.mark.parametrize(
    "ref", ["apps/v1/ReplicaSet", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"]
)
def test_the_selector_matches_the_labels_of_the_template(ref):
    obj = changed(workload(ref), "spec.template.metadata.labels", {"app": "db"})
    if ref == "apps/v1/DaemonSet":
        obj = changed(obj, "spec.replicas")
    assert refused(ref, obj) == [
        'spec.template.metadata.labels: Invalid value: {"app":"db"}: `selector` does not match template `labels`'
    ]


@pytest.mark.parametrize("ref", ["apps/v1/ReplicaSet", "apps/v1/Deployment"])
def test_a_selector_does_not_change(ref):
    old = workload(ref)
    new = changed(old, "spec.selector.matchLabels", {"app": "db"})
    new = changed(new, "spec.template.metadata.labels", {"app": "db"})
    assert refused(ref, new, old) == ['spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable']
    assert refused(ref, changed(old, "spec.replicas", 7), old) == []


def test_pods_of_sets_always_restart():
    obj = changed(workload("apps/v1/ReplicaSet"), "spec.template.spec.restartPolicy", "Never")
    assert refused("apps/v1/ReplicaSet", obj) == [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.nodeName", "n2"),
        ("spec.containers.0.env", [{"name": "A"}]),
        ("spec.tolerations", []),
        ("spec.terminationGracePeriodSeconds", 5),
        ("spec.schedulingGates", [{"name": "new"}]),
    ],
)
def test_most_of_a_pod_does_not_change(path, value):
    old = pod(tolerations=[{"key": "a", "operator": "Exists"}])
    assert refused("v1/Pod", changed(old, path, value), old) == [POD_UPDATES]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.containers.0.image", "nginx:2"),
        ("spec.activeDeadlineSeconds", 5),
        ("spec.tolerations", [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}]),
        ("spec.schedulingGates", []),
        ("metadata.labels", {"app": "other"}),
    ],
)
def test_some_of_a_pod_may_change(path, value):
    old = pod(tolerations=[{"key": "a", "operator": "Exists"}], schedulingGates=[{"name": "wait"}])
    assert refused("v1/Pod", changed(old, path, value), old) == []


def test_a_subresource_may_change_what_an_update_may_not():
    assert refused("v1/Pod", changed(pod(), "spec.nodeName", "n1"), pod(), "binding") == []


def test_services_name_their_ports():
    meta = {"name": "web", "namespace": "default"}
    assert refused("v1/Service", {"metadata": meta, "spec": {}}) == ["spec.ports: Required value"]
    assert refused("v1/Service", {"metadata": meta, "spec": {"clusterIP": "None"}}) == []
    assert refused("v1/Service", {"metadata": meta, "spec": {"ports": [{"port": 80}, {"port": 81, "name": "b"}]}}) == [
        "spec.ports[0].name: Required value"
    ]
    old = {"metadata": meta, "spec": {"ports": [{"port": 80}], "clusterIP": "10.0.0.1"}}
    assert refused("v1/Service", changed(old, "spec.clusterIP", "10.0.0.2"), old) == [
        'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'
    ]


def test_configuration_is_small_has_good_keys_and_may_be_immutable():
    config = {"metadata": {"name": "a", "namespace": "b"}, "data": {"k": "v"}, "immutable": True}
    assert refused("v1/ConfigMap", changed(config, "data", {"k": "x" * 1048577})) == [
        "data: Too long: may not be more than 1048576 bytes"
    ]
    assert refused("v1/ConfigMap", changed(config, "data", {"a b": "", "..": ""}))[0].startswith(
        'data[a b]: Invalid value: "a b": a valid config key must consist of'
    )
    assert refused("v1/ConfigMap", changed(config, "data", {"k": "w"}), config) == [
        "data: Forbidden: field is immutable when `immutable` is set"
    ]
    secret = {"metadata": {"name": "a", "namespace": "b"}, "type": "Opaque"}
    assert refused("v1/Secret", changed(secret, "type", "other"), secret) == [
        'type: Invalid value: "other": field is immutable'
    ]


def test_a_role_binding_keeps_its_role():
    old = {"metadata": {"name": "a", "namespace": "b"}, "roleRef": {"apiGroup": "g", "kind": "Role", "name": "r"}}
    [message] = refused("rbac.authorization.k8s.io/v1/RoleBinding", changed(old, "roleRef.name", "s"), old)
    assert message.endswith("cannot change roleRef")


def test_a_mistake_in_the_file_is_shown_with_its_place(tmp_path):
    file = tmp_path / "validation.yaml"
    file.write_text("refine:\n  core.v1.PodSpec:\n    hostname: {fromat: dnsLabel}\n")
    with pytest.raises(SourceError) as error:
        load_validation(file)
    assert (error.value.line, error.value.column) == (3, 16)
    assert "unknown key 'fromat'" in error.value.message

    file.write_text("rules:\n  - of: core.v1.PodSpec\n    rule: self.containers ==\n")
    rules = load_validation(file)
    with pytest.raises(SourceError) as error:
        Validator(schemas(), rules).validate(kind("v1/Pod"), pod())
    assert error.value.line == 3

    file.write_text("rules:\n  - of: core.v1.Container\n    update: true\n    rule: self == oldSelf\n")
    with pytest.raises(SourceError, match="it is an element of a list"):
        Validator(schemas(), load_validation(file)).validate(kind("v1/Pod"), pod())
