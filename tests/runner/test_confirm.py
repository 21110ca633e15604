"""``ruleplane run``: what is to be deleted is looked at afresh, however far the watches are behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ruleplane import runner
from ruleplane.client import listing
from ruleplane.client.connection import Connection
from ruleplane.errors import ServiceUnavailable
from support.apiserver import SYSTEM
from support.runs import running, until

LEASE = "coordination.k8s.io/v1/Lease"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: budgets}
spec:
  component: examples
  for:
    budget: {kind: v1/ConfigMap, where: "has(budget.metadata.labels) && 'budget' in budget.metadata.labels"}
  watch:
    parts: {kind: coordination.k8s.io/v1/Lease, controlledBy: budget}
  rules:
    - name: keep-parts
      ensure:
        objects: parts
        count: "int(budget.?data.?size.orValue('0'))"
        template: {kind: coordination.k8s.io/v1/Lease}
        initial: {metadata: {generateName: "${budget.metadata.name}-"}}
    - name: report
      apply:
        to: ${budget}
        metadata: {annotations: {parts: "${string(size(parts))}"}}
"""
ANYWHERE = RULES.replace(
    "controlledBy: budget}", "theirs: it.metadata.?generateName.orValue(''), ours: budget.metadata.name + '-'}"
)


class Watches:
    """The connection of a run: what the watch of Leases tells waits for ``gate``; ``read`` are the fresh lists."""

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None
        self.read: list[tuple[str, dict[str, str]]] = []
        self.fails = False


@pytest.fixture
def watches(monkeypatch: pytest.MonkeyPatch) -> Watches:
    made = Watches()

    class Held(Connection):
        async def watch(self, path: str, *rest: Any) -> Any:
            async for event in super().watch(path, *rest):
                if made.gate is not None and path.endswith("/leases"):
                    await made.gate.wait()
                yield event

        async def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
            fresh = method == "GET" and path.endswith("/leases") and "accept" not in more
            if fresh and made.fails:
                raise ServiceUnavailable("the server is at its limits")
            answer = await super().ask(method, path, **more)
            if fresh:
                made.read.append((path, dict(more.get("query") or {})))
            return answer

    monkeypatch.setattr(runner, "Connection", Held)
    return made


def leases(cluster: Any) -> list[str]:
    return sorted(cluster.objects(LEASE))


def deleted(run: Any) -> list[str]:
    return [line for line in run.told("write") if "delete" in line]


def resize(cluster: Any, size: int) -> None:
    api = cluster.server.api
    kind = api.registry.get("v1/ConfigMap")
    cluster.server.call(api.patch(kind, "default", "food", {"data": {"size": str(size)}}, "merge", SYSTEM))


def test_what_went_behind_the_watch_is_not_made_up_for_by_another_deletion(cluster, watches):
    async def scenario() -> None:
        watches.gate = asyncio.Event()
        async with running(cluster.settings(RULES, once=False)) as run:
            await until(lambda: run.runner.loop.cache.bounds, run.task)
            gone = leases(cluster)[0]
            api = cluster.server.api
            cluster.server.call(api.delete(api.registry.get(LEASE), "default", gone, None, SYSTEM))
            resize(cluster, 2)
            await until(lambda: watches.read, run.task)
            watches.gate.set()
            await until(lambda: cluster.objects()["food"]["metadata"]["annotations"] == {"parts": "2"}, run.task)
            assert not deleted(run), run.lines
        assert watches.read[0][0] == LEASES

    cluster.budget("food", 3)
    cluster.run(RULES)
    assert len(leases(cluster)) == 3
    watches.read.clear()
    asyncio.run(scenario())
    assert len(leases(cluster)) == 2


def test_what_is_surplus_in_truth_goes_while_the_watch_says_nothing(cluster, watches):
    async def scenario() -> None:
        watches.gate = asyncio.Event()
        async with running(cluster.settings(RULES, once=False)) as run:
            await until(lambda: run.runner.loop.cache.bounds, run.task)
            resize(cluster, 2)
            await until(lambda: deleted(run), run.task)
            assert (len(deleted(run)), len(leases(cluster))) == (1, 2), run.lines

    cluster.budget("food", 3)
    cluster.run(RULES)
    asyncio.run(scenario())


def test_without_an_answer_nothing_is_deleted(cluster, watches):
    async def scenario() -> None:
        watches.gate = asyncio.Event()
        async with running(cluster.settings(RULES, once=False)) as run:
            await until(lambda: run.runner.loop.cache.bounds, run.task)
            watches.fails = True
            resize(cluster, 2)
            await until(lambda: run.runner.loop.queue.struggling(), run.task)
            assert len(leases(cluster)) == 3
            watches.fails = False
            await until(lambda: len(leases(cluster)) == 2, run.task)

    cluster.budget("food", 3)
    cluster.run(RULES)
    asyncio.run(scenario())


def test_a_list_in_pages_is_read_to_its_end(cluster, watches, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)
    cluster.budget("food", 5)
    cluster.run(RULES)
    resize(cluster, 1)
    told = cluster.run(RULES)
    assert (told.code, len(deleted(told)), len(leases(cluster))) == (0, 4, 1), told.lines
    assert [query["limit"] for _, query in watches.read[:3]] == ["2", "2", "2"]
    assert "continue" in watches.read[2][1]


def test_a_run_in_one_namespace_reads_no_other(cluster, watches):
    cluster.budget("food", 2)
    cluster.run(ANYWHERE)
    resize(cluster, 1)
    told = cluster.run(ANYWHERE, namespace="default")
    assert (told.code, len(deleted(told))) == (0, 1), told.lines
    assert {path for path, _ in watches.read} == {LEASES}
