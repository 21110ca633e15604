"""Steps that let something go wrong between the rules and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import parsers, step

from ruleplane.specs.claims import SECONDS, claim, nanoseconds
from ruleplane.specs.faults import Fault
from ruleplane.specs.selection import Mismatch

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster

_VERBS = {
    "creation": "create",
    "change": "patch",
    "deletion": "delete",
    "list": "list",
    "request": "",
    "binding": "post",
}
_WHICH = (
    r"(?:the (?P<nth>\d+)(?:st|nd|rd|th)|(?P<every>every)|the next) "
    r"(?P<verb>creation|change|deletion|list|request|binding)"
    r"(?: of (?P<kind>[A-Z]\w*))?"
)


def _plan(
    cluster: VirtualCluster, what: str, nth: str | None, every: str | None, verb: str, kind: str | None, text: str = ""
) -> None:
    ref = cluster.kind(kind).ref if kind else ""
    after = int(nth) - 1 if nth else 0
    cluster.faults.plan(Fault(what, _VERBS[verb], ref, after, 0 if every else 1, text))  # type: ignore[arg-type]


@step(parsers.re(rf"the answer to {_WHICH} is lost"))
def lost(cluster: VirtualCluster, nth: str | None, every: str | None, verb: str, kind: str | None) -> None:
    """The write happens; the answer is a timeout."""
    _plan(cluster, "lost", nth, every, verb, kind)


@step(parsers.re(rf'{_WHICH} is refused(?: with "(?P<text>[^"]*)")?'))
def refused(
    cluster: VirtualCluster, nth: str | None, every: str | None, verb: str, kind: str | None, text: str | None
) -> None:
    """403 Forbidden, as by a quota."""
    _plan(cluster, "refused", nth, every, verb, kind, text or "")


@step(parsers.re(rf"{_WHICH} meets a conflict"))
def conflict(cluster: VirtualCluster, nth: str | None, every: str | None, verb: str, kind: str | None) -> None:
    """409 Conflict: the object has changed meanwhile."""
    _plan(cluster, "conflict", nth, every, verb, kind)


@step(parsers.re(rf"the controllers crash after {_WHICH}"))
def crash(cluster: VirtualCluster, nth: str | None, every: str | None, verb: str, kind: str | None) -> None:
    """The write happens; then everything but the stores is forgotten, and starts anew."""
    _plan(cluster, "crash", nth, every, verb, kind)


@step("nothing goes wrong any more")
def mended(cluster: VirtualCluster) -> None:
    """No further faults; late events arrive."""
    cluster.faults.clear()


@step(parsers.re(r"the cache of (?P<kind>[A-Z]\w*|everything) stands still"))
def held(cluster: VirtualCluster, kind: str) -> None:
    """Watch events of the kind wait until the cache catches up."""
    cluster.faults.hold("" if kind == "everything" else cluster.kind(kind).ref)


@step(parsers.re(rf"the cache of (?P<kind>[A-Z]\w*|everything) lags (?P<time>{SECONDS}) behind"))
def lagging(cluster: VirtualCluster, kind: str, time: str) -> None:
    """Watch events of the kind arrive that much later."""
    cluster.faults.hold("" if kind == "everything" else cluster.kind(kind).ref, nanoseconds(time))


@step(parsers.re(r"the cache of (?P<kind>[A-Z]\w*|everything) catches up"))
def released(cluster: VirtualCluster, kind: str) -> None:
    """What waited arrives."""
    cluster.faults.release("" if kind == "everything" else cluster.kind(kind).ref)


@claim("the faults have struck {number} times?")
def struck(cluster: VirtualCluster, number: str) -> None:
    """A spec of faults that never struck would prove nothing."""
    have = sum(fault.struck for fault in cluster.faults.planned)
    if have != int(number):
        raise Mismatch(f"they have struck {have} times")
