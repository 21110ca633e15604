"""What a server holds of one kind, kept up to date: what all ways of following have in common.

A ``Reflector`` lists and watches, a ``Poller`` lists again and again what nobody may watch. ``synced`` is set when the
first list has been told.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.client.listing import listed
from ruleplane.client.paths import collection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from ruleplane.client.connection import Connection
    from ruleplane.errors import ApiError
    from ruleplane.model.kind import Kind

_LOG = logging.getLogger("ruleplane.client")
LEAST, MOST = 0.8, 30.0  # seconds before trying again, as client-go


class Sink(Protocol):
    """Who is told."""

    def changed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        """Object ``key`` (``namespace/name``) is now ``obj`` (None: gone)."""

    def reached(self, kind: Kind, revision: int) -> None:
        """Everything of this kind up to ``revision`` has been told."""


class Follower(ABC):
    """One kind. ``namespace``: only that one's objects ("": all)."""

    def __init__(
        self,
        connection: Connection,
        kind: Kind,
        sink: Sink,
        random: Random,
        *,
        namespace: str = "",
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self.kind = kind
        self.synced = False
        self.trouble = ""  # why it is not up to date
        self.failures = 0  # in a row
        self._connection, self._sink, self._random, self._sleep = connection, sink, random, sleep
        self._path = collection(kind, namespace)
        self._known: dict[str, Any] = {}  # by key, what tells one state of an object from another

    def __len__(self) -> int:
        return len(self._known)

    @abstractmethod
    async def run(self) -> None:
        """Follow until cancelled."""

    async def _pages(self, accept: str) -> tuple[dict[str, dict[str, Any]], str]:
        """All objects by key, and the resourceVersion of the list. Raises ApiError."""
        items, revision = await listed(self._connection, self._path, accept=accept)
        return {key_of(obj): self._named(obj) for obj in items}, revision

    async def _wait(self, error: ApiError) -> None:
        """Let an error pass, longer each time."""
        if error.message != self.trouble:
            _LOG.warning("following %s: %s", self.kind.ref, error.message)
        self.trouble = error.message
        delay = min(LEAST * 2**self.failures, MOST)
        self.failures = min(self.failures + 1, 10)
        await self._sleep(delay * (1 + self._random.random()))

    def _well(self) -> None:
        if self.trouble:
            _LOG.warning("following %s: it works again", self.kind.ref)
        self.trouble, self.failures = "", 0

    def _named(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Items of a list do not tell their kind, and partial objects tell another one."""
        return {**obj, "apiVersion": self.kind.api_version, "kind": self.kind.kind}


def key_of(obj: dict[str, Any]) -> str:
    """``namespace/name``, the namespace empty where there is none."""
    metadata = obj["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
