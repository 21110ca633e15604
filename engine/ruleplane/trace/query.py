"""Records by object, rule, rule set, time and outcome; oldest first, the newest that fit.

Pure reading over a :class:`~ruleplane.trace.log.Log`. Called by ``trace.service`` and by specs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruleplane.model.trace import Firing, Record
from ruleplane.trace.log import matches

if TYPE_CHECKING:
    from ruleplane.trace.log import Log

_FAILED = frozenset({"refused", "conflict", "error"})


@dataclass(frozen=True, slots=True)
class Query:
    """Which records; what is left out asks for nothing."""

    ref: str = ""  # the object mentioned
    rule: str = ""  # a rule's name, or ``<rule set>/<rule>``
    ruleset: str = ""
    since: int = 0  # not before this instant
    errors: bool = False  # only firings that failed, or some effect of which was refused
    requests: bool = True  # clients' writes too
    limit: int = 100


def failed(record: Record) -> bool:
    """Whether something in the record went wrong."""
    return isinstance(record, Firing) and (
        bool(record.error) or any(effect.outcome in _FAILED for effect in record.effects)
    )


def search(log: Log, query: Query) -> list[Record]:
    """The newest ``limit`` records that the query asks for, oldest first."""
    ruleset, rule = _names(query)
    found: list[Record] = []
    for record in log.newest(ref=query.ref, rule=rule, ruleset=ruleset):
        if record.at < query.since:
            break
        if _wanted(record, query):
            found.append(record)
            if len(found) >= query.limit:
                break
    found.reverse()
    return found


def follow(log: Log, query: Query, cursor: int) -> tuple[list[Record], int]:
    """What the query asks for among the records after ``cursor`` (an id), oldest first; and the next cursor."""
    ruleset, rule = _names(query)
    batch = log.after(cursor, max(query.limit, 1))
    if batch:
        cursor = batch[-1].id
    found = [record for record in batch if matches(record, 0, query.ref, rule, ruleset) and _wanted(record, query)]
    return [record for record in found if record.at >= query.since], cursor


def _names(query: Query) -> tuple[str, str]:
    ruleset, slash, rule = query.rule.rpartition("/")
    return (ruleset if slash else query.ruleset), rule


def _wanted(record: Record, query: Query) -> bool:
    if not isinstance(record, Firing):
        return query.requests and not query.errors
    return not query.errors or failed(record)
