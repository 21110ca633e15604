"""Names, labels, annotations, finalizers and owner references, as Kubernetes takes and refuses them."""

from __future__ import annotations

import pytest

from ruleplane.api.object_meta import check_metadata
from ruleplane.api.text_format import dns_subdomain
from support.kinds import kind, validator


def refused(ref, **metadata):
    one = kind(ref)
    base = {"name": "a", "namespace": "b"} if one.namespaced else {"name": "a"}
    body = {"spec": {"clusterIP": "None"}} if ref == "v1/Service" else {}
    return [str(error) for error in validator().validate(one, {"metadata": {**base, **metadata}, **body})]


@pytest.mark.parametrize(
    ("ref", "name", "right"),
    [
        ("v1/ConfigMap", "a.b-c", True),
        ("v1/ConfigMap", "a" * 253, True),
        ("v1/ConfigMap", "a" * 254, False),
        ("v1/ConfigMap", "A", False),
        ("v1/ConfigMap", "a_b", False),
        ("v1/ConfigMap", "-a", False),
        ("v1/Namespace", "a-1", True),
        ("v1/Namespace", "a.b", False),
        ("v1/Namespace", "a" * 64, False),
        ("v1/Service", "a1", True),
        ("v1/Service", "1a", False),
        ("rbac.authorization.k8s.io/v1/ClusterRole", "system:node", True),
        ("rbac.authorization.k8s.io/v1/ClusterRole", "a/b", False),
        ("rbac.authorization.k8s.io/v1/ClusterRole", "..", False),
    ],
)
def test_names_follow_the_format_of_their_kind(ref, name, right):
    assert (refused(ref, name=name) == []) is right


def test_a_wrong_name_is_told_with_its_format():
    assert refused("v1/ConfigMap", name="Web") == [
        'metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric '
        "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
        r"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    ]
    assert refused("v1/Service", name="1a")[0].startswith('metadata.name: Invalid value: "1a": a DNS-1035 label must')


def test_there_is_a_name_or_the_beginning_of_one():
    assert refused("v1/ConfigMap", name="") == ["metadata.name: Required value: name or generateName is required"]
    assert refused("v1/ConfigMap", name="", generateName="web-") == []
    assert refused("v1/ConfigMap", name="", generateName="Web-")[0].startswith("metadata.generateName: Invalid value")


def test_a_namespace_is_where_it_belongs():
    assert refused("v1/ConfigMap", namespace="") == ["metadata.namespace: Required value"]
    assert refused("v1/Namespace", namespace="b") == ["metadata.namespace: Forbidden: not allowed on this type"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"a b": "x"}, 'metadata.labels: Invalid value: "a b": name part must consist of'),
        ({"a/b/c": "x"}, 'metadata.labels: Invalid value: "a/b/c": a qualified name must consist of'),
        ({"/a": "x"}, 'metadata.labels: Invalid value: "/a": prefix part must be non-empty'),
        ({"Bad/a": "x"}, 'metadata.labels: Invalid value: "Bad/a": prefix part a lowercase RFC 1123 subdomain'),
        ({"a" * 64: "x"}, f'metadata.labels: Invalid value: "{"a" * 64}": name part must be no more than 63 bytes'),
        ({"a": "x y"}, 'metadata.labels: Invalid value: "x y": a valid label must be an empty string or consist of'),
        ({"a": "x" * 64}, f'metadata.labels: Invalid value: "{"x" * 64}": must be no more than 63 bytes'),
    ],
)
def test_labels_have_qualified_keys_and_plain_values(labels, message):
    for _ in range(2):  # what is known to be right is remembered; what is wrong must stay wrong
        [found] = refused("v1/ConfigMap", labels=labels)
        assert found.startswith(message)


def test_annotations_are_limited_in_size():
    assert refused("v1/ConfigMap", annotations={"Example.com/Note": "any text\n"}) == []
    assert refused("v1/ConfigMap", annotations={"a": "x" * 262144}) == [
        "metadata.annotations: Too long: may not be more than 262144 bytes"
    ]


def test_finalizers_are_qualified():
    assert refused("v1/ConfigMap", finalizers=["example.com/a", "orphan"]) == []
    [found] = refused("v1/ConfigMap", finalizers=["mine"])
    assert found.startswith('metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name')


def test_owners_are_complete_and_one_of_them_controls():
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u", "controller": True}
    assert refused("v1/ConfigMap", ownerReferences=[owner]) == []
    assert refused("v1/ConfigMap", ownerReferences=[{**owner, "uid": ""}]) == [
        'metadata.ownerReferences[0].uid: Invalid value: "": must not be empty'
    ]
    [found] = refused("v1/ConfigMap", ownerReferences=[owner, {**owner, "name": "y"}])
    assert found.endswith('Only one reference can have Controller set to true. Found "true" in references for x and y')


def test_a_finalizer_needs_a_domain_but_for_kinds_whose_habit_it_is_not():
    metadata = {"name": "a", "finalizers": ["cleanup.example.com"]}
    [error] = check_metadata(metadata, False, dns_subdomain)
    assert "neither a standard finalizer name nor is it fully qualified" in str(error)
    assert check_metadata(metadata, False, dns_subdomain, short_finalizers=True) == []
