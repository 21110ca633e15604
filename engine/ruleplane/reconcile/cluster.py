"""A cluster without sockets: store, verbs, node-local store, rules and loop, wired together. The control plane puts
it behind
HTTPS and on the real clock; specs run it on virtual time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.api.call import Call, User
from ruleplane.api.defaults import Defaults
from ruleplane.api.validate import Validator
from ruleplane.api.verbs import Api
from ruleplane.errors import AlreadyExists
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.data import data_dir
from ruleplane.model.kind import Registry
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.informer import Informer
from ruleplane.reconcile.loop import Loop
from ruleplane.store.memory import MemoryStore
from ruleplane.trace.requests import RequestListener

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from ruleplane.clock import Clock
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Store
    from ruleplane.trace.recorder import Recorder

BOOTSTRAP = Call(actor="ruleplane", user=User("system:apiserver", "", ("system:masters",)))
NODE_GROUP = "node.ruleplane.dev"


class Cluster:
    """Everything that decides and remembers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        recorder: Recorder,
        programs: Iterable[Program],
        *,
        engine: str = "auto",
    ) -> None:
        self.store, self.clock, self.random, self.recorder = store, clock, random, recorder
        self.registry = builtin_registry()
        self.schemas = Schemas.builtin()
        self.api = Api(store, self.registry, self.schemas, clock, random, Defaults.builtin(), Validator(self.schemas))
        self.api.observers.append(RequestListener(recorder, self.schemas, clock))
        self.local_registry = Registry()
        serve(_documents("node-kinds.yaml"), self.local_registry, self.schemas)
        self.local_store = MemoryStore()
        self.local = Api(self.local_store, self.local_registry, self.schemas, clock, random)
        every = Registry([*self.registry, *self.local_registry])
        self.loop = Loop(every, self.schemas, self._route, clock, random, recorder, engine=engine)
        self._programs = list(programs)
        self.informers: list[Informer] = []

    def _route(self, kind: Kind) -> Any:
        return self.local if kind.group == NODE_GROUP else self.api

    async def start(self) -> None:
        """Create what every cluster has, fill the cache, and queue everything once."""
        for manifest in _documents("bootstrap.yaml"):
            await self.ensure(manifest)
        self.informers = [
            Informer(self.store, self.registry, self.loop),
            Informer(self.local_store, self.local_registry, self.loop),
        ]
        self.loop.add(self._programs)
        for informer in self.informers:
            await informer.load()

    async def ensure(self, manifest: dict[str, Any], call: Call = BOOTSTRAP) -> Entry | None:
        """Create an object unless there is one of that name; the new entry, or None."""
        kind = self.registry.of(manifest["apiVersion"], manifest["kind"]) or self.local_registry.of(
            manifest["apiVersion"], manifest["kind"]
        )
        assert kind is not None, manifest  # our own files
        try:
            return await self._route(kind).create(kind, manifest["metadata"].get("namespace", ""), manifest, call)  # type: ignore[no-any-return]
        except AlreadyExists:
            return None

    async def add_machine(self, name: str, address: str) -> None:
        """One more simulated machine: its kubelet registers the node."""
        machine = dict(_documents("simulated-machine.yaml")[0])
        machine["metadata"] = {**machine["metadata"], "name": name}
        machine["spec"] = {**machine["spec"], "address": address}
        await self.ensure(machine)

    def close(self) -> None:
        """Let go of watches and of what the matcher holds."""
        for informer in self.informers:
            informer.close()
        self.loop.close()


def _documents(name: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [doc for doc in yaml.load_all((data_dir("schemas") / name).read_text(encoding="utf-8"), loader) if doc]
