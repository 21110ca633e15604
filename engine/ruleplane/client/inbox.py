"""What reflectors tell, until the loop has time for it: a pass sees one snapshot although its requests take time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio

    from ruleplane.model.kind import Kind


class Fed(Protocol):
    """The loop, as it is fed."""

    def feed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        """Object ``key`` is now ``obj``."""

    def reached(self, kind: Kind, revision: int) -> None:
        """Everything of this kind up to ``revision`` has been told."""


class Inbox:
    """What reflectors tell, until the loop has time for it."""

    def __init__(self, work: asyncio.Event) -> None:
        self._work = work
        self._waiting: deque[tuple[Kind, str, dict[str, Any] | None, int, str]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def changed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        """Object ``key`` is now ``obj`` (None: gone)."""
        self._waiting.append((kind, key, obj, revision, event))
        self._work.set()

    def reached(self, kind: Kind, revision: int) -> None:
        """Everything of this kind up to ``revision`` has been told."""
        self._waiting.append((kind, "", None, revision, ""))
        self._work.set()

    def empty_into(self, loop: Fed) -> None:
        """Feed the loop, in order."""
        waiting = self._waiting
        while waiting:
            kind, key, obj, revision, event = waiting.popleft()
            if event:
                loop.feed(kind, key, obj, revision, event)
            else:
                loop.reached(kind, revision)
