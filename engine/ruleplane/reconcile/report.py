"""What is told of an installed rule set: its counts and last errors, and the status that says so.

Counts go on over restarts from what the status says; as it is written at intervals, a crash may cost the latest few.
Pure but for the counting; ``install.py`` decides when a status is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ruleplane.model.trace import Firing

    Json = dict[str, Any]

ERRORS = 5  # told of one rule set
LONGEST = 1024  # characters of a message in the status
FAILED = ("error", "refused")  # outcomes of effects that count as errors


class Tally:
    """Of one rule set, since it was created."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self.firings: int = status.get("firings", 0)
        self.errors: int = status.get("errors", 0)
        self.last: str = status.get("lastFiring", "")
        self._latest: dict[tuple[str, str], Json] = {
            (row["rule"], row["object"]): row for row in reversed(status.get("lastErrors", ()))
        }
        self.fault = ""  # a fault of the engine, since the last text was loaded

    def count(self, fired: Firing, errors: Iterable[tuple[str, str]]) -> None:
        """One more firing, with the rules that could not be evaluated."""
        self.firings += 1
        self.last = rfc3339(fired.at)
        found = [*errors, *((e.rule, e.message) for e in fired.effects if e.outcome in FAILED and e.verb != "event")]
        if not found:
            return
        self.errors += 1
        for rule, message in found:
            self._latest.pop((rule, fired.key), None)
            row = {"rule": rule, "object": fired.key, "message": message[:LONGEST], "at": self.last}
            self._latest[rule, fired.key] = row
        while len(self._latest) > ERRORS:
            del self._latest[next(iter(self._latest))]

    def latest(self) -> list[Json]:
        """The last errors, the newest first."""
        return list(reversed(self._latest.values()))

    def told(self) -> Json:
        """The counts as the status has them."""
        told: Json = {"firings": self.firings, "errors": self.errors}
        if self.last:
            told["lastFiring"] = self.last
        if self._latest:
            told["lastErrors"] = self.latest()
        return told


def condition(
    status: Mapping[str, Any], type_: str, holds: bool, reason: str, message: str, generation: int, now: int
) -> Json:
    """A condition; the time of its last transition stays as long as its status does."""
    word = "True" if holds else "False"
    before = next((one for one in status.get("conditions", ()) if one["type"] == type_), None)
    since = before["lastTransitionTime"] if before is not None and before["status"] == word else rfc3339(now)
    return {
        "type": type_,
        "status": word,
        "reason": reason,
        "message": message[: 4 * LONGEST],
        "observedGeneration": generation,
        "lastTransitionTime": since,
    }


def patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json | None:
    """The merge patch from one status to another; None where they are equal. What is null goes."""
    changed: Json = {name: value for name, value in after.items() if before.get(name) != value}
    changed |= {name: None for name in before if name not in after}
    if not changed:
        return None
    if isinstance(changed.get("inForce"), dict):  # merged by field: one that is gone must be said so
        changed["inForce"] = {**dict.fromkeys(before.get("inForce", ())), **changed["inForce"]}
    return changed
