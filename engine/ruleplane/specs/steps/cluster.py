"""Steps about the cluster as a whole: its nodes, rules and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_bdd import given, parsers, step, when

from ruleplane.model.trace import Cause
from ruleplane.specs.claims import SECONDS, claim, nanoseconds, pattern
from ruleplane.specs.selection import Mismatch
from ruleplane.specs.virtual import VirtualCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTED = pytest.StashKey[int]()


@given("a cluster")
def a_cluster(cluster: VirtualCluster) -> None:
    """Without nodes."""
    cluster.settle()


@given(parsers.re(r"a cluster of (?P<count>\d+) nodes?"))
def cluster_of_nodes(cluster: VirtualCluster, count: str) -> None:
    """Simulated machines node-1, node-2, …, registered and ready."""
    for _ in range(int(count)):
        cluster.add_machine()
    cluster.settle()


@given("a cluster without bundled rules", target_fixture="cluster")
def bare_cluster() -> Iterator[VirtualCluster]:
    """Only the scenario's own rules act."""
    made = VirtualCluster(())
    yield made
    made.close()


@step("the rules:")
def the_rules(cluster: VirtualCluster, docstring: str) -> None:
    """One more rule file; what the bundled libraries define may be used."""
    cluster.load(docstring)


@step(parsers.re(r'the rules with "(?P<setting>[^"]*)":'))
def the_rules_with(cluster: VirtualCluster, setting: str, docstring: str) -> None:
    """The same with other settings than their defaults: ``budgets.most=7, budgets.least=1``."""
    cluster.load(docstring, *(part.strip() for part in setting.split(",")))


@step("the control plane is idle")
def idle(cluster: VirtualCluster) -> None:
    """Nothing is left to do now, nor within a tenth of a second."""
    cluster.settle()


@step(parsers.re(rf"(?P<time>{SECONDS}) pass(?:es)?"))
def time_passes(cluster: VirtualCluster, time: str) -> None:
    """The clock goes on, and what is due happens."""
    cluster.advance(nanoseconds(time) / 1e9)


@when("the controllers are restarted")
def restarted(cluster: VirtualCluster) -> None:
    """Everything but the stores is forgotten."""
    cluster.restart()


@step("the controllers stop")
def stopped(cluster: VirtualCluster) -> None:
    """They are gone until they are restarted; the API goes on."""
    cluster.stop()


@step(parsers.re(pattern('rule set "{rule}" is taken out')))
def taken_out(cluster: VirtualCluster, rule: str) -> None:
    """Every `while` of it is false from now on; what it did is undone."""
    cluster.cluster.loop.retract(cluster.bound(rule))


@claim('rule set "{rule}" has (?P<no>not )?undone everything')
def undone(cluster: VirtualCluster, rule: str, no: str | None) -> None:
    """Of one that is taken out: nothing is left to do."""
    if cluster.cluster.loop.retracted(cluster.bound(rule)) is bool(no):
        raise Mismatch(f"its last error is {cluster.errors.get(rule, '')!r}")


@step("the rules are replaced by:")
def replaced(cluster: VirtualCluster, docstring: str) -> None:
    """Each rule set of the text runs instead of the one of its name."""
    cluster.replace(docstring)


@when("everything is reconciled again")
def again(cluster: VirtualCluster) -> None:
    """Every key of every rule set is decided once more; the revision before is what "since" means."""
    cluster.settle()
    cluster.noted = cluster.revision
    loop = cluster.cluster.loop
    for bound in loop.cache.bounds:
        for key in bound.all_keys():
            loop.queue.add((bound, key), Cause("start", key, 0, cluster.clock.now()))
    cluster.rest()


@claim("nothing was written")
def nothing_written(cluster: VirtualCluster) -> None:
    """No revision since everything was reconciled again."""
    if cluster.revision != cluster.noted:
        raise Mismatch(f"{cluster.revision - cluster.noted} revisions were written", cluster.written_since())


@claim("no rule has failed")
def no_errors(cluster: VirtualCluster) -> None:
    """No rule set has an error."""
    if cluster.errors:
        raise Mismatch("; ".join(f"{ruleset}: {error}" for ruleset, error in cluster.errors.items()))


@claim('rule set "{rule}" (?:has )?failed with "{text}"')
def has_failed(cluster: VirtualCluster, rule: str, text: str) -> None:
    """Its last error holds the text."""
    if text not in cluster.errors.get(rule, ""):
        raise Mismatch(f"its last error is {cluster.errors.get(rule, '')!r}")
