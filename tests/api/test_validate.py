"""What a client's object must be like, and the words in which it is told otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from ruleplane.errors import BadRequest, Invalid
from support.kinds import changed, kind, pod, registry, validator, workload

SAMPLES = (
    Path(os.environ.get("KUBERNETES_WIRE_DIR", Path(__file__).parents[3] / "shared" / "kubernetes-wire")) / "samples"
)


def refused(ref, obj, old=None, subresource=""):
    """The mistakes of an object, as text."""
    return [str(error) for error in validator().validate(kind(ref), obj, old, subresource)]


def decoded(ref, obj, mode="Strict"):
    return validator().decode(kind(ref), obj, mode)


# --- decoding ---------------------------------------------------------------------------------------------------------


def test_a_right_object_is_taken_as_it_is():
    obj = pod()
    assert decoded("v1/Pod", obj) is obj
    assert refused("v1/Pod", obj) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec.replicas", "three", "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ("spec.replicas", 3.5, "number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ("spec.replicas", True, "bool into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ("spec.replicas", 1 << 31, "number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ("spec.template", [], "array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec"),
        (
            "spec.template.spec.containers",
            {},
            "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
        ),
        (
            "spec.template.spec.containers.0.image",
            1,
            "number into Go struct field Container.spec.template.spec.containers.image of type string",
        ),
        ("metadata.labels", {"a": 1}, "number into Go struct field ObjectMeta.metadata.labels.a of type string"),
    ],
)
def test_a_field_of_the_wrong_type_is_a_bad_request(path, value, message):
    with pytest.raises(BadRequest) as error:
        decoded("apps/v1/Deployment", changed(workload("apps/v1/Deployment"), path, value), "Ignore")
    head = 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal '
    assert error.value.message == head + message


def test_what_is_no_time_is_a_bad_request():
    with pytest.raises(BadRequest) as error:
        decoded("v1/Pod", changed(pod(), "metadata.creationTimestamp", "yesterday"))
    assert error.value.message.endswith(
        'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'
    )


def test_unknown_fields_are_refused_told_or_dropped():
    obj = changed(changed(pod(), "spec.foo", 1), "spec.containers.0.bar", {})
    with pytest.raises(BadRequest) as error:
        decoded("v1/Pod", obj)
    assert error.value.message == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: '
        'unknown field "spec.containers[0].bar", unknown field "spec.foo"'
    )
    warnings: list[str] = []
    assert validator().decode(kind("v1/Pod"), obj, "Warn", warnings) == pod()
    assert warnings == ['unknown field "spec.containers[0].bar"', 'unknown field "spec.foo"']
    assert decoded("v1/Pod", obj, "Ignore") == pod()
    assert "foo" in obj["spec"], "the given object is not changed"


def test_nulls_are_as_good_as_absent():
    obj = changed(changed(pod(), "metadata.creationTimestamp", None), "spec.nodeName", None)
    assert decoded("v1/Pod", obj) == changed(pod(), "metadata.creationTimestamp")
    config = {"metadata": {"name": "a", "namespace": "b"}, "data": {"a": None}}
    assert decoded("v1/ConfigMap", config)["data"] == {"a": ""}
    revision = {"metadata": {"name": "a", "namespace": "b"}, "revision": 1, "data": {"a": None}}
    assert decoded("apps/v1/ControllerRevision", revision) is revision


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (1, "1"),
        (0.5, "500m"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("100m", "100m"),
    ],
)
def test_quantities_are_stored_in_canonical_form(given, stored):
    path = "spec.containers.0.resources.requests"
    obj = decoded("v1/Pod", changed(pod(), path, {"cpu": given}))
    assert obj["spec"]["containers"][0]["resources"]["requests"] == {"cpu": stored}


def test_times_are_stored_in_whole_seconds_of_utc():
    obj = decoded("v1/Pod", changed(pod(), "metadata.creationTimestamp", "2026-01-01T02:00:00.5+01:00"))
    assert obj["metadata"]["creationTimestamp"] == "2026-01-01T01:00:00Z"


def test_what_is_no_quantity_and_no_base64_is_refused():
    with pytest.raises(BadRequest, match="quantities must match the regular expression"):
        decoded("v1/Pod", changed(pod(), "spec.containers.0.resources.requests", {"cpu": "lots"}))
    with pytest.raises(BadRequest, match="illegal base64 data at input byte 2"):
        decoded("v1/Secret", {"metadata": {"name": "a", "namespace": "b"}, "data": {"k": "ab#="}})


def test_every_published_sample_is_decoded_without_loss():
    if not SAMPLES.is_dir():
        pytest.skip("published samples are absent")
    seen = set()
    for path in sorted(SAMPLES.glob("*.json")):
        obj = orjson.loads(path.read_bytes())
        one = registry().of(obj.get("apiVersion", ""), obj.get("kind", ""))
        if one is not None:
            seen.add(one.ref)
            if "disruptedPods" in obj.get("status", {}):
                del obj["status"]["disruptedPods"]  # holds a null, which means the zero time there
            assert validator().decode(one, obj, "Strict") == obj, path.name
    assert len(seen) >= 68


# --- validation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec", ..., "spec.containers: Required value"),
        ("spec.containers", ..., "spec.containers: Required value"),
        ("spec.containers", [], "spec.containers: Required value"),
        ("spec.containers.0.name", ..., "spec.containers[0].name: Required value"),
        ("spec.containers.0.name", "", "spec.containers[0].name: Required value"),
        ("spec.containers.0.image", ..., "spec.containers[0].image: Required value"),
        (
            "spec.containers.0.ports.0.containerPort",
            70000,
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            "spec.restartPolicy",
            "Often",
            'spec.restartPolicy: Unsupported value: "Often": supported values: "Always", "Never", "OnFailure"',
        ),
        (
            "spec.activeDeadlineSeconds",
            0,
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            "spec.tolerations",
            [{"operator": "Equal", "value": "a"}],
            'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, '
            'which means "match all values and all keys"',
        ),
    ],
)
def test_a_pod_with_a_mistake_is_invalid(path, value, message):
    assert refused("v1/Pod", changed(pod(), path, value)) == [message]


def test_names_of_containers_are_labels():
    [message] = refused("v1/Pod", changed(pod(), "spec.containers.0.name", "Web_1"))
    assert message.startswith(
        "spec.containers[0].name: Invalid value: \"Web_1\": a lowercase RFC 1123 label must consist of lower case"
        " alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
    )  # fmt: skip


def test_a_set_without_anything_lacks_what_kubernetes_says():
    obj = {"metadata": {"name": "web", "namespace": "default"}}
    assert refused("apps/v1/ReplicaSet", obj) == [
        "spec.selector: Required value",
        "spec.template.spec.containers: Required value",
    ]


def test_every_mistake_is_listed_in_message_and_causes():
    obj = changed(changed(workload("apps/v1/Deployment"), "spec.replicas", -1), "spec.minReadySeconds", -2)
    with pytest.raises(Invalid) as error:
        validator().check(kind("apps/v1/Deployment"), obj)
    assert error.value.message == (
        'Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, '
        "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0]"
    )
    assert error.value.details is not None
    assert error.value.details["kind"] == "Deployment"
    assert error.value.details["group"] == "apps"
    assert error.value.details["causes"][0] == {
        "reason": "FieldValueInvalid",
        "message": "Invalid value: -1: must be greater than or equal to 0",
        "field": "spec.replicas",
    }


def test_what_was_never_decoded_is_found_too():
    assert refused("v1/Pod", changed(pod(), "spec.foo", 1)) == ["spec.foo: Forbidden: unknown field"]


def test_every_kind_can_be_checked():
    for one in registry():
        errors = validator().validate(
            one, {"metadata": {"name": "a", "namespace": "b"} if one.namespaced else {"name": "a"}}
        )
        assert all(error.type == "FieldValueRequired" for error in errors), (one.ref, errors)
