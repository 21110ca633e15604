"""What commits together with one request: the objects that its admission read, and those that it writes besides.

Flow: admission reads and stages here -> the request's own write takes all of it along (``Context.put``) -> the store
compares every object that was read, and writes everything at one revision or nothing.

Guarantees: within a transaction a key reads the same twice, and as it was staged once it was. What was read is compared
when it commits: if it has changed, :class:`Overtaken` is raised and admission is asked afresh (:func:`afresh`), so that
two requests can never both be let in by one state. A dry run commits nothing.

Not here: what is read and written (admission's), and how a write is staged (``staging.py``).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from ruleplane.api.refusals import conflict
from ruleplane.errors import RuleplaneError
from ruleplane.store.base import Compare, Delete, Put

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json, Op, Store, TxnResult

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 20
"""How often a request is admitted afresh before it is refused; each time somebody else's write has gone through."""


class Overtaken(RuleplaneError):
    """What admission had read of the cluster changed before its request could commit."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__(key)
        self.name, self.key = name, key


class Staged:
    """One write that waits for its request. ``value`` None: the object goes. ``previous`` is what is stored."""

    __slots__ = ("call", "kind", "previous", "subresource", "value", "verb")

    def __init__(
        self, call: Call, verb: str, kind: Kind, value: Json | None, previous: Entry | None, subresource: str
    ) -> None:
        self.call, self.verb, self.kind, self.subresource = call, verb, kind, subresource
        self.value, self.previous = value, previous


class Transaction:
    """Of the request that writes ``key``, an object called ``name``."""

    def __init__(self, store: Store, key: str, name: str) -> None:
        self._store, self.key, self.name = store, key, name
        self.reads: dict[str, Entry | None] = {}  # as they are, or as they are staged
        self.revisions: dict[str, int] = {}  # what commits only if it is still so; 0: does not exist
        self.writes: dict[str, Staged] = {}
        self.after: list[Callable[[int], Awaitable[None]]] = []  # called with the revision, once it has committed
        self.depth = 0  # of admission that writes what passes admission that writes …

    async def get(self, key: str) -> Entry | None:
        """The object at ``key``; from now on this transaction depends on it."""
        if key not in self.reads:
            entry = self.reads[key] = await self._store.get(key)
            self.revisions[key] = entry.revision if entry is not None else 0
        return self.reads[key]

    def stage(self, key: str, entry: Entry | None, write: Staged) -> None:
        """Write ``key``, which was read before, when the request commits; ``entry`` is what reads see until then."""
        before = self.writes.get(key)
        if before is not None:
            write.previous = before.previous
        self.writes[key] = write
        self.reads[key] = entry

    def compares(self, own: Compare) -> tuple[Compare, ...]:
        """All that must still be so, the request's own object first."""
        return (own, *(Compare(key, at) for key, at in self.revisions.items() if key != own.key))

    def ops(self, own: Op) -> tuple[Op, ...]:
        """All that is written, the request's own object first."""
        return (
            own,
            *(Put(key, write.value) if write.value is not None else Delete(key) for key, write in self.writes.items()),
        )

    def failed(self, own: Compare, result: TxnResult) -> None:
        """Raise Overtaken unless it was the request's own object that had changed."""
        for compare, entry in zip(self.compares(own), result.entries, strict=True):
            if (entry.revision if entry is not None else 0) != compare.revision:
                if compare.key == own.key:
                    return
                raise Overtaken(self.name, compare.key)


def afresh(
    attempt: Callable[Concatenate[Context, Kind, P], Awaitable[T]],
) -> Callable[Concatenate[Context, Kind, P], Awaitable[T]]:
    """Decorates what admits and commits one write: where it is overtaken it is done again, at most ``TRIES`` times.

    What is staged for another request is not tried again by itself: its request is.
    """

    @wraps(attempt)
    async def run(ctx: Context, kind: Kind, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if ctx.reviewer is None or ctx.txn is not None:
            return await attempt(ctx, kind, *args, **kwargs)
        for _ in range(TRIES):
            try:
                return await attempt(ctx, kind, *args, **kwargs)
            except Overtaken as error:
                last = error
        raise conflict(
            kind,
            last.name,
            f"{last.key} was changed by others each of the {TRIES} times that admission had read it; please try again",
        )

    return run
