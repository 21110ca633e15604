"""Keeps what runs equal to what is installed: RuleSet and Library objects come, change and go while the loop turns.

    an object changes -> its name is dirty -> step(): compile, retract the old text, note the new one, bind it

Level-triggered: a step reads the catalog, never the event. The text in force is noted in the status before it is bound
and until it is retracted, so that a crash at any point leaves either nothing to undo, or the text to undo it by.
One rule set's mistakes and faults stay its own: what cannot be loaded is told in its status, and the others run.
The shell calls :meth:`Installer.step` beside the loop's.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ruleplane.api.call import Call, User
from ruleplane.clock import SECOND
from ruleplane.errors import ApiError, Conflict, NotFound, SourceError
from ruleplane.reconcile.catalog import LIBRARY, RULE_SET
from ruleplane.reconcile.effect import Notice
from ruleplane.reconcile.gate import FINALIZER, IN_USE
from ruleplane.reconcile.installed import Item, Outcome, identity_of, same
from ruleplane.reconcile.kinds import check_places, missing
from ruleplane.reconcile.report import Tally, patch
from ruleplane.reconcile.retract import alike, finds_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Kind
    from ruleplane.model.trace import Firing
    from ruleplane.reconcile.catalog import Catalog
    from ruleplane.reconcile.loop import Loop

    Json = dict[str, Any]
    Prepare = Callable[[Program], Awaitable[None]]

CALL = Call(actor="ruleplane", user=User("system:apiserver", "", ("system:masters",)))
PACE = 10 * SECOND  # between two writes of a status of which only counts change
RETRY, SOON = SECOND, SECOND // 200

WAITING, STUCK = ("KindMissing",), ("CannotRetract",)

_LOG = logging.getLogger("ruleplane.install")


class Verbs(Protocol):
    """What the installer asks of the API."""

    async def patch(self, kind: Kind, namespace: str, name: str, body: Any, patch_type: str, call: Call,
                    subresource: str = ...) -> Any:  # fmt: skip
        """Change a part of an object."""


class Installer:
    """``prepare``: what must be done before a program is bound."""

    def __init__(self, catalog: Catalog, loop: Loop, verbs: Verbs, prepare: Prepare) -> None:
        self.catalog, self._loop, self._verbs, self._prepare = catalog, loop, verbs, prepare
        self.items: dict[str, Item] = {}
        self._by_bound: dict[Bound, Item] = {}
        self._dirty: dict[str, None] = {}
        self._due: dict[str, int] = {}  # name -> when its status is to be written, or it is to be tried again
        self._generation = loop.registry.generation
        self._libraries: dict[str, str] = {}  # library -> what was told of it last
        loop.isolate = self.isolate
        loop.observers.append(self.observe)
        loop.queue.recovered = self._recovered

    # --- what happens -------------------------------------------------------------------------------------------------

    def feed(self, kind: Kind, key: str, obj: Json | None, _revision: int = 0, _event: str = "") -> None:
        """A watch event of a rule set or library."""
        name = key.partition("/")[2]
        before = self.catalog.rulesets.get(name)
        self.catalog.put(kind.ref, name, obj)
        if kind.ref == LIBRARY:
            self._dirty.update(dict.fromkeys(sorted(self.catalog.rulesets)))
            self._dirty[f"{LIBRARY}/{name}"] = None
        elif before is None or obj is None or not same(before, obj):
            self._dirty[name] = None
        going = (one for one, it in self.catalog.libraries.items() if "deletionTimestamp" in it["metadata"])
        self._dirty.update((f"{LIBRARY}/{one}", None) for one in sorted(going))
        self._awaken()

    def observe(self, bound: Bound, fired: Firing, errors: list[tuple[str, str]]) -> None:
        """A rule set has fired; if it is an installed one, that is counted."""
        item = self._by_bound.get(bound)
        if item is not None:
            failed = item.tally.errors
            item.tally.count(fired, errors)
            first = item.tally.errors != failed and item.name not in self._due
            self._tell_later(item, SECOND if first and self._is_healthy(item) else PACE)

    def isolate(self, bound: Bound, error: Exception) -> bool:
        """A fault of the engine on a key of this program: True if it is an installed one, whose status then says so."""
        item = self._by_bound.get(bound)
        if item is None:
            return False
        _LOG.error("the rule set %s met a fault of the engine", item.name, exc_info=error)
        item.tally.fault = f"{type(error).__name__}: {error}"
        self._tell_later(item, SECOND)
        return True

    def _recovered(self, bound: Bound) -> None:
        item = self._by_bound.get(bound)
        if item is not None and not self._loop.queue.failing(bound):
            item.tally.fault = ""
            self._tell_later(item, PACE)

    def _tell_later(self, item: Item, delay: int) -> None:
        at = max(self._loop.clock.now(), item.written) + delay
        self._due[item.name] = min(self._due.get(item.name, at), at)

    def _awaken(self) -> None:
        if self._loop.intake.awaken is not None:
            self._loop.intake.awaken()

    # --- work ---------------------------------------------------------------------------------------------------------

    def next_instant(self) -> int:
        """When there is something to do next (ns); 0: never."""
        if self._dirty or self._undone() or self._loop.registry.generation != self._generation:
            return self._loop.clock.now()
        return min(self._due.values(), default=0)

    @property
    def idle(self) -> bool:
        """Nothing is installed that a step could find something to do for: asked before every step of the loop."""
        return not (self._dirty or self._due or self._by_bound) and self._loop.registry.generation == self._generation

    async def step(self) -> bool:
        """One rule set or library that is to be looked at; False when there is none now."""
        if self._loop.registry.generation != self._generation:  # kinds have come or gone
            self._generation = self._loop.registry.generation
            self._dirty.update(dict.fromkeys(sorted(self.catalog.rulesets)))
        self._dirty.update((item.name, None) for item in self._undone())
        if not self._dirty:
            now = self._loop.clock.now()
            due = [name for name, at in self._due.items() if at <= now]
            if not due:
                return False
            self._dirty.update(dict.fromkeys(sorted(due)))
        name = next(iter(self._dirty))
        del self._dirty[name]
        self._due.pop(name, None)
        try:
            await (self._library(name.rpartition("/")[2]) if "/" in name else self._settle(name))
        except (Conflict, NotFound):
            self._due[name] = self._loop.clock.now() + SOON  # it has changed meanwhile: look again
        except ApiError as error:
            _LOG.warning("installing %s: %s", name, error)
            self._due[name] = self._loop.clock.now() + RETRY
        except Exception as error:
            item = self.items.get(name)
            if item is None or item.broken is not None:
                raise
            _LOG.exception("installing %s", name)
            item.broken = (self.catalog.rulesets[name]["spec"], f"{type(error).__name__}: {error}")
            self._dirty[name] = None
        return True

    async def start(self) -> None:
        """Everything that is installed, before the loop begins."""
        while self._dirty:
            await self.step()

    async def _settle(self, name: str) -> None:
        """Bring what runs one step nearer to what the object says."""
        obj, item = self.catalog.rulesets.get(name), self.items.get(name)
        if item is not None and (obj is None or obj["metadata"]["uid"] != item.uid):
            self._stop(item)  # gone without its finalizer: nothing is undone
            del self.items[name]
            item = None
        if obj is None:
            return
        if item is None:
            status = obj.get("status") or {}
            item = self.items[name] = Item(name, obj["metadata"]["uid"], Tally(status), force=status.get("inForce"))
        if item.bound is not None and item.bound.ending and self._loop.retracted(item.bound):
            self._stop(item)
            item.force = None
        if "deletionTimestamp" in obj["metadata"]:
            await self._retire(item, obj)
            return
        program, item.outcome = self._loadable(item)
        item.observed = obj["metadata"].get("generation", 0)
        identity = identity_of(program) if program is not None else ""
        if item.bound is not None and identity in (item.identity, "") and not item.bound.ending:
            if item.outcome.reason in WAITING:  # its kind has gone, and what it made of that with it
                self._stop(item)
            await self._tell(item, obj)  # of a text that no longer loads, the last good one stays in force
            return
        noted = (item.force or {}).get("hash") == identity
        if program is None or (noted and not item.outcome.holds):
            await self._tell(item, obj)
            return
        if (item.bound is not None or not noted) and not await self._undo(item, program):
            if item.outcome.reason not in STUCK:
                item.outcome = Outcome(False, "Retracting", "what the text before has made is undone first")
            await self._tell(item, obj)
            return
        if item.outcome.holds:
            await self._run(item, obj, program, identity)
            return
        self._stop(item)
        item.force = None
        await self._tell(item, obj)

    async def _run(self, item: Item, obj: Json, program: Program, identity: str) -> None:
        """Note the text, and only then let it act."""
        noted, item.force = item.force, {"generation": item.observed, "hash": identity}
        if program.undoes:
            text = {"spec": obj["spec"], "functions": dict(program.calls)}
            item.force["text"] = orjson.dumps(text, option=orjson.OPT_SORT_KEYS).decode()
        item.tally.fault = ""
        await self._tell(item, obj)
        if item.bound is not None and not item.bound.ending and alike(item.bound.program, program):
            await self._prepare(program)
            self._loop.replace(item.bound, program)
        else:
            self._stop(item)
            await self._bind(item, program)
        item.identity = identity
        if item.force != noted:
            message = f"generation {item.observed} is in force; objects it is for: {item.size}"
            await self._event(obj, "Normal", "Loaded", message)
        self._tell_later(item, SECOND)  # how many primaries it has

    async def _bind(self, item: Item, program: Program) -> Bound:
        await self._prepare(program)
        (item.bound,) = self._loop.add([program])
        self._by_bound[item.bound] = item
        return item.bound

    async def _retire(self, item: Item, obj: Json) -> None:
        """It is being deleted: undo, then let it go."""
        if FINALIZER not in obj["metadata"].get("finalizers", ()):
            self._stop(item)
            return
        item.outcome = Outcome(False, "Retracting", "what it has made is undone before it goes")
        if not await self._undo(item, None):
            await self._tell(item, obj)
            return
        self._stop(item)
        await self._let_go(RULE_SET, obj, FINALIZER)

    async def _let_go(self, ref: str, obj: Json, finalizer: str) -> None:
        left = [name for name in obj["metadata"]["finalizers"] if name != finalizer]
        body = {"metadata": {"finalizers": left, "resourceVersion": obj["metadata"]["resourceVersion"]}}
        await self._verbs.patch(self._kind(ref), "", obj["metadata"]["name"], body, "merge", CALL)

    # --- undoing ------------------------------------------------------------------------------------------------------

    async def _undo(self, item: Item, new: Program | None) -> bool:
        """Whether nothing is left of the text in force that the new one would not find, and undo, itself. What is left
        is undone under the old text: the one that runs, or, after a crash, the one that was noted."""
        if item.bound is None:
            old = self._noted(item)
            if old is None:
                return item.outcome is None or item.outcome.reason not in STUCK
            if new is not None and alike(old, new) and finds_all(new, old):
                return True
            await self._bind(item, old)
        bound = item.bound
        assert bound is not None, item.name
        if not bound.ending:
            if not bound.program.undoes:
                return True
            if new is not None and alike(bound.program, new) and finds_all(new, bound.program):
                return True
            item.identity = ""
            self._loop.retract(bound)
        return self._loop.retracted(bound)

    def _noted(self, item: Item) -> Program | None:
        """The program of the noted text, None where it leaves nothing, or nothing of it can be there any more."""
        if item.force is None or "text" not in item.force:
            return None
        try:
            old = self.catalog.in_force(item.name, item.force["text"])
        except SourceError as error:  # of an older version: what it made must not be forgotten silently
            item.outcome = Outcome(
                False, "CannotRetract", f"the text that was in force can no longer be loaded: {error}"
            )
            return None
        return None if missing(old, self._loop.registry) else old

    def _undone(self) -> list[Item]:
        """The rule sets of which nothing is left to undo."""
        return [item for bound, item in self._by_bound.items() if bound.ending and self._loop.retracted(bound)]

    def _stop(self, item: Item) -> None:
        if item.bound is not None:
            self._by_bound.pop(item.bound, None)
            self._loop.remove(item.bound)
        item.bound, item.identity = None, ""

    # --- texts --------------------------------------------------------------------------------------------------------

    def _loadable(self, item: Item) -> tuple[Program | None, Outcome]:
        """The program, and whether it can run now."""
        catalog, name = self.catalog, item.name
        if name in catalog.taken:
            return None, Outcome(False, "NameTaken", f"a rule set of that name is loaded from {catalog.taken[name]}")
        if item.broken is not None and item.broken[0] == catalog.rulesets[name]["spec"]:
            return None, Outcome(False, "EngineFault", item.broken[1])
        item.broken = None
        try:
            program = catalog.program(name)
            check_places(program, self._loop.registry)
        except SourceError as error:
            return None, Outcome(False, "Invalid", str(error))
        absent = sorted(set(missing(program, self._loop.registry).values()))
        if absent:
            return program, Outcome(False, "KindMissing", f"waits until there is {', '.join(absent)}")
        return program, Outcome(True, "Loaded", "it is in force")

    # --- telling ------------------------------------------------------------------------------------------------------

    def _is_healthy(self, item: Item) -> bool:
        status = (self.catalog.rulesets.get(item.name) or {}).get("status") or {}
        return all(one["status"] == "True" for one in status.get("conditions", ()) if one["type"] == "Healthy")

    async def _tell(self, item: Item, obj: Json) -> None:
        """Write the status, if it is another one."""
        now, before, outcome = self._loop.clock.now(), obj.get("status") or {}, item.outcome
        assert outcome is not None, item.name
        failing = self._loop.queue.failing(item.bound) if item.bound is not None else 0
        status = item.status(before, outcome, failing, now)
        changed = patch(before, status)
        if changed is None:
            return
        item.written = now
        body = {"metadata": {"uid": item.uid}, "status": changed}
        await self._verbs.patch(self._kind(RULE_SET), "", item.name, body, "merge", CALL, "status")
        was: Json = next((one for one in before.get("conditions", ()) if one["type"] == "Loaded"), {})
        if not outcome.holds and (was.get("reason"), was.get("message")) != (outcome.reason, outcome.message):
            await self._event(obj, "Warning", outcome.reason, outcome.message)

    async def _library(self, name: str) -> None:
        """Let a library go that nothing calls; tell of one that cannot be loaded (after an upgrade: admission refuses
        such ones), or is to go and is in use."""
        obj = self.catalog.libraries.get(name)
        if obj is None:
            self._libraries.pop(name, None)
            return
        if "deletionTimestamp" in obj["metadata"] and IN_USE in obj["metadata"].get("finalizers", ()):
            users = self.catalog.in_use(name)
            if not users:
                await self._let_go(LIBRARY, obj, IN_USE)
            elif users != self._libraries.get(name, ""):
                await self._event(obj, "Normal", "InUse", f"it is called by {users}, and goes when nothing calls it")
                self._libraries[name] = users
            return
        assert self.catalog.functions is not None
        error = str(self.catalog.bad[name]) if name in self.catalog.bad else ""
        if error != self._libraries.get(name, ""):
            told = ("Warning", "Invalid", error) if error else ("Normal", "Loaded", "its functions can be called")
            await self._event(obj, *told)
        self._libraries[name] = error

    async def _event(self, about: Json, type_: str, reason: str, message: str) -> None:
        notice = Notice("", reason, message[:1024], type_, about)
        await self._loop.teller.tell([notice], "ruleplane", CALL, self._loop.clock.now())

    def _kind(self, ref: str) -> Kind:
        kind = self._loop.registry.get(ref)
        assert kind is not None, ref  # served by every control plane
        return kind
