"""READ FIRST: the whole engine turns here.

    watch event -> cache -> keys woken -> workqueue          feed()
    a key -> all its rules on one snapshot -> effects        step(): decide
    effects -> API requests -> store -> watch events         step(): send
    what was wanted, and what came of it -> trace            step(): record

The loop is synchronous in all but the waiting for a store: no clock is read, nothing sleeps, and one key is worked on
at a time.
The shell calls :meth:`Loop.step` while there is work, and comes back at :meth:`Loop.next_instant`.

Guarantees: a key is decided only when the cache shows every write of its previous firing (else it waits: read your
writes). What a write was answered with shows at once (take). A write without an answer is settled by a read before the
next decision. An error on one key delays that key alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import rfc3339
from ruleplane.errors import ApiError, NotFound
from ruleplane.model.trace import Cause, Firing
from ruleplane.reconcile.choose import Memos
from ruleplane.reconcile.decide import Pass
from ruleplane.reconcile.firing import firing_of, ref_of
from ruleplane.reconcile.intake import Intake
from ruleplane.reconcile.kinds import check
from ruleplane.reconcile.queue import WorkQueue
from ruleplane.reconcile.retract import alike, finds_all, stage_of
from ruleplane.reconcile.rivals import Rivals
from ruleplane.reconcile.send import Sender, Sent
from ruleplane.reconcile.tell import Teller
from ruleplane.reconcile.vain import Vain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ruleplane.clock import Clock
    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.reconcile.admission import AdmissionRules
    from ruleplane.reconcile.confirm import Confirmation, Look
    from ruleplane.reconcile.effect import Decision
    from ruleplane.reconcile.history import Past
    from ruleplane.reconcile.queue import Key
    from ruleplane.reconcile.send import Pace, Verbs
    from ruleplane.trace.recorder import Recorder

    Observer = Callable[[Bound, Firing, list[tuple[str, str]]], None]


class Loop:
    """Reconciles every primary of every program against one cluster."""

    def __init__(
        self,
        registry: Registry,
        schemas: Schemas,
        route: Callable[[Kind], Verbs],
        clock: Clock,
        random: Random,
        recorder: Recorder,
        *,
        engine: str = "auto",
    ) -> None:
        self.registry, self.schemas, self.route, self.clock, self.recorder = registry, schemas, route, clock, recorder
        self.queue = WorkQueue(random, lambda key: key[0].rank(key[1]))
        self.intake = Intake(registry, route, clock, self.queue, engine)
        self.cache, self.barrier = self.intake.cache, self.intake.barrier
        self.feed, self.reached, self.fill, self.take = (  # how a shell tells what happens; see Intake
            self.intake.feed,
            self.intake.reached,
            self.intake.fill,
            self.intake.take,
        )
        self.memos = Memos(random.getrandbits(32))
        self.teller = Teller(route, registry)
        self.rivals = Rivals(schemas)
        self.vain = Vain()
        self.admission: AdmissionRules | None = None  # given where requests are admitted: beside a store
        self.confirmation: Confirmation | None = None  # given where the cache may be behind the API
        self.pace: Pace | None = None  # given by a shell that has others to serve
        self.isolate: Callable[[Bound, Exception], bool] | None = None  # a fault of ours on a key: is it dealt with?
        self.observers: list[Observer] = []  # told of every firing, after it; must not raise
        self.passes = 0  # decisions made
        self.errors: dict[str, str] = {}  # rule set -> its last error
        self.successors: dict[Bound, Program] = {}  # what is run once the old text of the same name is undone
        self.refused: dict[Key, list[dict[str, Any]]] = {}
        self._salts: dict[Key, int] = {}
        self._past: dict[Key, Past] = {}

    # --- what there is ------------------------------------------------------------------------------------------------

    def add(self, programs: Iterable[Program]) -> list[Bound]:
        """Run these programs too; everything that they are for is reconciled once. Those with an order are asked about
        requests instead."""
        programs = list(programs)
        for program in programs:
            self._check(program)
        return self._bind(programs)

    def _bind(self, programs: Iterable[Program]) -> list[Bound]:
        bounds = [(self._admission(p).add if p.admission is not None else self.cache.bind)(p) for p in programs]
        for bound in bounds:
            self._start(bound, bound.every_key())
        return bounds

    def _admission(self, program: Program) -> AdmissionRules:
        """Raise SourceError where no requests pass here that could be admitted."""
        if self.admission is None:
            raise program.source.error("only an API server admits requests: none is here", ("spec", "order"), key=True)
        return self.admission

    def replace(self, bound: Bound, program: Program) -> None:
        """Run this program in the place of a bound one: whatever waits, was refused or is not yet visible of its keys
        still counts, so that what is half done is finished under the new text. A text with other keys, or one that is
        asked about requests where the other reconciles, begins anew. What only the old text can undo is undone first,
        under it. Raises SourceError for a kind that is not served."""
        self._check(program)
        old = bound.program
        if not old.undoes or (alike(old, program) and finds_all(program, old)):
            self._exchange(bound, program)
        else:
            self.successors[bound] = program
            self.retract(bound)

    def _exchange(self, bound: Bound, program: Program) -> None:
        self.successors.pop(bound, None)
        if not alike(bound.program, program):
            self._bind([program])  # before the other goes, so that the cache keeps what both look at
            self.remove(bound)
            return
        self.errors.pop(bound.program.name, None)
        if program.admission is not None:
            self._admission(program).replace(bound, program)
            return
        keys = bound.every_key()
        self.memos.forget(bound.program)
        self._make_peace(bound)
        self.cache.rebind(bound, program)
        self._start(bound, sorted({*keys, *bound.every_key()}))

    def remove(self, bound: Bound) -> None:
        """Run a program no longer, and forget all that was known of its keys."""
        self.successors.pop(bound, None)
        (self._admission(bound.program).remove if bound.program.admission is not None else self.cache.unbind)(bound)
        self.queue.forget(bound)
        self.barrier.forget_all(bound)
        self.memos.forget(bound.program)
        self.errors.pop(bound.program.name, None)
        for table in (self.refused, self._salts, self._past, self.vain.known):
            for key in [key for key in table if key[0] is bound]:
                del table[key]
        self._make_peace(bound)

    def _make_peace(self, bound: Bound) -> None:
        for key in self.rivals.forget(bound):
            self.queue.add(key, Cause("start", ref_of(*key), 0, self.clock.now(), "who fought with it is gone"))

    def find(self, name: str) -> Bound | None:
        """The rule set of that name that is run."""
        bounds = (*self.cache.bounds, *(self.admission.bounds if self.admission is not None else ()))
        return next((bound for bound in bounds if bound.program.name == name), None)

    def retract(self, bound: Bound) -> None:
        """From now on every `while` of this program is false: what it did is undone, and its finalizer taken off. It is
        the shell's to go on stepping until :meth:`retracted`, and then to :meth:`remove` it."""
        if not bound.ending:
            bound.ending = True
            self._start(bound, bound.every_key(), "the rule set is taken out")

    def retracted(self, bound: Bound) -> bool:
        """Whether nothing is left to undo of a program that is :meth:`retract`-ed. False as long as something cannot be
        undone: ``errors`` has the reason."""
        return bound.ending and not self.queue.has(bound) and not self.barrier.holds(bound)

    def _start(self, bound: Bound, keys: Iterable[str], why: str = "") -> None:
        now = self.clock.now()
        for key in keys:
            self.queue.add((bound, key), Cause("start", ref_of(bound, key), 0, now, why))
        if self.intake.awaken is not None:
            self.intake.awaken()

    def _check(self, program: Program) -> None:
        check(program, self.registry)
        if program.admission is not None:
            self._admission(program).check(program)

    # --- work ---------------------------------------------------------------------------------------------------------

    def next_instant(self) -> int:
        """When there is something to do next (ns): now if keys wait, else the earliest timer; 0: never."""
        return self.clock.now() if len(self.queue) else self.queue.next_instant()

    async def step(self) -> bool:
        """Work on one key; False when there is nothing to do at this instant."""
        if self.successors:
            for bound in [bound for bound in self.successors if self.retracted(bound)]:
                self._exchange(bound, self.successors[bound])
        item = self.queue.pop()
        if item is None:
            if not self.queue.release(self.clock.now()):
                return False
            item = self.queue.pop()
            if item is None:
                return False
        key, cause = item
        try:
            if not await self.barrier.open(key):
                return True  # comes back when the cache shows the key's own writes
        except ApiError as error:
            self._later(key, error.message)
            return True
        try:
            await self._reconcile(key, cause)
        except Exception as error:
            if self.isolate is None or not self.isolate(key[0], error):
                raise
            self._later(key, str(error))
        return True

    def _later(self, key: Key, why: str) -> None:
        """Try the key again, later each time."""
        at = self.clock.now() + self.queue.failed(key)
        self.queue.at(at, key, Cause("retry", ref_of(*key), 0, at, why))

    async def _reconcile(self, key: Key, cause: Cause) -> None:
        bound, name = key
        self.queue.cancel(key)
        now = self.clock.now()
        read: dict[Look, int] = {}
        run = self._decide(key, now)
        if run is not None and run.decision.effects and self.confirmation is not None:
            try:
                run = await self.confirmation.confirmed(run, lambda: self._decide(key, now), read)
            except ApiError as error:
                self._later(key, error.message)
                return
        if run is None:
            self._forget(key)
            return
        decision = run.decision
        self.rivals.hold(key, decision, now)  # first: who wants a field in vain has not let it go
        self.vain.drop(key, decision, now)
        bound.subscribe(name, tuple(run.looked))
        if decision.blocked:
            bound.blocked[name] = None
        else:
            bound.blocked.pop(name, None)
        if decision.past:
            self._past[key] = decision.past
        else:
            self._past.pop(key, None)
        if decision.wake_at:
            self.queue.at(
                decision.wake_at, key, Cause("timer", ref_of(bound, name), 0, decision.wake_at, "the time has come")
            )
        if decision.effects or decision.notices or decision.errors:
            if bound.primary(name) is None and not await self._is_over(key):
                return
            await self._act(key, cause, run, now, read)
        else:
            self.queue.succeeded(key)
            self.refused.pop(key, None)
        run.end()

    def _decide(self, key: Key, now: int) -> Pass | None:
        """One pass over what the cache shows; None where there is nothing to decide about."""
        bound, name = key
        primary = bound.primary(name)
        if primary is None and (bound.footprint is None or not bound.footprint.of(name)):
            return None
        there = bound.there(name)
        run = Pass(
            bound,
            name,
            there or bound.stub(name),
            now,
            self.registry,
            self.schemas,
            self.memos,
            self.refused.get(key, []),
            self._salts.get(key, 0),
            self.barrier.halted(key),
            stage_of(bound, primary, there),
            self._past.get(key),
        )
        run.run()
        self.passes += 1
        return run

    async def _is_over(self, key: Key) -> bool:
        """Whether a primary that the cache does not show is gone in truth: a cache that lags must not undo its work.
        If it is there, its arrival wakes the key; without an answer the key comes back."""
        bound, name = key
        if bound.groups is not None or bound.ending:  # at its end all is undone, whether the primary is there or not
            return True
        if name.startswith("#"):
            return bound.footprint is not None and bound.footprint.owner(name) == name
        ref, _, rest = name.rpartition("|")
        kind = self.registry.get(ref or bound.program.kind)
        namespace, _, own = rest.partition("/")
        try:
            if kind is None:
                return True
            entry = await self.route(kind).get(kind, namespace, own)
        except NotFound:
            return True
        except ApiError as error:
            self._later(key, error.message)
            return False
        return bound.where is not None and not bound.where(entry.value)

    async def _act(self, key: Key, cause: Cause, run: Pass, now: int, read: dict[Look, int]) -> None:
        program, decision, primary = key[0].program, run.decision, run.primary
        refused = self.refused.get(key, [])
        number = self.recorder.next_id()
        uid = "" if key[0].groups is not None else primary["metadata"].get("uid", "")
        sender = Sender(
            self.route,
            program.name,
            program.component,
            number,
            uid,
            rfc3339(now),
            self if self.pace is not None else None,
            self.take,
        )
        self.intake.writer = key
        try:
            sent = await sender.send(decision.effects)
        finally:
            self.intake.writer = None
        self.vain.note(key, sent.vain, now)
        self.rivals.note(key, number, decision, sent, now)
        notices = [*decision.notices, *sent.notices]
        told = await self.teller.tell(notices, program.events_from, sender.call, now) if notices else []
        self._after(key, decision, sent, now)
        records = [*sent.records, *told]
        fired = firing_of(program, ref_of(*key), number, cause, primary, decision, records, now, refused)
        fired.inputs.revisions.update((look.kind.ref, revision) for look, revision in read.items())
        fired.took = self.clock.now() - now
        self.recorder.record(fired)
        for observer in self.observers:
            observer(key[0], fired, decision.errors)

    def due(self) -> bool:
        """One more write was made: is it time to let others run?"""
        return self.pace is not None and self.pace.due()

    async def pause(self) -> None:
        """Let others run: what they write is not this key's own."""
        writer, self.intake.writer = self.intake.writer, None
        if self.pace is not None:
            await self.pace.pause()
        self.intake.writer = writer

    def _after(self, key: Key, decision: Decision, sent: Sent, now: int) -> None:
        """What the outcome means for this key's next decision."""
        bound = key[0]
        self.barrier.expect(key, sent)
        if sent.foreign or (sent.made and not sent.unknown):
            # a name is used once: after a creation that is certain, the next one is called otherwise
            self._salts[key] = self._salts.get(key, 0) + 1
        if sent.refused != self.refused.get(key, []):
            if sent.refused:
                self.refused[key] = sent.refused
            else:
                self.refused.pop(key, None)
        error = sent.retry or (f"{decision.errors[0][0]}: {decision.errors[0][1]}" if decision.errors else "")
        if error:
            self.errors[bound.program.name] = error
            at = max(now + self.queue.failed(key), decision.not_before)
            self.queue.at(at, key, Cause("retry", ref_of(*key), 0, at, error))
            return
        self.queue.succeeded(key)
        if decision.more:
            self.queue.add(key, Cause("watch", ref_of(*key), 0, now, "there is more to do"), own=True)

    def _forget(self, key: Key) -> None:
        bound, name = key
        bound.subscribe(name, ())
        bound.blocked.pop(name, None)
        self.refused.pop(key, None)
        self._salts.pop(key, None)
        self._past.pop(key, None)
        self.vain.known.pop(key, None)
        self.queue.succeeded(key)
        self.barrier.forget(key)

    def close(self) -> None:
        """Give back what the matcher holds."""
        self.cache.close()
