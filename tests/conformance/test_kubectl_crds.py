"""Real kubectl before a control plane: a definition makes a kind, with columns, defaults, explanations and an end."""

from __future__ import annotations

import json

import pytest

from support.kubectl import Kubectl
from support.plane import running

LAMPS = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: lamps, kind: Lamp, shortNames: [lp]}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.bulbs, statusReplicasPath: .status.bulbs}}
      additionalPrinterColumns: [{name: Watts, type: integer, jsonPath: .spec.watts}]
      schema:
        openAPIV3Schema:
          type: object
          description: Gives light.
          properties:
            spec:
              type: object
              required: [watts]
              properties:
                watts: {type: integer, minimum: 1, description: How bright it is.}
                bulbs: {type: integer, default: 1}
            status: {type: object, properties: {bulbs: {type: integer}}}
"""
DESK = """\
apiVersion: example.com/v1
kind: Lamp
metadata: {name: desk}
spec: {watts: 5}
"""


@pytest.fixture(scope="module", params=["1.37", "1.32"])
def kubectl(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", nodes=0) as plane:
        kubectl = Kubectl(request.param, plane.kubeconfig, home)
        assert kubectl("apply", "-f", "-", stdin=LAMPS).strip().endswith("lamps.example.com created")
        kubectl("wait", "--for=condition=Established", "crd/lamps.example.com", "--timeout=20s")
        yield kubectl


def test_a_kind_is_used_as_any_other(kubectl):
    assert "lamp.example.com/desk created" in kubectl("apply", "-f", "-", stdin=DESK)
    assert kubectl("get", "lp").split()[:2] == ["NAME", "WATTS"]
    assert kubectl("get", "lamps.example.com", "desk", "-o", "jsonpath={.spec.bulbs}") == "1"
    assert "configured" in kubectl("apply", "-f", "-", stdin=DESK.replace("5", "7"))
    kubectl("patch", "lamp", "desk", "--type=merge", "-p", json.dumps({"spec": {"watts": 9}}))
    assert kubectl("get", "lamp", "desk", "-o", "jsonpath={.spec.watts} {.metadata.generation}") == "9 3"
    kubectl("scale", "lamp", "desk", "--replicas=4")
    assert kubectl("get", "lamp", "desk", "-o", "jsonpath={.spec.bulbs}") == "4"
    kubectl("delete", "lamp", "desk")


def test_it_is_found_and_explained(kubectl):
    assert "lamps" in kubectl("api-resources", "--api-group=example.com")
    assert "How bright it is." in kubectl("explain", "lamp.spec.watts")


def test_what_the_schema_refuses_is_refused(kubectl):
    answer = kubectl.run("apply", "-f", "-", stdin=DESK.replace("5", "0"))
    assert answer.returncode == 1
    assert "should be greater than or equal to 1" in answer.stderr
    answer = kubectl.run("apply", "-f", "-", stdin=DESK.replace("watts: 5", "watts: 5, smell: rose"))
    assert answer.returncode == 1
    assert 'unknown field "spec.smell"' in answer.stderr


def test_an_edited_definition_is_in_force_at_once(kubectl):
    columns = LAMPS.replace("[{name: Watts", "[{name: Bulbs, type: integer, jsonPath: .spec.bulbs}, {name: Watts")
    kubectl("apply", "-f", "-", stdin=columns)
    kubectl("apply", "-f", "-", stdin=DESK.replace("desk", "floor"))
    assert kubectl("get", "lamp", "floor").split()[:3] == ["NAME", "BULBS", "WATTS"]


def test_when_the_definition_goes_its_objects_go_and_the_kind(kubectl):
    kubectl("apply", "-f", "-", stdin=DESK.replace("desk", "last"))
    kubectl("delete", "crd", "lamps.example.com", "--timeout=20s")
    answer = kubectl.run("get", "lamps")
    assert answer.returncode == 1
    assert "the server could not find the requested resource" in answer.stderr  # what kubectl had cached names it still


def test_a_kind_that_nobody_has_defined_is_told_as_one(kubectl):
    (kubectl.cwd / "gadget.yaml").write_text("apiVersion: nobody.example.com/v1\nkind: Gadget\nmetadata: {name: a}\n")
    for command in ("apply", "create"):
        told = kubectl.fails(command, "-f", "gadget.yaml")
        assert (
            'no matches for kind "Gadget" in version "nobody.example.com/v1"\nensure CRDs are installed first' in told
        )
