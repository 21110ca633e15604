"""OpenAPI documents hold what kubectl looks for before it explains, creates and applies."""

from __future__ import annotations

import re

import orjson
import pytest

from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.schema import Schemas
from ruleplane.server.openapi import OpenApi
from support.kinds import CRONTABS, registry, schemas


@pytest.fixture(scope="module")
def openapi():
    return OpenApi(registry(), schemas())


def read(document):
    assert document is not None
    return orjson.loads(document.body)


def test_the_index_names_every_group_version_with_a_hash(openapi):
    paths = read(openapi.index())["paths"]
    assert set(paths) >= {"api/v1", "apis/apps/v1", "apis/autoscaling/v2"}
    assert re.fullmatch(r"/openapi/v3/apis/apps/v1\?hash=[0-9A-F]{64}", paths["apis/apps/v1"]["serverRelativeURL"])


def test_every_document_refers_only_to_what_it_holds(openapi):
    for path in read(openapi.index())["paths"]:
        document = openapi.document(path)
        found = read(document)
        referred = {ref.decode() for ref in re.findall(rb'"#/components/schemas/([^"]+)"', document.body)}
        assert referred <= found["components"]["schemas"].keys(), path


def test_patch_of_every_kind_takes_field_validation(openapi):
    """Else kubectl asks for the v2 document, as protobuf."""
    for kind in registry():
        if "patch" not in kind.verbs:
            continue
        document = read(openapi.document(f"apis/{kind.api_version}" if kind.group else "api/v1"))
        gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        patches = [
            {parameter["name"] for parameter in item["patch"]["parameters"]}
            for item in document["paths"].values()
            if item.get("patch", {}).get("x-kubernetes-group-version-kind") == gvk
        ]
        assert patches, kind.ref
        assert all("fieldValidation" in names for names in patches), kind.ref


def test_a_schema_says_its_kind_its_fields_and_how_lists_merge(openapi):
    components = read(openapi.document("api/v1"))["components"]["schemas"]
    pod = components["io.k8s.api.core.v1.Pod"]
    assert pod["x-kubernetes-group-version-kind"] == [{"group": "", "version": "v1", "kind": "Pod"}]
    spec = pod["properties"]["spec"]
    assert spec["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]
    assert spec["description"].startswith("Specification of the desired behavior")
    containers = components["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    quantity = components["io.k8s.apimachinery.pkg.api.resource.Quantity"]
    assert quantity["oneOf"] == [{"type": "string"}, {"type": "number"}]
    assert "format" not in quantity
    assert "io.k8s.api.core.v1.PodList" in components


def test_documents_are_made_once_until_the_kinds_change():
    kinds, types = builtin_registry(), Schemas.builtin()
    openapi = OpenApi(kinds, types)
    apps = openapi.document("apis/apps/v1")
    assert openapi.document("apis/apps/v1") is apps
    index = openapi.index()
    [kind] = serve([CRONTABS], kinds, types)
    assert openapi.index().etag != index.etag
    assert openapi.document("apis/apps/v1") is apps, "other groups stay"
    path = "apis/stable.example.com/v1"
    tabs = read(openapi.document(path))["components"]["schemas"]["com.example.stable.v1.CronTab"]
    assert tabs["description"] == "A table of times."
    assert tabs["x-kubernetes-group-version-kind"] == [
        {"group": "stable.example.com", "version": "v1", "kind": "CronTab"}
    ]
    before = read(openapi.index())["paths"][path]
    types.add(kind, {"type": "object", "properties": {"spec": {"type": "object"}}})
    kinds.add(kind)
    assert read(openapi.index())["paths"][path] != before
    kinds.remove(kind)
    assert openapi.document(path) is None
