"""``ruleplane run`` with a kind that the server lists, and lets nobody watch."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ruleplane import runner
from ruleplane.client.connection import Connection
from ruleplane.errors import RuleplaneError
from support.runs import running, until

GROUP = "metrics.k8s.io"
RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: loads}
spec:
  component: examples
  for:
    budget: {kind: v1/ConfigMap, where: "has(budget.metadata.labels) && 'budget' in budget.metadata.labels"}
  watch:
    loads: {kind: metrics.k8s.io/v1beta1/NodeMetrics, every: 1s}
  rules:
    - name: tell
      apply:
        to: ${budget}
        metadata: {annotations: {load: "${loads.map(l, l.usage.cpu).join()}"}}
"""
TYPES = {
    "io.k8s.metrics.NodeMetrics": {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
            "usage": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["usage"],
        "x-kubernetes-group-version-kind": [{"group": GROUP, "version": "v1beta1", "kind": "NodeMetrics"}],
    }
}


class Loads:
    """What the metrics server beside the API server answers."""

    def __init__(self) -> None:
        self.cpu = "100m"
        self.lists = 0

    def answer(self, path: str, found: dict[str, Any]) -> dict[str, Any] | None:
        if path == "/apis":
            kind = {"group": GROUP, "version": "v1beta1", "kind": "NodeMetrics"}
            row = {"resource": "nodes", "responseKind": kind, "scope": "Cluster", "verbs": ["get", "list"]}
            versions = [{"version": "v1beta1", "resources": [row]}]
            return {**found, "items": [*found["items"], {"metadata": {"name": GROUP}, "versions": versions}]}
        if path == "/openapi/v3":
            own = {f"apis/{GROUP}/v1beta1": {"serverRelativeURL": f"/openapi/v3/apis/{GROUP}/v1beta1?hash=1"}}
            return {"paths": {**found["paths"], **own}}
        return None

    def own(self, path: str) -> dict[str, Any] | None:
        if path == f"/openapi/v3/apis/{GROUP}/v1beta1":
            return {"components": {"schemas": TYPES}}
        if path == f"/apis/{GROUP}/v1beta1/nodes":
            self.lists += 1
            return {"metadata": {}, "items": [{"metadata": {"name": "n1"}, "usage": {"cpu": self.cpu}}]}
        return None


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    made = Loads()

    class Beside(Connection):
        async def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
            own = made.own(path)
            if own is not None:
                return own
            found = await super().ask(method, path, **more)
            return made.answer(path, found) or found

    monkeypatch.setattr(runner, "Connection", Beside)
    return made


def told(cluster: Any) -> str | None:
    return cluster.objects()["food"]["metadata"].get("annotations", {}).get("load")


def test_it_is_read_again_as_often_as_the_rules_say(cluster, loads):
    async def scenario() -> None:
        async with running(cluster.settings(RULES, once=False)) as run:
            await until(lambda: told(cluster) == "100m", run.task)
            loads.cpu = "250m"
            await until(lambda: told(cluster) == "250m", run.task)

    cluster.budget("food", 0)
    asyncio.run(scenario())
    assert loads.lists >= 2


def test_once_reads_it_once(cluster, loads):
    cluster.budget("food", 0)
    done = cluster.run(RULES)
    assert (done.code, told(cluster)) == (0, "100m"), done.lines


@pytest.mark.parametrize(
    ("rules", "place", "message"),
    [
        (RULES.replace(", every: 1s", ""), ":9:19", "the server lets nobody watch .*NodeMetrics: give `every`"),
        (
            RULES.replace("v1/ConfigMap", "metrics.k8s.io/v1beta1/NodeMetrics"),
            ":7:20",
            "the server lets nobody watch .*NodeMetrics: no rules can be for it",
        ),
    ],
)
def test_nobody_can_wait_to_be_woken_by_it(cluster, loads, rules, place, message):
    with pytest.raises(RuleplaneError, match=f"{place}: {message}"):
        cluster.run(rules)
