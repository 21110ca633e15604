"""Rule files as a controller against an API server over HTTPS."""

from __future__ import annotations

import asyncio

import pytest

from ruleplane.errors import Forbidden, RuleplaneError, SourceError, Timeout
from ruleplane.model.data import data_dir
from support.apiserver import SYSTEM
from support.runs import BUDGETS, Run, running, until


def test_one_run_makes_it_so_and_the_next_has_nothing_to_do(cluster):
    cluster.budget("food", 3)
    first = cluster.run()
    assert first.code == 0
    assert len(cluster.parts("food")) == 3
    assert cluster.objects()["food"]["metadata"]["annotations"] == {"parts": "3"}
    managers = {entry["manager"] for entry in cluster.objects()["food"]["metadata"]["managedFields"]}
    assert "budgets" in managers
    assert cluster.run().told("write") == []


def test_it_tells_where_it_is_what_it_watches_and_what_it_writes(cluster):
    cluster.budget("food", 1)
    told = cluster.run()
    server, rules, watching, synced = told.told("info")
    assert server.startswith(f"server   {cluster.server.url} (v1.")
    assert (rules, watching, synced) == ("rules    budgets", "watching v1/ConfigMap", "synced   1 object")
    assert told.told("write")[0].startswith("budgets · keep-parts  create v1/ConfigMap/default/food-")


def test_settings_are_given(cluster):
    cluster.budget("food", 3)
    cluster.run(params={"budgets": {"most": 2}})
    assert len(cluster.parts("food")) == 2


def test_changes_are_followed_until_it_is_stopped(cluster):
    async def scenario():
        async with running(cluster.settings(once=False)) as run:
            await until(lambda: run.told("info")[3:], run.task)
            await asyncio.to_thread(cluster.budget, "late", 2)
            await until(lambda: len(cluster.parts("late")) == 2, run.task)
            victim = cluster.parts("late")[0]
            kind = cluster.server.api.registry.get("v1/ConfigMap")
            cluster.server.call(cluster.server.api.delete(kind, "default", victim, None, SYSTEM))
            await until(lambda: len(cluster.parts("late")) == 2 and victim not in cluster.parts("late"), run.task)
        return run

    assert asyncio.run(scenario()).code == 0


def test_a_dry_run_tells_what_would_be_written_first_and_writes_nothing(cluster):
    cluster.budget("food", 2)
    before = cluster.objects()
    told = cluster.run(dry_run=True)
    assert told.code == 0
    assert cluster.objects() == before
    assert [(change.verb, ruleset, effect.rule) for change, ruleset, effect in told.changes] == [
        ("create", "budgets", "keep-parts"),
        ("create", "budgets", "keep-parts"),
        ("patch", "budgets", "report"),
    ]
    patch = told.changes[2][0]
    assert patch.after["metadata"]["annotations"] == {"parts": "0"}
    assert patch.before == before["food"] | {"apiVersion": "v1", "kind": "ConfigMap"}


def test_one_namespace_is_watched_and_written_if_so_wished(cluster):
    cluster.budget("food", 1)
    cluster.budget("food", 1, "kube-public")
    cluster.run(namespace="kube-public")
    assert cluster.parts("food") == []
    assert len(cluster.parts("food", "kube-public")) == 1


def test_a_write_outside_of_the_namespace_is_refused_with_a_reason(cluster):
    cluster.budget("food", 1, "kube-public")
    text = BUDGETS.replace(
        "template: {kind: v1/ConfigMap,", "template: {kind: v1/ConfigMap, metadata: {namespace: default},"
    )
    told = cluster.run(text, namespace="kube-public")
    assert told.code == 1
    assert (
        "writing configmaps in namespace 'default': this run keeps to namespace 'kube-public'" in told.told("error")[0]
    )


def test_what_fails_for_one_object_stops_no_other_and_fails_the_run(cluster):
    cluster.budget("bad", "many")
    cluster.budget("food", 1)
    told = cluster.run()
    assert told.code == 1
    assert len(cluster.parts("food")) == 1
    assert any("v1/ConfigMap/default/bad" in line for line in told.told("error"))


def test_a_kind_that_the_cluster_does_not_serve_is_refused_before_anything_runs(cluster):
    text = BUDGETS.replace("kind: v1/ConfigMap", "kind: example.com/v1/ConfigMap")
    with pytest.raises(
        SourceError, match=r"rule set 'budgets': the kind 'example.com/v1/ConfigMap' is not served; is 'v1/ConfigMap' m"
    ):
        cluster.run(text)


def test_a_directory_without_rule_sets_is_refused(cluster, tmp_path):
    settings = cluster.settings()
    settings.rules = [tmp_path / "empty"]
    settings.rules[0].mkdir()
    with pytest.raises(RuleplaneError, match="there is no rule set"):
        asyncio.run(Run().through(settings))


def test_a_bundled_controller_serves_a_cluster_that_lacks_it(cluster):
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}
    cluster.server.create("apps/v1/ReplicaSet", {"metadata": {"name": "web"}, "spec": spec}, "default")
    settings = cluster.settings()
    rules = data_dir("rules")
    settings.rules = [rules / "controller-manager" / "replicaset.yaml"]  # its functions are found by themselves
    told = Run()
    asyncio.run(told.through(settings))
    assert told.code == 0, told.lines
    assert len(cluster.objects("v1/Pod")) == 3
    status = cluster.objects("apps/v1/ReplicaSet")["web"]["status"]
    assert (status["replicas"], status["observedGeneration"]) == (3, 1)


# --- faults ---------------------------------------------------------------------------------------------------------


def once(method, part, what):
    """A fault at the first request of this method and path."""
    left = [what]
    return lambda m, path, query: left.pop() if left and m == method and part in path else None


@pytest.mark.parametrize("what", ["before", "after"])
@pytest.mark.parametrize(("method", "part"), [("POST", "/configmaps"), ("PATCH", "/configmaps/food")])
def test_a_write_without_answer_is_looked_up_and_made_once(cluster, faulty, what, method, part):
    cluster.budget("food", 3)
    faulty.append(once(method, part, what))
    told = cluster.run()
    assert told.code == 0
    assert len(cluster.parts("food")) == 3
    assert cluster.objects()["food"]["metadata"]["annotations"] == {"parts": "3"}


def test_a_write_that_timed_out_is_settled_by_a_read_and_not_made_twice(cluster, faulty):
    cluster.budget("food", 3)
    reads, late = [], Timeout("POST: no answer within 30 s")
    faulty.append(once("POST", "/configmaps", "after"))
    faulty.append(once("PATCH", "/configmaps/food", late))
    faulty.append(lambda m, path, query: reads.append(path) if m == "GET" and "/configmaps/" in path else None)
    told = cluster.run()
    assert told.code == 0, told.lines
    assert len(cluster.parts("food")) == 3
    assert "/api/v1/namespaces/default/configmaps/food" in reads
    assert cluster.objects()["food"]["metadata"]["annotations"] == {"parts": "3"}


def test_a_refusal_is_told_and_fails_the_run(cluster, faulty):
    cluster.budget("food", 1)
    error = Forbidden('configmaps is forbidden: User "x" cannot create resource "configmaps"')
    faulty.append(lambda m, path, query: error if m == "POST" and "configmaps" in path else None)
    told = cluster.run()
    assert told.code == 1
    assert error.message in told.told("error")[0]
    assert cluster.parts("food") == []


PAINTERS = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: red}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
  rules:
    - name: paint
      when: "'red' in c.data"
      apply: {to: "${c}", metadata: {labels: {colour: red}}}
---
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: blue}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
  rules:
    - name: tint
      when: "'blue' in c.data"
      apply: {to: "${c}", metadata: {labels: {colour: blue}}}
"""


def test_rule_sets_that_undo_each_others_work_are_told_and_fail_the_run(cluster):
    cluster.server.create("v1/ConfigMap", {"metadata": {"name": "sky"}, "data": {"red": "", "blue": ""}}, "default")
    run = cluster.run(PAINTERS)
    assert run.code == 1
    assert any(
        "ConfigMap default/sky: metadata.labels.colour goes to and fro between blue/tint (firing" in line
        and "and red/paint (firing" in line
        for line in run.told("error")
    )
    events = [one for one in cluster.objects("v1/Event").values() if one["reason"] == "FieldContested"]
    assert {event["involvedObject"]["name"] for event in events} == {"sky"}


def test_what_the_server_writes_otherwise_is_sent_once_and_no_more(cluster, faulty):
    rules = BUDGETS.replace("parts: {kind: v1/ConfigMap", "parts: {kind: v1/ResourceQuota").replace(
        'template: {kind: v1/ConfigMap, data: {budget: "${budget.metadata.name}"}}',
        "template: {kind: v1/ResourceQuota, spec: {hard: {cpu: 1000m}}}",
    )
    sent = []
    faulty.append(lambda method, path, _query: sent.append(path) if method == "PATCH" and "quota" in path else None)

    def touch(number):
        api = cluster.server.api
        body = {"data": {"size": "0" * number + "1"}}  # the same size, and a change of what is read
        patch = api.patch(api.registry.get("v1/ConfigMap"), "default", "food", body, "merge", SYSTEM)
        cluster.server.call(patch)

    async def scenario():
        async with running(cluster.settings(rules, once=False)) as run:
            await until(lambda: cluster.objects("v1/ResourceQuota"), run.task)
            for number in (1, 2, 3):
                await until(run.runner._quiet, run.task)
                before = run.runner.loop.passes
                await asyncio.to_thread(touch, number)
                await until(lambda before=before: run.runner.loop.passes > before, run.task)
            await until(run.runner._quiet, run.task)

    cluster.budget("food", 1)
    asyncio.run(scenario())
    (quota,) = cluster.objects("v1/ResourceQuota").values()
    assert quota["spec"] == {"hard": {"cpu": "1"}}
    assert len(sent) == 1, sent
