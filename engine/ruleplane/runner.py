"""``ruleplane run`` as a process: the loop on the real clock, against a remote API server instead of a store of its
own.

Wires ``client`` and ``reconcile``, which do not know each other. Reflectors put what happens into an inbox; it is
emptied between two decisions, so that a pass sees one snapshot although its requests take time. A rule set runs as
soon as every kind that it names has been listed.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from contextlib import suppress
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from ruleplane.client.connection import Connection
from ruleplane.client.credentials import Credentials
from ruleplane.client.discovery import discover
from ruleplane.client.election import LEASE, Election
from ruleplane.client.followers import HOPELESS, Followers
from ruleplane.client.inbox import Inbox
from ruleplane.client.rehearsal import Change, Rehearsal
from ruleplane.client.rules import Rules
from ruleplane.client.types import learn
from ruleplane.client.verbs import RemoteVerbs
from ruleplane.clock import SECOND, RealClock, SteadyClock
from ruleplane.errors import RuleplaneError
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.confirm import Confirmation
from ruleplane.reconcile.kinds import EVERY, check, named, polled
from ruleplane.reconcile.loop import Loop
from ruleplane.trace.recorder import Recorder
from ruleplane.trace.sqlite import open_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.client.settings import Settings
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Kind
    from ruleplane.model.trace import EffectRecord, Firing
    from ruleplane.trace.log import Log

TRACE_DELAY = 0.1  # seconds that firings wait to be written together
TRACE_MOST = 2_000
ENDING = 5.0  # seconds that giving up the lease may take
Tell: TypeAlias = "Callable[[str, str], None]"  # a line for people, and what it is: info, write, warning, error


class _Recorder(Recorder):
    """Tells of each firing besides keeping it."""

    def __init__(self, log: Log | None, told: Callable[[Firing], None]) -> None:
        super().__init__(log)
        self._tell = told

    def record(self, firing: Firing) -> None:
        """Keep one firing, and tell of it."""
        super().record(firing)
        self._tell(firing)


class Runner:
    """One run; made by :meth:`start`, which raises RuleplaneError, and over when :meth:`run` returns.

    ``tell`` gets lines for people, ``changes`` the writes that a dry run would make, each with rule set and record.
    """

    def __init__(self, settings: Settings, connection: Connection, tell: Tell, changes: Callable[..., None]) -> None:
        self.settings, self.connection = settings, connection
        self._tell, self._changes = tell, changes
        self._clock, self._random = RealClock(), SystemRandom()
        self._work, self._stopping = asyncio.Event(), asyncio.Event()
        self._inbox = Inbox(self._work)
        self._schemas = Schemas.builtin()
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: list[Program] = []  # until all their kinds are listed
        self._ends = settings.once or settings.dry_run or settings.retract
        self._election: Election | None = None
        self._lost = False
        self._rehearsal: Rehearsal | None = None
        self._followers: Followers
        self.loop: Loop
        self.recorder: Recorder

    @classmethod
    async def start(
        cls, settings: Settings, tell: Tell, changes: Callable[[Change, str, EffectRecord], None] = lambda *_: None
    ) -> Runner:
        """Load the rules, find the server, and check that it serves what they name."""
        rules = Rules(settings)
        programs = rules.programs
        if not programs:
            raise RuleplaneError(f"loading {', '.join(map(str, settings.rules))}: there is no rule set")
        for program in programs:
            if program.admission is not None:
                message = (
                    f"rule set {program.name!r} admits requests: only an API server can, so `ruleplane up` runs it"
                )
                raise program.source.error(message, ("spec", "order"), key=True)
        credentials = await Credentials.load(settings.kubeconfig, settings.context, RealClock())
        connection = Connection(credentials, RealClock())
        await connection.__aenter__()
        try:
            made = cls(settings, connection, tell, changes)
            await made._prepare(rules, credentials)
        except BaseException:
            await connection.close()
            raise
        return made

    async def _prepare(self, rules: Rules, credentials: Credentials) -> None:
        settings, connection, tell, programs = self.settings, self.connection, self._tell, rules.programs
        version = await connection.ask("GET", "/version")
        tell(f"server   {credentials.server} ({version.get('gitVersion', 'version unknown')})", "info")
        registry = await discover(connection)
        every: dict[str, int] = {}
        for program in programs:
            check(program, registry)
            for ref, span in polled(program, registry).items():
                every[ref] = min(span, every.get(ref, span))
        refs = {ref: None for program in programs for ref in named(program).values()}
        kinds = [kind for ref in refs if (kind := registry.get(ref)) is not None]
        await learn(connection, kinds, self._schemas)
        await rules.check(connection, kinds, registry, self._schemas)
        if settings.elect:
            self._elect(programs, registry.get(LEASE), credentials)
        log = None
        if settings.trace_dir is not None:
            settings.trace_dir.mkdir(parents=True, exist_ok=True)
            log = open_log(settings.trace_dir)
            log.name_kinds(kind for kind in registry if kind.custom)
        self.recorder = _Recorder(log, self._fired)
        verbs: Any = RemoteVerbs(
            connection,
            self._schemas,
            namespace=settings.namespace,
            may_write=self._election.check if self._election is not None else lambda: None,
        )
        if settings.dry_run:
            verbs = self._rehearsal = Rehearsal(self._schemas, self._cached)
        self.loop = Loop(registry, self._schemas, lambda _kind: verbs, self._clock, self._random, self.recorder)
        if not settings.dry_run:  # which sends nothing
            followed = lambda: self._followers.kinds  # noqa: E731
            self.loop.confirmation = Confirmation(self.loop.intake, registry, lambda _kind: verbs, followed)
        self._waiting = programs
        self._followers = Followers(connection, self._inbox, self._random, settings.namespace, every, self._back_off)
        for kind in kinds:
            self.loop.cache.kind(kind.ref)
            self._followers.add(kind)
        if EVERY in refs:
            self.loop.cache.kind(EVERY)
            self._followers.add_every(registry)
        tell(f"rules    {', '.join(program.name for program in programs)}", "info")
        where = f" in namespace {settings.namespace}" if settings.namespace else ""
        tell(f"watching {', '.join(refs)}{where}", "info")

    def _cached(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        return self.loop.cache.get(kind.ref, f"{namespace}/{name}")

    def _elect(self, programs: list[Program], kind: Kind | None, credentials: Credentials) -> None:
        if kind is None:
            raise RuleplaneError(f"{credentials.server} does not serve {LEASE}: run with --no-leader-elect, and alone")
        names = sorted(program.name for program in programs)
        name = f"ruleplane-{names[0]}"
        if len(names) > 1 or len(name) > 200:
            name = f"ruleplane-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}"
        namespace = self.settings.namespace or credentials.namespace or "default"
        identity = self.settings.identity or f"{socket.gethostname()}_{os.getpid()}_{uuid4()}"
        verbs = RemoteVerbs(self.connection, self._schemas)
        self._election = Election(verbs, kind, namespace, name, identity, SteadyClock(), self.settings.terms)

    async def _back_off(self, seconds: float) -> None:
        self._work.set()  # who waits for a list may want to give it up
        await asyncio.sleep(seconds)

    # --- running ------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End after the pass under way."""
        self._stopping.set()
        self._work.set()

    async def run(self) -> int:
        """Reconcile until :meth:`stop`, or (``once``) until there is nothing more to do; the exit code."""
        try:
            if self._election is not None:
                if not await self._acquire(self._election):
                    return 0
                self._spawn(self._keep(self._election))
            for follower in self._followers:
                self._spawn(follower.run())
            if self.settings.dry_run:
                return await self._rehearse()
            return await self._reconcile()
        finally:
            for follower in self._followers.unlisted() if self._ends else ():
                self._tell(f"listing {follower.kind.ref}: {follower.trouble}", "error")
            await self._close()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        task.add_done_callback(lambda _task: self.stop())  # none of them ends before we do, unless by a fault
        self._tasks.append(task)

    async def _acquire(self, election: Election) -> bool:
        """Stand by until the lease is ours; False where we were stopped before."""
        told = None
        while not self._stopping.is_set():
            if await election.attempt():
                self._tell(f"leading  by lease {election.namespace}/{election.name}", "info")
                return True
            reason = election.trouble or f"{election.holder} leads"
            if reason != told:
                told = reason
                self._tell(
                    f"standing by for lease {election.namespace}/{election.name}: {reason}",
                    "warning" if election.trouble else "info",
                )
            await self._pause(election)
        return False

    async def _pause(self, election: Election) -> None:
        delay = election.terms.retry * (1 + 0.2 * self._random.random())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)

    async def _keep(self, election: Election) -> None:
        """Renew the lease for as long as it is ours."""
        while not self._stopping.is_set():
            await self._pause(election)
            if self._stopping.is_set():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(election.terms.renew):
                    await election.attempt()
            if not election.leading:
                self._lost = True
                self._tell(f"lost the lease {election.namespace}/{election.name}: {election.reason}", "error")
                return

    async def _reconcile(self) -> int:
        loop = self.loop
        while not self._stopping.is_set():
            self._work.clear()
            self._inbox.empty_into(loop)
            self._admit()
            if await loop.step():
                if self.recorder.pending > TRACE_MOST:
                    self.recorder.flush(TRACE_MOST)
                await asyncio.sleep(0)  # a pass without requests lets reflectors have their turn
                continue
            if self._ends and (self._quiet() or self._followers.unlisted()):
                break
            await self._rest(loop.next_instant())
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise task.exception()  # type: ignore[misc]
        left = self._left() if self.settings.retract else []
        for line in left:
            self._tell(line, "error")
        failing = self._ends and (self._followers.unlisted() or loop.queue.struggling())
        return 1 if self._lost or left or failing else 0

    def _left(self) -> list[str]:
        """What a retraction did not undo, and why."""
        ended = "the run ended before"
        left = [f"{program.name}: not undone: {ended} all its kinds were listed" for program in self._waiting]
        for bound in self.loop.cache.bounds:
            if not self.loop.retracted(bound):
                reason = self.loop.errors.get(bound.program.name) or f"{ended} all was seen to be gone"
                left.append(f"{bound.program.name}: not all is undone: {reason}")
        return left

    async def _rehearse(self) -> int:
        """Decide every object once."""
        while self._waiting and not self._stopping.is_set():
            self._work.clear()
            self._inbox.empty_into(self.loop)
            self._admit()
            if self._waiting:
                if self._followers.unlisted():
                    return 1
                await self._rest(0)
        for _ in range(len(self.loop.queue)):
            await self.loop.step()
        return 1 if self.loop.errors else 0

    def _admit(self) -> None:
        """Run the rule sets whose kinds have all been listed."""
        if not self._waiting:
            return
        ready = [program for program in self._waiting if self._synced(program)]
        if ready:
            self._waiting = [program for program in self._waiting if program not in ready]
            for bound in self.loop.add(ready):
                if self.settings.retract:
                    self.loop.retract(bound)
            if not self._waiting:
                count = self._followers.objects
                self._tell(f"synced   {count} object{'' if count == 1 else 's'}", "info")

    def _synced(self, program: Program) -> bool:
        refs = set(named(program).values())
        return self._followers.synced(None if EVERY in refs else refs)

    def _quiet(self) -> bool:
        """Whether everything is as the rules want it, or fails again and again."""
        queue = self.loop.queue
        if self._waiting or len(self._inbox) or len(queue) or self.loop.barrier.busy:
            return False
        return len(queue.struggling()) == len(queue.struggling(HOPELESS))

    async def _rest(self, instant: int) -> None:
        """Sleep until there is work; meanwhile write the trace."""
        while not self._stopping.is_set() and not self._work.is_set():
            delay = (instant - self._clock.now()) / SECOND if instant else None
            if delay is not None and delay <= 0:
                return
            if self.recorder.pending:
                delay = TRACE_DELAY if delay is None else min(delay, TRACE_DELAY)
            try:
                await asyncio.wait_for(self._work.wait(), delay)
            except TimeoutError:
                if self.recorder.pending:
                    self.recorder.flush(500)

    async def _close(self) -> None:
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._election is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING):
                    await self._election.release()
        self.loop.close()
        self.recorder.close()
        await self.connection.close()

    # --- telling ------------------------------------------------------------------------------------------------------

    def _fired(self, firing: Firing) -> None:
        if self._rehearsal is not None:
            for change, effect in zip(self._rehearsal.taken(), firing.effects, strict=False):
                self._changes(change, firing.ruleset, effect)
            return
        for effect in firing.effects:
            if effect.verb == "event" or effect.outcome == "unchanged":
                continue
            what = f"{effect.verb} {effect.ref}" + (f" {effect.subresource}" if effect.subresource else "")
            fields = f" ({', '.join(effect.paths)})" if effect.paths else ""
            said = f": {effect.outcome}: {effect.message}" if effect.outcome != "done" else ""
            kind = {"done": "write", "conflict": "warning"}.get(effect.outcome, "error")
            self._tell(f"{firing.ruleset} · {effect.rule}  {what}{fields}{said}", kind)
        if firing.error:
            self._tell(f"{firing.ruleset}  {firing.key}: {firing.error}", "error")
