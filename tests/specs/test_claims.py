"""Claims: sentences, and when they have to hold."""

import pytest

from ruleplane.clock import SECOND
from ruleplane.specs import claims
from ruleplane.specs.selection import Mismatch, Selection
from ruleplane.specs.steps import fields, objects  # noqa: F401 - register their claims
from ruleplane.specs.virtual import VirtualCluster

COUNTER = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: counter}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: ripen
      doc: After ten seconds it is ripe.
      when: now >= timestamp(c.metadata.creationTimestamp) + duration('10s')
      apply: {to: "${c}", data: {state: ripe}}
    - name: rot
      doc: After twenty it rots.
      when: now >= timestamp(c.metadata.creationTimestamp) + duration('20s')
      apply: {to: "${c}", metadata: {labels: {rotten: "true"}}}
"""
FRUIT = "{apiVersion: v1, kind: ConfigMap, metadata: {name: fruit}, data: {state: green}}"


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    made.load(COUNTER)
    made.apply(FRUIT)
    made.settle()
    yield made
    made.close()


def elapsed(cluster, start):
    return (cluster.clock.now() - start) / SECOND


def test_within_stops_at_the_first_moment_at_which_it_holds(cluster):
    start = cluster.clock.now()
    claims.tell(cluster, 'within 30 seconds ConfigMap "fruit" has data.state ripe')
    assert elapsed(cluster, start) == 10


def test_within_fails_with_what_was_last(cluster):
    with pytest.raises(Mismatch, match=r"not within 5 seconds: ConfigMap fruit: data\.state is 'green', not ripe"):
        claims.tell(cluster, 'within 5 seconds ConfigMap "fruit" has data.state ripe')


def test_for_fails_at_the_moment_at_which_it_no_longer_holds(cluster):
    claims.tell(cluster, 'for 9 seconds ConfigMap "fruit" has data.state green')
    with pytest.raises(Mismatch, match="no longer after 1 seconds"):
        claims.tell(cluster, 'for 1 minute ConfigMap "fruit" has data.state green')


def test_always_and_never_watch_every_later_step(cluster):
    claims.tell(cluster, 'never ConfigMap "fruit" has data.state rotten')
    claims.tell(cluster, 'always ConfigMap "fruit" has data.state green')
    cluster.advance(9)
    with pytest.raises(Mismatch, match="no longer after 10 seconds"):
        cluster.advance(2)


def test_never_fails_when_it_comes_to_hold(cluster):
    claims.tell(cluster, 'never ConfigMap "fruit" has data.state ripe')
    with pytest.raises(Mismatch, match=r"after 10 seconds"):
        cluster.advance(20)


def test_until_demands_the_one_only_as_long_as_the_other_does_not_hold(cluster):
    claims.tell(cluster, 'ConfigMap "fruit" has no metadata.labels until ConfigMap "fruit" has data.state ripe')
    with pytest.raises(Mismatch, match="no longer after 10 seconds"):
        claims.tell(
            cluster, 'ConfigMap "fruit" has no metadata.labels.rotten until ConfigMap "fruit" has data.state sold'
        )


def test_what_no_claim_reads_is_no_claim():
    assert claims.understood('within 3 seconds Pod "x" exists')
    assert not claims.understood('within 3 seconds Pod "x" dances')
    assert not claims.understood("always sunny")


def test_a_selection_knows_names_namespaces_owners_labels_and_fields():
    found = Selection.parse(
        'Pods in namespace "shop" owned by ReplicaSet "web" labelled "a=b,c=d" where spec.x is not 3'
    )
    assert (found.kind, found.namespace, found.owner) == ("Pods", "shop", 'ReplicaSet "web"')
    assert found.labels == (("a", "b"), ("c", "d"))
    assert found.where == (("spec.x", True, "3"),)
    assert Selection.parse('Pod "shop/web"').namespace == "shop"


def test_no_object_is_no_vacuous_truth(cluster):
    with pytest.raises(Mismatch, match=r"there is no every ConfigMap labelled .* \(of this kind there are: fruit\)"):
        claims.tell(cluster, 'every ConfigMap labelled "a=b" has data.state green')
