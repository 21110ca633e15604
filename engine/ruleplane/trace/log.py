"""Where records lie: the interface, and a ring in memory for specs. ``trace.sqlite`` is the other one.

A log is appended to by the recorder and read by ``query`` and ``why``. It finds records by *mention*: a firing mentions
its primary, every object that it acted on, and its rules; a request mentions the object written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from ruleplane.model.trace import Firing, Record, RequestRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def mentions(record: Record, ref: str) -> bool:
    """Whether the record is about this object: as primary, or as one acted on."""
    if isinstance(record, RequestRecord):
        return record.ref == ref
    return record.key == ref or any(effect.ref == ref for effect in record.effects)


def wrote(record: Record, ref: str, revision: int) -> bool:
    """Whether the record wrote this revision of this object."""
    if isinstance(record, RequestRecord):
        return record.ref == ref and record.revision == revision
    if record.cause.kind == "request" and record.cause.ref == ref:
        return False  # admission took part in the write: who asked for it wrote it
    return any(effect.ref == ref and effect.revision == revision for effect in record.effects)


def held(record: Record, rule: str) -> bool:
    """Whether this rule (its name alone) held in the record's firing, or acted in it."""
    return isinstance(record, Firing) and (
        rule in record.rules or any(rule in effect.rule.split(",") for effect in record.effects)
    )


class Log(ABC):
    """Records in the order of their ids; the oldest go first when there is no more room."""

    @property
    @abstractmethod
    def first(self) -> int:
        """The id of the oldest record kept (0: none is)."""

    @property
    @abstractmethod
    def last(self) -> int:
        """The id of the newest record (0: there is none)."""

    @abstractmethod
    def append(self, records: Sequence[Record]) -> None:
        """Keep these, oldest first."""

    @abstractmethod
    def newest(self, *, below: int = 0, ref: str = "", rule: str = "", ruleset: str = "") -> Iterator[Record]:
        """Newest first, with an id under ``below`` (0: any), mentioning all that is given."""

    @abstractmethod
    def after(self, cursor: int, limit: int) -> list[Record]:
        """At most ``limit`` records whose id is over ``cursor``, oldest first."""

    @abstractmethod
    def writer(self, ref: str, revision: int) -> Record | None:
        """The record that wrote this revision of this object."""

    @abstractmethod
    def close(self) -> None:
        """Release what is held. Idempotent."""


class MemoryLog(Log):
    """A ring of the last ``size`` records."""

    def __init__(self, size: int = 100_000) -> None:
        self._ring: deque[Record] = deque(maxlen=size)

    @property
    def first(self) -> int:
        """The id of the oldest record kept (0: none is)."""
        return self._ring[0].id if self._ring else 0

    @property
    def last(self) -> int:
        """The id of the newest record (0: there is none)."""
        return self._ring[-1].id if self._ring else 0

    def append(self, records: Sequence[Record]) -> None:
        """Keep these, oldest first."""
        self._ring.extend(records)

    def newest(self, *, below: int = 0, ref: str = "", rule: str = "", ruleset: str = "") -> Iterator[Record]:
        """Newest first, with an id under ``below`` (0: any), mentioning all that is given."""
        for record in reversed(self._ring):
            if matches(record, below, ref, rule, ruleset):
                yield record

    def after(self, cursor: int, limit: int) -> list[Record]:
        """At most ``limit`` records whose id is over ``cursor``, oldest first."""
        found: list[Record] = []
        for record in reversed(self._ring):
            if record.id <= cursor:
                break
            found.append(record)
        found.reverse()
        return found[:limit]

    def writer(self, ref: str, revision: int) -> Record | None:
        """The record that wrote this revision of this object."""
        return next((record for record in reversed(self._ring) if wrote(record, ref, revision)), None)

    def close(self) -> None:
        """Nothing is held."""


def matches(record: Record, below: int, ref: str, rule: str, ruleset: str) -> bool:
    """The whole condition of :meth:`Log.newest`; ``""`` and 0 ask for nothing."""
    return (
        (not below or record.id < below)
        and (not ref or mentions(record, ref))
        and (not rule or held(record, rule))
        and (not ruleset or (isinstance(record, Firing) and record.ruleset == ruleset))
    )
