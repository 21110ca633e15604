"""A cluster without sockets: store, verbs, node-local store, rules and loop, wired together. The control plane puts
it behind
HTTPS and on the real clock; specs run it on virtual time.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from ruleplane.api.admission import AdmissionChain
from ruleplane.api.call import Call, User
from ruleplane.api.conversion import seen_as
from ruleplane.api.defaults import Defaults
from ruleplane.api.schema_defaults import SchemaDefaults
from ruleplane.api.validate import Validator
from ruleplane.api.verbs import Api
from ruleplane.errors import AlreadyExists
from ruleplane.lang.library import Functions
from ruleplane.matcher.cache import EVERY
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import DEFINITION, serve
from ruleplane.model.data import data_dir
from ruleplane.model.kind import Registry
from ruleplane.model.schema import Schemas
from ruleplane.model.structural import spec_schema
from ruleplane.reconcile.admission import AdmissionRules
from ruleplane.reconcile.catalog import GROUP, Catalog
from ruleplane.reconcile.confirm import Confirmation
from ruleplane.reconcile.definitions import Definitions
from ruleplane.reconcile.gate import Gate
from ruleplane.reconcile.informer import Informer
from ruleplane.reconcile.install import Installer
from ruleplane.reconcile.loop import Loop
from ruleplane.reconcile.neighbours import Neighbours
from ruleplane.reconcile.powers import Powers
from ruleplane.store.memory import MemoryStore
from ruleplane.trace.requests import RequestListener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ruleplane.clock import Clock
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Store
    from ruleplane.trace.recorder import Recorder

BOOTSTRAP = Call(actor="ruleplane", user=User("system:apiserver", "", ("system:masters",)))
NODE_GROUP = "node.ruleplane.dev"


class Between(Protocol):
    """Stands between the loop and the API, both ways: specs inject faults here."""

    def verbs(self, api: Api) -> Any:
        """What the loop writes through, instead of ``api``."""

    def feed(self, feed: Callable[..., None]) -> Callable[..., None]:
        """What informers feed, instead of the loop."""

    def behind(self) -> bool:
        """Whether what was fed may be older than what the API has."""


class Cluster:
    """Everything that decides and remembers. ``validator``: one to share, with its schemas, between clusters.
    ``functions``: those of library files, which installed rule sets may call. ``manifests``: objects (definitions of
    kinds) that are there before these programs run."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        recorder: Recorder,
        programs: Iterable[Program],
        *,
        engine: str = "auto",
        validator: Validator | None = None,
        between: Between | None = None,
        functions: Functions | None = None,
        manifests: Iterable[dict[str, Any]] = (),
    ) -> None:
        self.store, self.clock, self.random, self.recorder = store, clock, random, recorder
        self.registry = builtin_registry()
        validator = validator if validator is not None else Validator(Schemas.builtin())
        self.schemas = validator.schemas
        serve(_rule_kinds(), self.registry, self.schemas)
        self._programs, self.manifests = list(programs), list(manifests)
        taken = {program.name: program.source.file for program in self._programs}
        self.catalog = Catalog(functions if functions is not None else Functions(), taken)
        self.local_registry = Registry()
        serve(_documents("node-kinds.yaml"), self.local_registry, self.schemas)
        self._every = Registry([*self.registry, *self.local_registry])
        self.powers = Powers(self.catalog, self._every)
        neighbours = Neighbours(self.catalog, self._every, lambda: self._programs)
        gate = Gate(self.catalog, self._every, self.schemas, neighbours)
        admission = AdmissionChain((Defaults.builtin(), SchemaDefaults(self.schemas), gate))
        self.api = Api(store, self.registry, self.schemas, clock, random, admission, validator)
        self.api.observers.append(RequestListener(recorder, self.schemas, clock))
        self._validator = validator
        self.registry.listeners.append(self._kind_changed)
        self._definitions = Definitions(self.registry, self.schemas)
        self.local_store = MemoryStore()
        self.local = Api(self.local_store, self.local_registry, self.schemas, clock, random, tracked=False)
        self.local.observers.append(RequestListener(recorder, self.schemas, clock))
        self._engine, self._between = engine, between
        self._verbs: Any = between.verbs(self.api) if between is not None else self.api
        self.informers: list[Informer] = []
        self._filled = False  # whether the cache has been filled from the stores
        self.loop = self._new_loop()
        self.installer = self._new_installer()

    def _new_installer(self) -> Installer:
        self.catalog.clear()
        return Installer(self.catalog, self.loop, self._verbs, self._prepare)

    def _kind_changed(self, kind: Kind, served: bool) -> None:
        """A kind comes, is another now, or goes: nobody goes on with what they know of it."""
        if served:
            self._every.add(kind)
        else:
            self._every.remove(kind)
        self._validator.forget(kind)
        self.api.forget(kind)
        for informer in self.informers:
            informer.forget_kinds()
        cached = self.loop.cache.kinds.get(kind.ref)
        if cached is not None:
            cached.namespaced = kind.namespaced

    def _new_loop(self) -> Loop:
        loop = Loop(self._every, self.schemas, self._route, self.clock, self.random, self.recorder, engine=self._engine)
        loop.admission = AdmissionRules(loop, self.api)
        if self._between is not None:
            every = lambda: (kind for kind in self._every if not kind.stored)  # noqa: E731
            loop.confirmation = Confirmation(loop.intake, self._every, self._route, every, self._between.behind)
        self.api.review_with(loop.admission)
        return loop

    def _route(self, kind: Kind) -> Any:
        return self.local if kind.group == NODE_GROUP else self._verbs

    async def restart(self) -> None:
        """Forget everything but the stores, as a process does that dies and is started again."""
        self.close()
        self.loop = self._new_loop()
        self.installer = self._new_installer()
        await self.start()

    async def start(self) -> None:
        """Create what every cluster has, fill the cache, and queue everything once."""
        for manifest in _documents("bootstrap.yaml"):
            await self.ensure(manifest)
        feed = self.loop.feed if self._between is None else self._between.feed(self.loop.feed)
        self.informers = [
            Informer(self.store, self.registry, feed),
            Informer(self.local_store, self.local_registry, self.loop.feed),
        ]
        rules = Informer(self.store, self.registry, self.installer.feed, f"{GROUP}/")
        kind = self.registry.get(DEFINITION)
        assert kind is not None, DEFINITION
        kinds = Informer(self.store, self.registry, self._definitions.feed, kind.prefix())
        await kinds.load()
        for manifest in self.manifests:
            await self.ensure(manifest)
        self.loop.add(self._programs)
        for informer in self.informers:
            await informer.load()
        self._filled = True
        await rules.load()
        await self.installer.start()  # what is to be undone is found in the cache
        self.informers += [rules, kinds]

    async def step(self) -> bool:
        """One thing that is to be done now; False when there is nothing."""
        if not self.installer.idle and await self.installer.step():
            return True
        return await self.loop.step()

    def next_instant(self) -> int:
        """When there is something to do next (ns): now if keys wait, else the earliest timer; 0: never."""
        instants = (self.loop.next_instant(), self.installer.next_instant())
        return min((instant for instant in instants if instant), default=0)

    async def add_programs(self, programs: Iterable[Program]) -> None:
        """Run these rule sets too, over what is there already."""
        more = list(programs)
        self._programs += more
        self.catalog.taken.update((program.name, program.source.file) for program in more)
        for program in more:
            await self._prepare(program)
        self.loop.add(more)

    async def _prepare(self, program: Program) -> None:
        """Put the objects of kinds that nobody has looked at so far into the cache, before this program is bound."""
        for ref in sorted(program.kinds() - self.loop.cache.kinds.keys()) if self._filled else ():
            self.loop.fill(ref, *await self._objects(ref))

    async def _objects(self, ref: str) -> tuple[dict[str, dict[str, Any]], int]:
        """The objects of a kind by the cache's keys, and the revision of their store at which they are so."""
        found, revision = {}, 0
        named = self._every.get(ref)
        every = (kind for kind in self._every if not kind.stored)  # each object once
        for kind in every if ref == EVERY else [named] if named is not None else []:
            store = self.local_store if kind.group == NODE_GROUP else self.store
            listing = await store.list(kind.prefix())
            revision = listing.revision
            mark = f"{kind.ref}|" if ref == EVERY else ""
            found.update({mark + one.key.split("/", 2)[2]: seen_as(kind, one).value for one in listing.entries})
        return found, revision

    async def replace(self, program: Program) -> None:
        """Run this text of a rule set instead of the one of its name: at once, or when what only the older text can
        undo is undone."""
        self._programs = [one for one in self._programs if one.name != program.name] + [program]
        for ref in program.kinds():
            self.loop.cache.kind(ref)  # filled below, for a text that is to run later too
        bound = self.loop.find(program.name)
        if bound is None:
            self.loop.add([program])
        else:
            self.loop.replace(bound, program)
        for informer in self.informers:
            await informer.load()

    async def ensure(self, manifest: dict[str, Any], call: Call = BOOTSTRAP) -> Entry | None:
        """Create an object unless there is one of that name; the new entry, or None."""
        kind = self.registry.of(manifest["apiVersion"], manifest["kind"]) or self.local_registry.of(
            manifest["apiVersion"], manifest["kind"]
        )
        assert kind is not None, manifest  # our own files
        try:
            api = self.local if kind.group == NODE_GROUP else self.api
            return await api.create(kind, manifest["metadata"].get("namespace", ""), manifest, call)
        except AlreadyExists:
            return None

    async def add_machine(self, name: str, address: str, spec: dict[str, Any] | None = None) -> None:
        """One more simulated machine: its kubelet registers the node. ``spec``: what differs from the usual one."""
        machine = dict(_documents("simulated-machine.yaml")[0])
        machine["metadata"] = {**machine["metadata"], "name": name}
        machine["spec"] = {**machine["spec"], "address": address, **(spec or {})}
        await self.ensure(machine)

    def close(self) -> None:
        """Let go of watches and of what the matcher holds."""
        self._filled = False
        for informer in self.informers:
            informer.close()
        self.loop.close()


@cache
def _rule_kinds() -> list[dict[str, Any]]:
    """The kinds of rules, with the schema of their ``spec``."""
    crds = [deepcopy(crd) for crd in _documents("rule-kinds.yaml")]
    for crd in crds:
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schema["properties"] = {**schema.get("properties", {}), "spec": spec_schema(crd["spec"]["names"]["kind"])}
    return crds


@cache  # never changed: what is stored is a copy
def _documents(name: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [doc for doc in yaml.load_all((data_dir("schemas") / name).read_text(encoding="utf-8"), loader) if doc]
