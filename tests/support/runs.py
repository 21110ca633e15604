"""``ruleplane run`` in a test: a cluster to run against, what a run told, and faults of the connection."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ruleplane.client.settings import Settings
from ruleplane.runner import Runner

if TYPE_CHECKING:
    from support.apiserver import ApiServer

SECONDS = 30.0

BUDGETS = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: budgets}
spec:
  doc: A ConfigMap labelled as a budget keeps as many children as its `size` says.
  component: examples
  for:
    budget: {kind: v1/ConfigMap, where: "has(budget.metadata.labels) && 'budget' in budget.metadata.labels"}
  params: {most: 5}
  watch:
    parts: {kind: v1/ConfigMap, controlledBy: budget}
  let:
    asked: int(budget.data.size)
  rules:
    - name: keep-parts
      when: "!has(budget.metadata.deletionTimestamp)"
      ensure:
        objects: parts
        count: "asked > params.most ? params.most : asked"
        template: {kind: v1/ConfigMap, data: {budget: "${budget.metadata.name}"}}
        initial: {metadata: {generateName: "${budget.metadata.name}-"}}
    - name: report
      apply:
        to: ${budget}
        metadata: {annotations: {parts: "${string(size(parts))}"}}
"""


class Cluster:
    """What a test does to the server, and what it looks at."""

    def __init__(self, server: ApiServer, directory: Any) -> None:
        self.server, self.directory = server, directory

    def budget(self, name: str, size: Any, namespace: str = "default") -> None:
        labels = {"budget": "yes"}
        obj = {"metadata": {"name": name, "labels": labels}, "data": {"size": str(size)}}
        self.server.create("v1/ConfigMap", obj, namespace)

    def objects(self, ref: str = "v1/ConfigMap", namespace: str = "default") -> dict[str, dict[str, Any]]:
        kind = self.server.api.registry.get(ref)
        assert kind is not None, ref
        listing = self.server.call(self.server.store.list(kind.prefix(namespace)))
        return {entry.value["metadata"]["name"]: entry.value for entry in listing.entries}

    def parts(self, name: str, namespace: str = "default") -> list[str]:
        return [
            one for one, obj in self.objects(namespace=namespace).items()
            if any(owner["name"] == name for owner in obj["metadata"].get("ownerReferences", ()))
        ]  # fmt: skip

    def settings(self, text: str = BUDGETS, **more: Any) -> Settings:
        file = self.directory / f"rules-{len(list(self.directory.glob('rules-*')))}.yaml"
        file.write_text(text)
        given = {"once": True, "elect": False, **more}
        return Settings([file], str(self.server.kubeconfig), **given)

    def run(self, text: str = BUDGETS, **more: Any) -> Run:
        """To the end."""
        done = Run()
        asyncio.run(done.through(self.settings(text, **more)))
        return done


class Run:
    """What a run told, and how it ended."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.changes: list[Any] = []
        self.code: int | None = None
        self.runner: Runner

    async def through(self, settings: Settings) -> None:
        async with asyncio.timeout(SECONDS):
            self.runner = await self.started(settings)
            self.code = await self.runner.run()

    async def started(self, settings: Settings) -> Runner:
        self.runner = await Runner.start(
            settings, lambda line, kind: self.lines.append((line, kind)), lambda *change: self.changes.append(change)
        )
        return self.runner

    def told(self, kind: str) -> list[str]:
        return [line for line, what in self.lines if what == kind]


async def until(condition: Any, task: asyncio.Task[Any] | None = None) -> None:
    """Let others run until ``condition()``; a task that must not end before it is watched too."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            if task is not None and task.done():
                raise AssertionError(f"it ended first: {task.result()!r}")
            ready = asyncio.get_running_loop().create_future()
            handle = asyncio.get_running_loop().call_later(0.01, ready.set_result, None)
            try:
                await ready
            finally:
                handle.cancel()


@contextlib.asynccontextmanager
async def running(settings: Settings):
    """A run in the background, ended at the end."""
    run = Run()
    runner = await run.started(settings)
    task = asyncio.create_task(runner.run())
    run.task = task
    try:
        yield run
    finally:
        runner.stop()
        run.code = await asyncio.wait_for(task, SECONDS)
