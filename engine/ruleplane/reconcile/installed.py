"""One installed rule set as the installer knows it: what runs of it, what was noted, and what its status says.

Holds and compares; ``install.py`` acts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.reconcile.report import condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.reconcile.report import Tally

    Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a text: the condition ``Loaded``."""

    holds: bool
    reason: str
    message: str


@dataclass(slots=True, eq=False)
class Item:
    """One installed rule set."""

    name: str
    uid: str
    tally: Tally
    bound: Bound | None = None  # what runs, or is retracted
    identity: str = ""  # of the text that is bound
    force: Json | None = None  # what the status says is in force
    broken: tuple[Json, str] | None = None  # a text that met a fault of the engine, and which
    outcome: Outcome | None = None
    observed: int = 0  # generation
    written: int = 0  # when the status was written last

    @property
    def size(self) -> int:
        """How many primaries it has."""
        bound = self.bound
        if bound is None:
            return 0
        if bound.groups is not None:
            return len(bound.groups.keys())
        return len(bound.members if bound.where is not None else bound.kind.objects)

    def status(self, before: Mapping[str, Any], outcome: Outcome, failing: int, now: int) -> Json:
        """The status that tells this; ``failing``: how many of its keys wait to be tried again."""
        conditions = [condition(before, "Loaded", outcome.holds, outcome.reason, outcome.message, self.observed, now)]
        runs = self.bound is not None or outcome.holds  # or is about to
        if runs:
            conditions.append(condition(before, "Healthy", *self._health(failing), self.observed, now))
        status = {"observedGeneration": self.observed, "conditions": conditions, **self.tally.told()}
        if self.bound is not None:
            status["objects"] = self.size
        elif runs and "objects" in before:
            status["objects"] = before["objects"]
        if self.force is not None:
            status["inForce"] = self.force
        return status

    def _health(self, failing: int) -> tuple[bool, str, str]:
        if self.tally.fault:
            return False, "EngineFault", self.tally.fault
        if not failing:
            return True, "AsExpected", ""
        latest = self.tally.latest()
        last = f"; the last: {latest[0]['rule']} on {latest[0]['object']}: {latest[0]['message']}" if latest else ""
        verb = "waits" if failing == 1 else "wait"
        return False, "RulesFail", f"{failing} of its objects {verb} to be tried again{last}"


def same(before: Json, after: Json) -> bool:
    """Whether two versions differ only in status and in metadata that means nothing here."""
    names = ("uid", "generation", "deletionTimestamp", "finalizers")
    one, other = before["metadata"], after["metadata"]
    return before.get("spec") == after.get("spec") and all(one.get(name) == other.get(name) for name in names)


def identity_of(program: Program) -> str:
    """Equal for equal texts that call equal functions."""
    text = orjson.dumps([program.text_hash, dict(program.calls)], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=8).hexdigest()
