"""The official Python client before a kind of one's own: its objects, their versions, and what a watch tells last."""

from __future__ import annotations

import threading

import pytest
import yaml

from support.plane import running

BULBS = yaml.safe_load("""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bulbs.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: bulbs, kind: Bulb}
  versions:
    - &version
      name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {watts: {type: integer}}}
            status: {type: object, properties: {lit: {type: boolean}}}
    - {<<: *version, name: v1alpha1, storage: false}
""")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    kubernetes = pytest.importorskip("kubernetes", reason="no client: pip install kubernetes")
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", nodes=0) as plane:
        api_client = kubernetes.config.new_client_from_config(config_file=str(plane.kubeconfig))
        with api_client:
            yield kubernetes.client, api_client


def test_objects_of_a_kind_that_comes_and_goes(client):
    library, api_client = client
    from kubernetes import watch

    kinds, objects = library.ApiextensionsV1Api(api_client), library.CustomObjectsApi(api_client)
    kinds.create_custom_resource_definition(BULBS)
    v1, alpha = (("example.com", version, "default", "bulbs") for version in ("v1", "v1alpha1"))
    bulb = {"apiVersion": "example.com/v1", "kind": "Bulb", "metadata": {"name": "desk"}, "spec": {"watts": 5}}
    assert objects.create_namespaced_custom_object(*v1, bulb)["metadata"]["generation"] == 1
    objects.patch_namespaced_custom_object_status(*v1, "desk", {"spec": {"watts": 9}, "status": {"lit": True}})
    seen = objects.get_namespaced_custom_object(*alpha, "desk")
    assert (seen["apiVersion"], seen["spec"], seen["status"]) == (
        "example.com/v1alpha1", {"watts": 5}, {"lit": True}
    )  # fmt: skip
    assert seen["metadata"]["generation"] == 1

    events, started = [], threading.Event()

    def follow():
        stream = watch.Watch().stream(objects.list_namespaced_custom_object, *v1, timeout_seconds=60)
        for event in stream:
            events.append((event["type"], event["object"]["metadata"]["name"]))
            started.set()

    follower = threading.Thread(target=follow)
    follower.start()
    assert started.wait(20)
    kinds.delete_custom_resource_definition("bulbs.example.com")
    follower.join(20)
    assert not follower.is_alive()  # long before the minute is over
    assert events == [("ADDED", "desk"), ("DELETED", "desk")]
    with pytest.raises(library.ApiException) as missing:
        objects.list_namespaced_custom_object(*v1)
    assert missing.value.status == 404
