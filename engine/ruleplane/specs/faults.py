"""What goes wrong between the rules and the API: refused, lost and conflicting requests, crashes, caches that lag.

A :class:`Faults` stands between the loop and the API of one cluster (``reconcile.cluster.Between``), both ways. Only
the rules' requests pass here: what a spec itself asks goes to the API directly.

Guarantees: a *lost response* is a write that happened and an answer that did not come; a *refused* request changed
nothing; a *crash* is a write that happened, and a controller that never learned of it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ruleplane.errors import Conflict, Forbidden, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.verbs import Api
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind

FaultKind: TypeAlias = Literal["lost", "refused", "conflict", "crash"]


class CrashError(BaseException):
    """The controller process dies here; no handler of errors may survive it, so that it is no Exception."""


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong with requests of ``verb`` ("" for any) on ``kind`` (its ref, "" for any).

    ``after`` requests pass unharmed first; then it strikes ``times`` times (0: for ever).
    """

    what: FaultKind
    verb: str = ""
    kind: str = ""
    after: int = 0
    times: int = 1
    message: str = ""
    struck: int = 0

    def strikes(self, verb: str, kind: Kind) -> bool:
        """Whether this request is hit; counts."""
        if (self.verb and self.verb != verb) or (self.kind and self.kind != kind.ref):
            return False
        if self.times and self.struck >= self.times:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.struck += 1
        return True


class Faults:
    """The faults of one scenario."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.planned: list[Fault] = []
        self._delays: dict[str, int] = {}  # kind's ref ("" for all) -> ns; -1: until released
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._feed: Callable[..., None] = _nobody

    # --- requests -----------------------------------------------------------------------------------------------------

    def plan(self, fault: Fault) -> None:
        """From now on."""
        self.planned.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more; what is held back arrives."""
        self.planned.clear()
        self.release("")

    def verbs(self, api: Api) -> FaultyVerbs:
        """What the loop writes through."""
        return FaultyVerbs(api, self)

    def find(self, verb: str, kind: Kind) -> Fault | None:
        """The fault that hits this request."""
        for fault in self.planned:
            if fault.strikes(verb, kind):
                return fault
        return None

    # --- watch events -------------------------------------------------------------------------------------------------

    def feed(self, feed: Callable[..., None]) -> Callable[..., None]:
        """What informers feed: straight on, or later. A new loop lists afresh: what was held for the old one goes."""
        self._feed = feed
        self._waiting.clear()
        return self._event

    def hold(self, ref: str, delay: int = -1) -> None:
        """Events of this kind ("" for all) arrive ``delay`` ns late, or (-1) when they are released."""
        self._delays[ref] = delay

    def release(self, ref: str) -> None:
        """What is held back of this kind ("" for all) arrives, and later events arrive at once."""
        if ref:
            self._delays.pop(ref, None)
        else:
            self._delays.clear()
        kept: deque[tuple[int, tuple[Any, ...]]] = deque()
        waiting, self._waiting = self._waiting, kept
        for due, event in waiting:
            if ref and event[0].ref != ref:
                kept.append((due, event))
            else:
                self._feed(*event)

    def _event(self, kind: Kind, *rest: Any) -> None:
        delay = self._delays.get(kind.ref, self._delays.get("", 0))
        if delay:
            self._waiting.append((self._clock.now() + delay if delay > 0 else -1, (kind, *rest)))
        else:
            self._feed(kind, *rest)

    def behind(self) -> bool:
        """Whether a cache may be."""
        return bool(self._delays or self._waiting)

    def arrive(self) -> bool:
        """Let events arrive whose time has come; whether there were any."""
        now = self._clock.now()
        due = [event for at, event in self._waiting if 0 <= at <= now]
        if due:
            self._waiting = deque(item for item in self._waiting if not 0 <= item[0] <= now)
            for event in due:
                self._feed(*event)
        return bool(due)

    def next_instant(self) -> int:
        """When the next late event arrives (ns); 0: none will."""
        return min((at for at, _ in self._waiting if at >= 0), default=0)


class FaultyVerbs:
    """The verbs of an API as rules use them (``reconcile.send.Verbs``), with the planned faults."""

    def __init__(self, api: Api, faults: Faults) -> None:
        self._api, self._faults = api, faults

    async def get(self, kind: Kind, namespace: str, name: str) -> Any:
        """One object."""
        return await self._ask("get", kind, namespace, name)

    async def list(self, kind: Kind, *args: Any) -> Any:
        """Objects of a kind."""
        return await self._ask("list", kind, *args)

    async def create(self, kind: Kind, *args: Any) -> Any:
        """A new object."""
        return await self._ask("create", kind, *args)

    async def patch(self, kind: Kind, *args: Any) -> Any:
        """A changed object."""
        return await self._ask("patch", kind, *args)

    async def delete(self, kind: Kind, *args: Any) -> Any:
        """A deleted object."""
        return await self._ask("delete", kind, *args)

    async def post(self, kind: Kind, *args: Any) -> Any:
        """A subresource call."""
        return await self._ask("post", kind, *args)

    async def _ask(self, verb: str, kind: Kind, *args: Any) -> Any:
        request = getattr(self._api, verb)
        fault = self._faults.find(verb, kind)
        if fault is None:
            return await request(kind, *args)
        if fault.what == "refused":
            raise Forbidden(fault.message or f"{kind.plural} is forbidden: exceeded quota")
        if fault.what == "conflict":
            raise Conflict(fault.message or f"Operation cannot be fulfilled on {kind.plural}: the object has changed")
        await request(kind, *args)
        if fault.what == "crash":
            raise CrashError
        raise Timeout(fault.message or "Timeout: request did not complete within the allotted time")


def _nobody(*_event: Any) -> None:
    raise AssertionError("an event before the cluster has started")
