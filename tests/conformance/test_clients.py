"""The Python clients that people use: ``kubernetes`` and ``lightkube``, as their documentation shows them."""

from __future__ import annotations

import warnings

import pytest

NAMES = ["a", "b"]
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "1"}}


def named(name):
    return {**MAP, "metadata": {"name": name}}


@pytest.fixture
def official(server):
    client = pytest.importorskip("kubernetes", reason="no client: pip install kubernetes")
    api_client = client.config.new_client_from_config(config_file=str(server.kubeconfig))
    with api_client:
        yield client.client.CoreV1Api(api_client)


def test_the_official_client_creates_reads_patches_and_deletes(official, namespace):
    from kubernetes.client import ApiException

    for name in NAMES:
        assert official.create_namespaced_config_map(namespace, named(name)).metadata.uid
    listed = official.list_namespaced_config_map(namespace)
    assert [item.metadata.name for item in listed.items] == NAMES
    assert official.patch_namespaced_config_map("a", namespace, {"data": {"k": "2"}}).data == {"k": "2"}
    stale = listed.items[0]
    with pytest.raises(ApiException) as refused:
        official.replace_namespaced_config_map("a", namespace, stale)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")
    assert official.delete_namespaced_config_map("a", namespace)["status"] == "Success"  # it decodes no Status here
    with pytest.raises(ApiException) as missing:
        official.read_namespaced_config_map("a", namespace)
    assert missing.value.status == 404


def test_the_official_client_reads_in_pages(official, namespace):
    for number in range(5):
        official.create_namespaced_config_map(namespace, named(f"m{number}"))
    names, token = [], None
    while True:
        page = official.list_namespaced_config_map(namespace, limit=2, _continue=token)
        names.append([item.metadata.name for item in page.items])
        token = page.metadata._continue
        if not token:
            break
    assert names == [["m0", "m1"], ["m2", "m3"], ["m4"]]


def test_the_official_client_watches_from_a_list_without_gap_or_repetition(official, namespace):
    from kubernetes import watch

    official.create_namespaced_config_map(namespace, named("before"))
    start = official.list_namespaced_config_map(namespace).metadata.resource_version
    official.create_namespaced_config_map(namespace, named("a"))
    official.patch_namespaced_config_map("a", namespace, {"data": {"k": "2"}})
    official.delete_namespaced_config_map("a", namespace)
    seen = []
    stream = watch.Watch()
    arguments = {"namespace": namespace, "resource_version": start, "timeout_seconds": 20}
    for event in stream.stream(official.list_namespaced_config_map, **arguments):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            stream.stop()
    assert seen == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


@pytest.fixture
def light(server, namespace):
    lightkube = pytest.importorskip("lightkube", reason="no client: pip install lightkube")
    config = lightkube.KubeConfig.from_file(str(server.kubeconfig))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how it loads certificates
        client = lightkube.Client(config=config, namespace=namespace, field_manager="light")
    yield client
    client.close()


def test_lightkube_creates_lists_applies_and_deletes(light, namespace):
    from lightkube import ApiError
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.core_v1 import ConfigMap

    made = light.create(ConfigMap(metadata=ObjectMeta(name="a", namespace=namespace), data={"k": "1"}))
    assert made.metadata.managedFields[0].manager == "light"
    applied = light.apply(ConfigMap(metadata=ObjectMeta(name="b", namespace=namespace), data={"k": "1"}))
    assert applied.metadata.managedFields[0].operation == "Apply"
    assert [item.metadata.name for item in light.list(ConfigMap)] == NAMES
    light.patch(ConfigMap, "a", {"data": {"k": "3"}})
    assert light.get(ConfigMap, "a").data == {"k": "3"}
    light.delete(ConfigMap, "a")
    with pytest.raises(ApiError, match='configmaps "a" not found'):
        light.get(ConfigMap, "a")


def test_lightkube_watches_and_scales(light, namespace):
    from lightkube.models.autoscaling_v1 import ScaleSpec
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.apps_v1 import ReplicaSet
    from lightkube.resources.core_v1 import ConfigMap

    light.create(ConfigMap(metadata=ObjectMeta(name="a", namespace=namespace)))
    watching = iter(light.watch(ConfigMap, server_timeout=20))
    event, first = next(watching)
    watching.close()
    assert (event, first.metadata.name) == ("ADDED", "a")
    template = {"metadata": {"labels": {"x": "y"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"x": "y"}}, "template": template}
    light.create(ReplicaSet.from_dict({"metadata": {"name": "r", "namespace": namespace}, "spec": spec}))
    light.replace(
        ReplicaSet.Scale(metadata=ObjectMeta(name="r", namespace=namespace), spec=ScaleSpec(replicas=4)), name="r"
    )
    assert light.get(ReplicaSet, "r").spec.replicas == 4
