"""``ruleplane run`` with subresources, and with kinds that only the cluster knows."""

from __future__ import annotations

import asyncio

import pytest

from ruleplane.cli.sources import Stopped
from ruleplane.client.connection import Connection
from ruleplane.client.credentials import Credentials
from ruleplane.client.settings import Settings
from ruleplane.clock import RealClock
from ruleplane.errors import NotFound, SourceError
from ruleplane.model.builtin import kubernetes_data
from ruleplane.model.crd import serve
from ruleplane.model.data import data_dir
from ruleplane.model.schema import Schemas
from support import plane
from support.runs import Run

WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                            "status": {"type": "object", "properties": {"doubled": {"type": "integer"}}},
                        },
                    }
                },
            }
        ],
    },
}
RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: widgets}
spec:
  component: examples
  for:
    widget: {kind: example.com/v1/Widget}
  rules:
    - name: double
      status: {doubled: "${widget.spec.size * 2}"}
"""


def test_the_bundled_scheduler_binds_pods_of_another_cluster(cluster):
    status = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}
    cluster.server.create("v1/Node", {"metadata": {"name": "n1"}, "spec": {}, "status": status})
    spec = {"containers": [{"name": "c", "image": "nginx"}]}
    cluster.server.create("v1/Pod", {"metadata": {"name": "web"}, "spec": spec}, "default")
    settings = cluster.settings()
    settings.rules = [data_dir("rules") / "scheduler" / "default.yaml"]
    told = Run()
    asyncio.run(told.through(settings))
    assert told.code == 0, told.lines
    assert cluster.objects("v1/Pod")["web"]["spec"]["nodeName"] == "n1", told.lines
    assert any("v1/Pod/default/web binding" in line for line in told.told("write"))


def test_rules_for_a_kind_that_the_cluster_defines_write_its_status_and_its_trace_knows_it(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    group = "/apis/example.com/v1/namespaces/default/widgets"

    async def ask(kubeconfig, *requests):
        credentials = await Credentials.load(str(kubeconfig), "", RealClock())
        async with Connection(credentials, RealClock()) as connection:
            for method, path, body in requests:
                async with asyncio.timeout(20):
                    while True:
                        try:
                            answer = await connection.ask(method, path, body=body)
                            break
                        except NotFound:
                            continue  # the kind is served a moment after its definition
        return answer

    with plane.running(tmp_path / "plane", nodes=0) as running:
        widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 21}}
        definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        asyncio.run(ask(running.kubeconfig, ("POST", definitions, WIDGETS), ("POST", group, widget)))
        told = Run()
        trace = tmp_path / "trace"
        asyncio.run(told.through(Settings([rules], str(running.kubeconfig), once=True, elect=False, trace_dir=trace)))
        assert told.code == 0, told.lines
        answer = asyncio.run(ask(running.kubeconfig, ("GET", f"{group}/w", None)))
    assert answer["status"] == {"doubled": 42}, told.lines
    for directory in (trace, tmp_path / "plane"):  # the run's own trace, and the data of the control plane, ended
        source = Stopped(directory)
        why = source.get("why", {"object": "widget/w.status.doubled"})["text"]
        source.close()
        assert why[0].split(" = ")[0] == "Widget default/w .status.doubled"
        assert "of Widget default/w" in why[1]


UNBUNDLED = RULES.replace("example.com/v1/Widget", "policy/v1beta1/Widget")


@pytest.mark.parametrize("group", ["policy", "example.org"])
@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("size", ""),
        ("sise", r"rules\.yaml:10:40: widget\.spec has no field 'sise'; did you mean 'size'\? \[RP005\]"),
    ],
)
def test_a_kind_that_is_not_bundled_is_checked_by_what_the_server_says_of_it(cluster, group, field, message):
    (kind,) = serve([unbundled(group)], cluster.server.api.registry, cluster.server.schemas)
    try:
        told = Run()
        rules = cluster.settings(UNBUNDLED.replace("policy/", f"{group}/").replace("spec.size", f"spec.{field}"))
        if message:
            with pytest.raises(SourceError, match=message.replace("rules", "rules-0")):
                asyncio.run(told.through(rules))
        else:
            asyncio.run(told.through(rules))
            assert told.code == 0, told.lines
    finally:
        cluster.server.api.registry.remove(kind)


def unbundled(group):
    spec = {**WIDGETS["spec"], "group": group}
    spec["versions"] = [{**spec["versions"][0], "name": "v1beta1"}]
    return {**WIDGETS, "metadata": {"name": f"widgets.{group}"}, "spec": spec}


FROZEN = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: frozen}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap, where: "c.metadata.name == 'a'"}}
  rules:
    - name: freeze
      apply: {to: "${c}", immutable: true}
"""


def test_a_field_that_only_the_server_knows_is_no_mistake(cluster, monkeypatch):
    definitions = dict(kubernetes_data()["definitions"])
    name = "io.k8s.api.core.v1.ConfigMap"
    config = definitions[name]
    properties = {key: value for key, value in config["properties"].items() if key != "immutable"}
    definitions[name] = {**config, "properties": properties}
    monkeypatch.setattr(Schemas, "builtin", classmethod(lambda cls: cls(definitions)))
    cluster.server.create("v1/ConfigMap", {"metadata": {"name": "a"}}, "default")
    assert cluster.run(FROZEN).code == 0
    assert cluster.objects()["a"]["immutable"] is True
    with pytest.raises(SourceError, match=r"ConfigMap has no field 'imutable'; did you mean 'immutable'\? \[RP007\]"):
        cluster.run(FROZEN.replace("immutable", "imutable"))


def test_a_kind_that_the_server_does_not_have_is_told_before_its_fields(cluster):
    with pytest.raises(SourceError, match="the kind 'policy/v1beta1/Widget' is not served"):
        cluster.run(UNBUNDLED.replace("spec.size", "spec.sise"))
