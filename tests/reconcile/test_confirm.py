"""What is read afresh before something is deleted, and when nothing is."""

from __future__ import annotations

import pytest

from ruleplane.errors import Conflict
from ruleplane.model.builtin import builtin_registry
from ruleplane.reconcile import confirm
from ruleplane.reconcile.confirm import Look
from ruleplane.specs.drive import drive
from ruleplane.specs.virtual import VirtualCluster

POD, NODE = builtin_registry().get("v1/Pod"), builtin_registry().get("v1/Node")

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: sweeper}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  watch:
    owned: {kind: v1/Secret, controlledBy: c}
    chosen: {kind: v1/Service, selector: "{'app': c.metadata.name}"}
    everywhere: {kind: v1/ServiceAccount, theirs: it.metadata.name, ours: c.metadata.name}
    quiet: {kind: v1/Node, wakes: none}
    room: {kind: v1/Namespace, name: c.metadata.namespace}
  rules:
    - name: sweep
      when: >-
        has(c.data) && 'sweep' in c.data && room != null
        && size(owned) + size(chosen) + size(everywhere) + size(quiet) == 0
      delete: {objects: c}
"""


class Counted:
    """The lists that the rules ask for."""

    def __init__(self, cluster: VirtualCluster) -> None:
        self.asked: set[tuple[str, str, str]] = set()
        ask = cluster.cluster.api.list

        async def counted(kind, namespace, query):
            self.asked.add((kind.kind, namespace, query.field_selector))
            return await ask(kind, namespace, query)

        cluster.cluster.api.list = counted


def made(rules: str = RULES) -> VirtualCluster:
    cluster = VirtualCluster(())
    cluster.load(rules)
    cluster.rest()
    return cluster


def dirty(cluster: VirtualCluster) -> None:
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: dirt}, data: {sweep: please}}")


def test_all_that_the_decision_looked_at_is_read_and_no_more_of_it_than_can_matter() -> None:
    cluster = made()
    counted = Counted(cluster)
    cluster.faults.hold("v1/Event")
    dirty(cluster)
    cluster.rest()
    assert cluster.find("cm", "dirt") is None
    assert counted.asked == {
        ("ConfigMap", "default", "metadata.name=dirt"),
        ("Secret", "default", ""),
        ("Service", "default", ""),
        ("ServiceAccount", "", ""),
        ("Node", "", ""),
        ("Namespace", "", "metadata.name=default"),
    }


def test_where_the_cache_is_never_behind_nothing_is_read() -> None:
    cluster = made()
    counted = Counted(cluster)
    dirty(cluster)
    cluster.rest()
    assert cluster.find("cm", "dirt") is None
    assert not counted.asked


@pytest.mark.parametrize("rounds", [1, 0])
def test_what_is_not_read_within_the_rounds_is_a_conflict(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    monkeypatch.setattr(confirm, "ROUNDS", rounds)
    cluster = made()
    cluster.faults.hold("v1/Event")
    confirmation = cluster.cluster.loop.confirmation
    dirty(cluster)
    loop = cluster.cluster.loop
    key = (cluster.bound("sweeper"), "default/dirt")
    run = loop._decide(key, 0)
    if rounds:  # one round reads all that this decision looks at
        assert drive(confirmation.confirmed(run, lambda: loop._decide(key, 0), {})) is not None
        return
    with pytest.raises(Conflict, match="sweeper would delete for default/dirt changes faster"):
        drive(confirmation.confirmed(run, lambda: loop._decide(key, 0), {}))


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        (Look(POD, ""), Look(POD, "default"), True),
        (Look(POD, ""), Look(POD, "default", "a"), True),
        (Look(POD, "default"), Look(POD, "default", "a"), True),
        (Look(POD, "default"), Look(POD, "default"), True),
        (Look(POD, "default", "a"), Look(POD, "default", "a"), True),
        (Look(POD, "default"), Look(POD, ""), False),
        (Look(POD, "default"), Look(POD, "other", "a"), False),
        (Look(POD, "default", "a"), Look(POD, "default", "b"), False),
        (Look(POD, "default", "a"), Look(POD, "default"), False),
        (Look(NODE, ""), Look(POD, ""), False),
    ],
)
def test_which_read_tells_what_another_would(one: Look, other: Look, covers: bool) -> None:
    assert one.covers(other) is covers
