"""Faults: what goes wrong is exactly what was planned."""

import pytest

from ruleplane.api.call import Call
from ruleplane.errors import Conflict, Forbidden, Timeout
from ruleplane.specs.drive import drive
from ruleplane.specs.faults import CrashError, Fault, FaultyVerbs
from ruleplane.specs.virtual import VirtualCluster


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    yield made
    made.close()


def create(cluster, name):
    kind = cluster.kind("configmap")
    verbs = FaultyVerbs(cluster.cluster.api, cluster.faults)
    drive(verbs.create(kind, "default", {"metadata": {"name": name}}, Call(actor="test")))


@pytest.mark.parametrize(
    ("what", "error", "written"),
    [
        ("lost", Timeout, True),
        ("refused", Forbidden, False),
        ("conflict", Conflict, False),
        ("crash", CrashError, True),
    ],
)
def test_whether_the_write_happens(cluster, what, error, written):
    cluster.faults.plan(Fault(what, "create", "v1/ConfigMap"))
    with pytest.raises(error):
        create(cluster, "one")
    assert (cluster.find("cm", "one") is not None) is written


def test_only_the_nth_request_is_hit_and_only_so_often(cluster):
    fault = Fault("refused", "create", after=1, times=2)
    cluster.faults.plan(fault)
    outcomes = []
    for name in "abcd":
        try:
            create(cluster, name)
            outcomes.append("done")
        except Forbidden:
            outcomes.append("refused")
    assert outcomes == ["done", "refused", "refused", "done"]
    assert fault.struck == 2


def test_other_verbs_and_kinds_pass_unharmed(cluster):
    cluster.faults.plan(Fault("refused", "delete"))
    cluster.faults.plan(Fault("refused", "create", "v1/Pod"))
    create(cluster, "one")


def test_a_held_kind_shows_nothing_until_it_is_released(cluster):
    cluster.load(
        "apiVersion: ruleplane.dev/v1\nkind: RuleSet\nmetadata: {name: t}\nspec:\n  component: t\n"
        "  for: {c: {kind: v1/ConfigMap}}\n  rules: [{name: r, apply: {to: '${c}', data: {seen: ok}}}]\n"
    )
    cluster.faults.hold("v1/ConfigMap")
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}")
    cluster.advance(60)
    assert "data" not in cluster.get("cm", "one")
    cluster.faults.release("v1/ConfigMap")
    cluster.rest()
    assert cluster.get("cm", "one")["data"] == {"seen": "ok"}


def test_events_of_a_lagging_kind_arrive_in_order_and_late(cluster):
    got = []
    feed = cluster.faults.feed(lambda kind, key, *_: got.append(key))
    kind = cluster.kind("cm")
    cluster.faults.hold("v1/ConfigMap", 5_000_000_000)
    for key in ("a", "b"):
        feed(kind, key, {}, 1, "ADDED")
    assert not cluster.faults.arrive()
    cluster.clock.advance_to(cluster.faults.next_instant())
    assert cluster.faults.arrive()
    assert got == ["a", "b"]
