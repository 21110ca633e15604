"""One scenario's cluster: everything real but time, sockets and processes.

Store in memory, virtual clock, seeded chance; all rule sets in one loop. Time moves only when nothing else can happen:
:meth:`VirtualCluster.settle` works off what there is to do at this instant, :meth:`VirtualCluster.advance` goes from
one instant at which something happens to the next. Called by the steps, and by tests that want a whole cluster.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from ruleplane.api.call import Call, User
from ruleplane.api.listing import Query
from ruleplane.api.validate import Validator
from ruleplane.clock import SECOND, VirtualClock
from ruleplane.errors import BadRequest, NotFound, RuleplaneError
from ruleplane.lang.load import checked, definitions, documents, libraries
from ruleplane.lang.params import parse_overrides
from ruleplane.lang.source import parse, shape
from ruleplane.model.data import data_dir
from ruleplane.model.ruleset import Library
from ruleplane.model.schema import Schemas
from ruleplane.model.trace import Firing, object_ref
from ruleplane.reconcile.cluster import Cluster
from ruleplane.specs.drive import drive
from ruleplane.specs.faults import CrashError, Faults
from ruleplane.store.memory import MemoryStore
from ruleplane.trace.names import find_kind
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.why import why

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from pathlib import Path

    from ruleplane.lang.library import Functions
    from ruleplane.lang.load import Documents
    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Kind
    from ruleplane.trace.why import Explanation

    Objects: TypeAlias = list[dict[str, Any]]

STEPS = 20_000
"""Steps without a moment of rest before a cluster is said to spin."""

PATIENCE = SECOND // 10
"""How far settling follows what comes next: retries of conflicts come back within milliseconds."""

_USER = User("spec-user", "", ("system:masters",))
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SpinError(RuleplaneError):
    """The rules never come to rest."""


@cache
def rule_documents(paths: tuple[Path, ...]) -> Documents:
    """The rule files below these paths, read once in a process. Raises SourceError."""
    return documents(paths)


@cache
def programs_of(paths: tuple[Path, ...]) -> tuple[Program, ...]:
    """Compiled rule sets of files, once in a process. Raises SourceError."""
    return tuple(checked(rule_documents(paths), kinds=definitions_of(paths)))


@cache
def definitions_of(paths: tuple[Path, ...]) -> tuple[dict[str, Any], ...]:
    """The definitions of kinds in files beside rules, read once in a process. Raises SourceError."""
    return tuple(definitions(path for path in paths if path not in bundled()))


@cache
def functions_of(paths: tuple[Path, ...]) -> Functions:
    """The functions of library files, once in a process. Raises SourceError."""
    return libraries(rule_documents(paths))


@cache
def programs_of_text(text: str, paths: tuple[Path, ...], settings: tuple[str, ...] = ()) -> tuple[Program, ...]:
    """Compiled rule sets of a text, which may use the libraries among ``paths``. ``settings``: as ``set.param=value``.
    Raises SourceError."""
    libraries = [(source, item) for source, item in rule_documents(paths) if isinstance(item, Library)]
    own = [(source, shape(source)) for source in parse(text, "the scenario's rules")]
    return tuple(checked([*libraries, *own], parse_overrides(settings), kinds=definitions_of(paths)))


def bundled() -> tuple[Path, ...]:
    """Where the rules are that ruleplane brings along."""
    return (data_dir("rules"),)


@cache
def _validator() -> Validator:
    return Validator(Schemas.builtin())  # a scenario's own kinds replace those that an earlier one left here


class VirtualCluster:
    """A cluster on virtual time. ``rules``: files and directories of rules (default: the bundled ones)."""

    def __init__(self, rules: Iterable[Path] | None = None, *, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.recorder = Recorder()
        self.faults = Faults(self.clock)
        paths = tuple(rules) if rules is not None else bundled()
        self.cluster = Cluster(
            MemoryStore(),
            self.clock,
            Random(seed),
            self.recorder,
            programs_of(paths),
            validator=_validator(),
            between=self.faults,
            functions=functions_of(paths),
            manifests=definitions_of(paths),
        )
        self.checks: list[Callable[[], None]] = []  # called after every step: what must always hold
        self.machines = 0
        self.noted = 0  # the revision that "since" means
        self.stopped = False  # no controller runs; the API goes on
        self.refusal = ""  # how the last request that was tried was refused
        self._paths = paths or bundled()
        drive(self.cluster.start())

    def load(self, text: str, *settings: str) -> None:
        """Run the rule sets of this text, too, with ``settings`` as ``set.param=value``. Raises SourceError."""
        drive(self.cluster.add_programs(programs_of_text(text, self._paths, settings)))

    def replace(self, text: str) -> None:
        """Run the rule sets of this text instead of those of the same names. Raises SourceError, BadRequest."""
        for program in programs_of_text(text, self._paths):
            drive(self.cluster.replace(program))

    def stop(self) -> None:
        """The controllers are gone until :meth:`restart`; the API goes on."""
        self.cluster.close()
        self.stopped = True

    def restart(self) -> None:
        """The controllers forget everything but the stores."""
        self.stopped = False
        drive(self.cluster.restart())

    def bound(self, ruleset: str) -> Bound:
        """A rule set that is run. Raises BadRequest."""
        found = self.cluster.loop.find(ruleset)
        if found is None:
            raise BadRequest(f"no rule set {ruleset!r} is run")
        return found

    # --- time ---------------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """One thing that happens now; False when nothing does."""
        if self.stopped:
            return False
        try:
            moved = drive(self.cluster.step()) or self.faults.arrive()
        except CrashError:
            self.restart()
            moved = True
        if moved:
            for check in self.checks:
                check()
        return moved

    def rest(self) -> int:
        """Steps until nothing more happens at this instant; how many. Raises SpinError."""
        count = 0
        while self.step():
            count += 1
            if count > STEPS:
                raise SpinError(f"after {STEPS} steps the rules have not come to rest; most often:{self._spinning()}")
        return count

    def next_instant(self) -> int:
        """When something happens next (ns); 0: never."""
        if self.stopped:
            return 0
        instants = (self.cluster.next_instant(), self.faults.next_instant())
        return min((instant for instant in instants if instant), default=0)

    def moments(self, until: int) -> Iterable[int]:
        """Every instant up to ``until`` (ns) at which something happened, each when nothing more happens at it."""
        self.rest()
        yield self.clock.now()
        while True:
            instant = self.next_instant()
            if not instant or instant > until:
                break
            self.clock.advance_to(instant)
            self.rest()
            yield self.clock.now()
        if until > self.clock.now():
            self.clock.advance_to(until)
            yield self.clock.now()

    def settle(self) -> None:
        """Until nothing happens, now or in the next tenth of a second (retries). Raises SpinError."""
        self.rest()
        until = self.clock.now() + PATIENCE
        while 0 < (instant := self.next_instant()) <= until:
            self.clock.advance_to(instant)
            self.rest()

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises SpinError."""
        for _ in self.moments(self.clock.now() + int(seconds * SECOND)):
            pass

    def _spinning(self) -> str:
        newest = [record for record, _ in zip(self.recorder.log.newest(), range(500), strict=False)]
        keys = Counter((r.ruleset, ",".join(r.rules), r.key) for r in newest if isinstance(r, Firing))
        return "".join(
            f"\n  {ruleset} ({rules}) on {key}: {n} times" for (ruleset, rules, key), n in keys.most_common(3)
        )

    # --- requests -----------------------------------------------------------------------------------------------------

    def kind(self, word: str) -> Kind:
        """The kind that people call so: ``pod``, ``Pods``, ``rs``, ``deployments.apps``. Raises BadRequest."""
        try:
            return find_kind(self.cluster.registry, word)
        except BadRequest:
            return find_kind(self.cluster.local_registry, word)

    def _api(self, kind: Kind) -> Any:
        return self.cluster.local if self.cluster.local_registry.get(kind.ref) is kind else self.cluster.api

    def call(self) -> Call:
        """What the scenario's own requests are made as."""
        return Call(actor="kubectl", user=_USER, field_validation="Strict")

    def apply(
        self, manifests: str | dict[str, Any] | list[dict[str, Any]], *, dry_run: bool = False
    ) -> list[dict[str, Any]]:
        """Create the objects, or bring them to the manifest, as ``kubectl apply --server-side`` does. ApiError."""
        return [drive(request).value for request in self.applying(manifests, dry_run=dry_run)]

    def applying(
        self, manifests: str | dict[str, Any] | list[dict[str, Any]], *, dry_run: bool = False
    ) -> Iterator[Coroutine[Any, Any, Any]]:
        """The requests that :meth:`apply` makes, not begun yet. Raises BadRequest for a kind that is not served."""
        if isinstance(manifests, str):
            manifests = [document for document in yaml.load_all(manifests, _Loader) if document]
        elif isinstance(manifests, dict):
            manifests = [manifests]
        call = replace(self.call(), dry_run=dry_run)
        for manifest in manifests:
            kind = self.cluster.registry.of(manifest.get("apiVersion", ""), manifest.get("kind", ""))
            if kind is None:
                raise BadRequest(
                    f'no matches for kind "{manifest.get("kind")}" in version "{manifest.get("apiVersion")}"'
                )
            metadata = manifest.get("metadata") or {}
            namespace = metadata.get("namespace", "default") if kind.namespaced else ""
            yield self.cluster.api.patch(kind, namespace, metadata.get("name", ""), manifest, "apply", call, force=True)

    def get(self, word: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """One object. Raises NotFound."""
        kind = self.kind(word)
        value: dict[str, Any] = drive(self._api(kind).get(kind, namespace if kind.namespaced else "", name)).value
        return value

    def find(self, word: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
        """One object, None where there is none."""
        try:
            return self.get(word, name, namespace)
        except NotFound:
            return None

    def list(self, word: str, namespace: str = "") -> list[dict[str, Any]]:
        """All objects of a kind (of one namespace), in the order of their keys."""
        kind = self.kind(word)
        page = drive(self._api(kind).list(kind, namespace if kind.namespaced else "", Query()))
        return [entry.value for entry in page.entries]

    def patch(self, word: str, name: str, body: Any, namespace: str = "default", subresource: str = "") -> None:
        """A merge patch. ApiError."""
        kind = self.kind(word)
        namespace = namespace if kind.namespaced else ""
        drive(self._api(kind).patch(kind, namespace, name, body, "merge", self.call(), subresource))

    def delete(self, word: str, name: str, namespace: str = "default", **options: Any) -> None:
        """A deletion; ``options``: of ``DeleteOptions``. ApiError."""
        kind = self.kind(word)
        drive(self._api(kind).delete(kind, namespace if kind.namespaced else "", name, options or None, self.call()))

    def patch_object(self, obj: dict[str, Any], body: Any, subresource: str = "") -> None:
        """A merge patch of an object at hand. ApiError."""
        metadata = obj["metadata"]
        self.patch(_word(obj), metadata["name"], body, metadata.get("namespace", ""), subresource)

    def delete_object(self, obj: dict[str, Any], **options: Any) -> None:
        """A deletion of an object at hand. ApiError."""
        self.delete(_word(obj), obj["metadata"]["name"], obj["metadata"].get("namespace", ""), **options)

    def add_machine(self, name: str = "", **spec: Any) -> str:
        """One more simulated machine, whose kubelet registers a node; its name (default: ``node-N``)."""
        self.machines += 1
        name = name or f"node-{self.machines}"
        drive(self.cluster.add_machine(name, f"10.0.{self.machines // 250}.{self.machines % 250 + 1}", spec))
        return name

    # --- looking back -------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """The store's revision."""
        return self.cluster.store.revision

    @property
    def errors(self) -> dict[str, str]:
        """Rule sets that failed, and their last error."""
        return self.cluster.loop.errors

    def written_since(self) -> Objects:
        """The objects written since :attr:`noted`, as they are now."""
        entries = drive(self.cluster.store.list("")).entries
        return [entry.value for entry in entries if entry.revision > self.noted]

    def ref(self, obj: dict[str, Any]) -> str:
        """The reference of an object in traces."""
        metadata = obj["metadata"]
        return object_ref(f"{obj['apiVersion']}/{obj['kind']}", metadata.get("namespace", ""), metadata["name"])

    def firings(self, rule: str = "", ref: str = "") -> Sequence[Firing]:
        """Firings in which a rule (``name`` or ``set/name``) held, on an object, oldest first."""
        ruleset, _, name = rule.rpartition("/")
        found = [
            record
            for record in self.recorder.log.newest(ref=ref, rule=name, ruleset=ruleset)
            if isinstance(record, Firing)
        ]
        found.reverse()
        return found

    def why(self, obj: dict[str, Any], field: str = "") -> Explanation:
        """The chain of causes of an object or field."""
        return why(self.recorder.log, self.ref(obj), field)

    def close(self) -> None:
        """Give back what is held."""
        self.cluster.close()


def _word(obj: dict[str, Any]) -> str:
    """What :meth:`VirtualCluster.kind` knows the object's kind by."""
    group, slash, _ = obj["apiVersion"].partition("/")
    return f"{obj['kind']}.{group}" if slash else str(obj["kind"])
