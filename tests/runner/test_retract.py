"""``ruleplane run --retract``: what a run did under ``while`` is undone by another."""

from __future__ import annotations

import asyncio

import pytest

from ruleplane.client import reflector
from ruleplane.client.election import Terms
from ruleplane.errors import Forbidden, SourceError
from support.runs import Run, running, until

QUICK = Terms(duration=15, renew=10, retry=0.05)

HOLDS = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: holder}
spec:
  component: examples
  for:
    budget: {kind: v1/ConfigMap, where: "has(budget.metadata.labels) && 'budget' in budget.metadata.labels"}
  watch:
    parts: {kind: v1/ConfigMap, controlledBy: budget}
    room: {kind: v1/Namespace, name: budget.metadata.namespace}
  rules:
    - name: keep-parts
      while: "true"
      ensure:
        objects: parts
        count: int(budget.data.size)
        template: {kind: v1/ConfigMap, data: {budget: "${budget.metadata.name}"}}
        initial: {metadata: {generateName: "${budget.metadata.name}-"}}
    - name: paint
      while: "true"
      apply: {to: "${room}", metadata: {labels: {painted: "yes"}}}
    - name: count
      when: size(parts) > 0
      apply: {to: "${budget}", metadata: {annotations: {parts: "${string(size(parts))}"}}}
"""


def painted(cluster, namespace="default"):
    return cluster.objects("v1/Namespace", "")[namespace]["metadata"].get("labels", {}).get("painted")


@pytest.fixture
def held(cluster):
    cluster.budget("food", 3)
    first = cluster.run(HOLDS)
    assert (first.code, len(cluster.parts("food")), painted(cluster)) == (0, 3, "yes"), first.lines
    yield cluster
    cluster.run(HOLDS, retract=True, once=False)


@pytest.mark.parametrize("elect", [False, True])
def test_what_a_run_made_and_applied_under_while_is_undone_by_another_and_the_rest_stays(held, elect):
    told = held.run(HOLDS, retract=True, once=False, elect=elect, terms=QUICK)
    assert told.code == 0, told.lines
    assert (held.parts("food"), painted(held)) == ([], None)
    assert held.objects()["food"]["metadata"]["annotations"] == {"parts": "3"}  # was done under `when`
    assert [line.split()[0] for line in told.told("info")].count("leading") == int(elect)
    again = held.run(HOLDS, retract=True, once=False)
    assert (again.code, again.told("write")) == (0, [])


def test_it_tells_before_what_it_would_undo(held):
    told = held.run(HOLDS, retract=True, dry_run=True, once=False)
    assert told.code == 0, told.lines
    assert sorted(change.verb for change, *_ in told.changes) == ["delete", "delete", "delete", "patch"]
    assert (len(held.parts("food")), painted(held)) == (3, "yes")


def test_what_cannot_be_undone_fails_the_retraction_with_the_reason(held, faulty):
    error = Forbidden('configmaps is forbidden: User "x" cannot delete resource "configmaps"')
    faulty.append(lambda method, path, query: error if method == "DELETE" else None)
    told = held.run(HOLDS, retract=True, once=False)
    assert told.code == 1
    assert told.told("error")[-1] == f"holder: not all is undone: {error.message}"
    assert len(held.parts("food")) == 3
    faulty.clear()


def test_a_namespace_is_cleared_of_what_a_primary_elsewhere_made(cluster):
    """It is not seen, and it is there: that must not pass for 'nothing to undo'."""
    text = HOLDS.replace(
        "parts: {kind: v1/ConfigMap, controlledBy: budget}",
        "parts: {kind: v1/ConfigMap, theirs: it.data.budget, ours: budget.metadata.name}",
    )
    text = text.replace(
        "template: {kind: v1/ConfigMap,", "template: {kind: v1/ConfigMap, metadata: {namespace: kube-public},"
    )
    cluster.budget("food", 2)
    first = cluster.run(text)
    made = [name for name in cluster.objects(namespace="kube-public") if name.startswith("food-")]
    assert len(made) == 2, first.lines
    told = cluster.run(text, retract=True, once=False, namespace="kube-public")
    assert told.code == 0, told.lines
    assert not [name for name in cluster.objects(namespace="kube-public") if name.startswith("food-")]
    assert cluster.run(text, retract=True, once=False).code == 0


def test_it_waits_for_the_lease_of_a_run_that_leads(held):
    async def scenario():
        async with running(held.settings(HOLDS, once=False, elect=True, terms=QUICK, identity="first")) as leading:
            await until(lambda: leading.told("info")[-1].startswith("synced"), leading.task)
            second = Run()
            task = asyncio.create_task(
                second.through(held.settings(HOLDS, once=False, retract=True, elect=True, terms=QUICK))
            )
            await until(lambda: any("first leads" in line for line in second.told("info")), task)
            assert len(held.parts("food")) == 3
            leading.runner.stop()
            await leading.task
            await task
        return second

    second = asyncio.run(scenario())
    assert (second.code, held.parts("food")) == (0, []), second.lines


def test_one_that_is_stopped_before_its_end_has_not_undone_all(held, faulty):
    async def scenario():
        async with running(held.settings(HOLDS, once=False, retract=True)) as run:
            faulty.append(lambda method, path, query: run.runner.stop() if method == "DELETE" else None)
            await run.task
        return run

    run = asyncio.run(scenario())
    assert run.code == 1, run.lines
    assert run.told("error")[-1].startswith("holder: not all is undone: ")
    faulty.clear()


@pytest.mark.parametrize("how", [{"retract": True, "once": False}, {"once": True}, {"dry_run": True, "once": False}])
def test_a_run_that_is_to_end_gives_up_a_kind_that_it_may_not_list(cluster, faulty, monkeypatch, how):
    monkeypatch.setattr(reflector, "LEAST", 0.001)
    error = Forbidden('configmaps is forbidden: User "x" cannot list resource "configmaps"')
    faulty.append(lambda method, path, query: error if "limit" in query and path.endswith("/configmaps") else None)
    told = cluster.run(HOLDS, **how)
    assert told.code == 1
    assert f"v1/ConfigMap: {error.message}" in "\n".join(told.told("error"))


def test_admission_rules_are_refused_before_a_server_is_asked(cluster):
    text = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: labels}
spec:
  component: apiserver
  order: 10
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: mark
      set: {metadata: {labels: {marked: "yes"}}}
"""
    settings = cluster.settings(text)
    settings.kubeconfig = "/nowhere"
    with pytest.raises(SourceError, match="'labels' admits requests: only an API server can") as caught:
        asyncio.run(Run().through(settings))
    assert ".yaml:6:3: rule set" in str(caught.value)
