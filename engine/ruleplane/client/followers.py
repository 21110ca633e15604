"""All that a run follows: which kinds, whether all of them have been listed, and which cannot be.

One version of each kind is followed; the kinds that a rule set names in full, any other (`kind: "*"`) by its metadata.
Called by :mod:`ruleplane.runner`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.client.poller import Poller
from ruleplane.client.reflector import Reflector
from ruleplane.clock import SECOND
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
    from random import Random

    from ruleplane.client.connection import Connection
    from ruleplane.client.follower import Follower, Sink
    from ruleplane.model.kind import Kind

HOPELESS = 5  # failures in a row after which a run that is to end gives up a key, or a kind never listed


class Followers:
    """``polled``: how often (ns) to list the kinds that cannot be watched."""

    def __init__(
        self,
        connection: Connection,
        sink: Sink,
        random: Random,
        namespace: str,
        polled: Mapping[str, int],
        sleep: Callable[[float], Awaitable[Any]],
    ) -> None:
        self._connection, self._sink, self._random, self._sleep = connection, sink, random, sleep
        self._namespace, self._polled = namespace, polled
        self._all: dict[str, Follower] = {}

    def __iter__(self) -> Iterator[Follower]:
        return iter(self._all.values())

    @property
    def objects(self) -> int:
        """How many are known."""
        return sum(len(follower) for follower in self)

    @property
    def kinds(self) -> list[Kind]:
        """What is followed."""
        return [follower.kind for follower in self]

    def add(self, kind: Kind, *, partial: bool = False) -> None:
        """Follow one more kind. Raises RuleplaneError where the server lets nobody."""
        every = self._polled.get(kind.ref)
        more: dict[str, Any] = {"namespace": self._namespace, "sleep": self._sleep}
        if every is not None:
            made: Follower = Poller(self._connection, kind, self._sink, every / SECOND, self._random, **more)
        elif {"list", "watch"} <= set(kind.verbs):
            made = Reflector(self._connection, kind, self._sink, self._random, partial=partial, **more)
        else:
            raise RuleplaneError(f"watching {kind.ref}: the server lets nobody list and watch it")
        self._all[kind.ref] = made

    def add_every(self, registry: Iterable[Kind]) -> None:
        """Follow the metadata of all other kinds, too: the server's preferred version of each."""
        seen = {(kind.group, kind.plural) for kind in self.kinds}
        for kind in registry:
            if {"list", "watch"} <= set(kind.verbs) and (kind.group, kind.plural) not in seen:
                seen.add((kind.group, kind.plural))
                self.add(kind, partial=True)

    def synced(self, refs: Iterable[str] | None = None) -> bool:
        """Whether all of these kinds (None: all that are followed) have been listed."""
        return all(self._all[ref].synced for ref in (self._all if refs is None else refs))

    def unlisted(self) -> list[Follower]:
        """Those that cannot be listed, again and again."""
        return [follower for follower in self if follower.failures >= HOPELESS and not follower.synced]
