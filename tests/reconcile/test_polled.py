"""Relations with `every`: looked at from time to time."""

import pytest

from ruleplane.clock import parse_rfc3339
from ruleplane.errors import SourceError
from ruleplane.specs.virtual import VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: placer}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap, where: "has(c.data) && has(c.data.wants)"}}
  watch:
    nodes: {kind: v1/ServiceAccount}
    load(n): {kind: v1/Secret, name: n.metadata.name, every: 10s}
  rules:
    - name: place
      when: "!has(c.data.place)"
      choose:
        node: nodes
        filters:
          Quiet: {require: "load(node) == null", message: busy}
        then: {apply: {to: "${c}", data: {place: "${node.metadata.name}"}}}
"""


def thing(kind, name, **data):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **({"data": data} if data else {})}


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    made.load(RULES)
    made.apply(thing("ServiceAccount", "a"))
    made.apply(thing("Secret", "a"))
    yield made
    made.close()


def places(cluster):
    return {cm["metadata"]["name"]: cm["data"].get("place") for cm in cluster.list("configmaps")}


def test_who_shares_a_verdict_about_what_is_polled_is_woken_too(cluster):
    """Primaries that look alike would share verdicts, and the second would never look at the relation."""
    for name in ("one", "two"):
        cluster.apply(thing("ConfigMap", name, wants="yes"))
    cluster.settle()
    cluster.delete("secret", "a")
    cluster.settle()
    assert places(cluster) == {"one": None, "two": None}
    cluster.advance(10)
    assert places(cluster) == {"one": "a", "two": "a"}


def test_the_multiples_are_those_of_the_clock(cluster):
    cluster.advance(3)
    cluster.apply(thing("ConfigMap", "one", wants="yes"))
    cluster.settle()
    assert cluster.cluster.loop.next_instant() == parse_rfc3339("2026-01-01T00:00:10Z")


@pytest.mark.parametrize("asked", ["now >= ripe(node)", "isRipe(node)", "tick('10s') >= ripe(node)"])
def test_a_verdict_that_asks_the_clock_is_given_anew_when_the_time_has_come(asked):
    lets = """\
  let:
    ripe(n): timestamp(n.metadata.creationTimestamp) + duration('10s')
    isRipe(n): now >= ripe(n)
"""
    other = VirtualCluster(())
    other.load(RULES.replace("load(node) == null", asked).replace("  rules:\n", lets + "  rules:\n"))
    other.apply(thing("ServiceAccount", "a"))
    other.apply(thing("ConfigMap", "one", wants="yes"))
    other.settle()
    assert places(other) == {"one": None}
    other.advance(10)
    assert places(other) == {"one": "a"}
    other.close()


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ("every: 0s", "`every` takes a positive duration"),
        ("every: soon", "every"),
        ("every: 10s, wakes: none", "`every` wakes those that looked, each time: not with `wakes: none`"),
        ("every: 10s, wakes: blocked", "not with `wakes: blocked`"),
    ],
)
def test_a_span_that_polls_nothing_is_refused_with_its_place(spoilt, told):
    other = VirtualCluster(())
    with pytest.raises(SourceError, match=told) as refusal:
        other.load(RULES.replace("every: 10s", spoilt))
    other.close()
    assert refusal.value.line == 9
