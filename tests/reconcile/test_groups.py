"""One reconcile per group of objects (`for.by`)."""

import pytest

from ruleplane.errors import SourceError
from ruleplane.model.trace import split_ref
from ruleplane.specs.virtual import VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: zones}
spec:
  component: test
  for: {members: {kind: v1/ConfigMap, by: it.metadata.labels.zone, where: "!('sum' in it.metadata.labels)"}}
  watch:
    sums: {kind: v1/ConfigMap, labels: {sum: "${group}"}, namespace: "'default'"}
  let:
    total: members.sum(m, int(m.data.size))
  rules:
    - name: keep-sum
      ensure:
        objects: sums
        count: "1"
        template: {kind: v1/ConfigMap, data: {total: "${string(total)}"}}
        initial: {metadata: {generateName: sum-, namespace: default, labels: {sum: "${group}"}}}
      event: {created: "made", about: "${members[0]}"}
"""


def apply(cluster, name, size, **labels):
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": labels},
            "data": {"size": str(size)},
        }
    )


def totals(cluster):
    cluster.settle()
    found = [cm for cm in cluster.list("configmaps") if "sum" in cm["metadata"].get("labels", {})]
    return {cm["metadata"]["labels"]["sum"]: cm["data"]["total"] for cm in found}


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    made.load(RULES)
    yield made
    made.close()


def test_each_value_is_reconciled_with_the_list_of_its_members(cluster):
    apply(cluster, "a", 1, zone="north")
    apply(cluster, "b", 2, zone="north")
    apply(cluster, "c", 5, zone="south")
    apply(cluster, "d", 7)
    assert totals(cluster) == {"north": "3", "south": "5"}
    assert not cluster.errors


def test_a_group_wakes_when_a_member_comes_changes_moves_or_goes(cluster):
    apply(cluster, "a", 1, zone="north")
    apply(cluster, "b", 2, zone="south")
    assert totals(cluster) == {"north": "1", "south": "2"}
    apply(cluster, "a", 9, zone="north")
    assert totals(cluster) == {"north": "9", "south": "2"}
    apply(cluster, "c", 4, zone="south")
    assert totals(cluster)["south"] == "6"
    apply(cluster, "c", 4, zone="north")
    assert totals(cluster) == {"north": "13", "south": "2"}
    cluster.delete("configmap", "a")
    assert totals(cluster)["north"] == "4"


def test_what_no_rule_reads_wakes_no_group(cluster):
    apply(cluster, "a", 1, zone="north")
    totals(cluster)
    before = cluster.cluster.loop.passes
    cluster.patch("configmap", "a", {"metadata": {"annotations": {"unread": "yes"}}})
    totals(cluster)
    assert cluster.cluster.loop.passes == before


def test_an_empty_group_is_decided_no_more(cluster):
    apply(cluster, "a", 1, zone="north")
    totals(cluster)
    cluster.delete("configmap", "a")
    cluster.settle()
    loop = cluster.cluster.loop
    assert [bound.all_keys() for bound in loop.cache.bounds] == [[]]
    before = loop.passes
    for made in cluster.list("configmaps"):
        cluster.delete_object(made)
    cluster.settle()
    assert loop.passes == before
    assert totals(cluster) == {}


def test_firings_name_the_group_and_the_latest_member_that_was_seen(cluster):
    apply(cluster, "a", 1, zone="north")
    apply(cluster, "b", 1, zone="north")
    cluster.settle()
    latest = max(int(cluster.get("cm", name)["metadata"]["resourceVersion"]) for name in "ab")
    (firing,) = cluster.firings("zones/keep-sum")
    assert (firing.key, firing.revision) == ("v1/ConfigMap//by(north)", latest)


def test_the_reference_of_a_group_has_as_many_parts_as_that_of_any_object():
    cluster = VirtualCluster(())
    cluster.load(RULES.replace("by: it.metadata.labels.zone", "by: it.data.size").replace("${group}", "all"))
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {}}, "data": {"size": "1/2"}}
    )
    cluster.settle()
    (ref,) = {firing.key for firing in cluster.recorder.log.newest() if hasattr(firing, "rules")}
    assert split_ref(ref) == ("v1/ConfigMap", "", "by(1%2F2)")


def test_a_lost_answer_makes_no_twin_of_what_nobody_owns(cluster):
    from ruleplane.specs.faults import Fault

    cluster.faults.plan(Fault("crash", "create", "v1/ConfigMap"))
    cluster.faults.hold("v1/ConfigMap")
    apply(cluster, "a", 1, zone="north")
    cluster.faults.release("v1/ConfigMap")
    cluster.advance(5)
    assert totals(cluster) == {"north": "1"}
    assert len(cluster.list("configmaps")) == 2
    assert [fault.struck for fault in cluster.faults.planned] == [1]


def test_one_group_holds_all_where_the_value_is_the_same():
    cluster = VirtualCluster(())
    cluster.load(
        RULES.replace("by: it.metadata.labels.zone, where", "by: \"''\", where").replace("${group}", "all${group}")
    )
    apply(cluster, "a", 1, zone="north")
    apply(cluster, "b", 2, zone="south")
    assert totals(cluster) == {"all": "3"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('about: "${members[0]}"', "", "a group is no object that could be told of: give `about`"),
        ('count: "1"', 'count: "1"\n        owner: owner', "a group cannot own what is made"),
        (", namespace: \"'default'\"", "", "a group is in no namespace: give `namespace` beside `labels`"),
        ('labels: {sum: "${group}"}, namespace: "\'default\'"', "controlledBy: members", "which owns nothing"),
        ('labels: {sum: "${group}"}, namespace: "\'default\'"', "selectedBy: it.data", "a group has no labels"),
    ],
)
def test_what_asks_for_one_object_is_refused_for_a_group(old, new, message):
    assert old in RULES
    with pytest.raises(SourceError, match=message) as refusal:
        VirtualCluster(()).load(RULES.replace(old, new))
    assert refusal.value.line > 5


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("status: {a: 1}", "a group has no status"),
        ('apply: {to: "${members}", data: {a: b}}', "'members' is a list: `to` names one object"),
    ],
)
def test_a_head_about_the_primary_is_refused_for_a_group(head, message):
    with pytest.raises(SourceError, match=message):
        VirtualCluster(()).load(RULES + f"    - {{name: other, {head}}}\n")


def test_group_is_no_name_where_there_is_none():
    with pytest.raises(SourceError, match="group"):
        VirtualCluster(()).load(
            RULES.replace("by: it.metadata.labels.zone, ", "").replace("it.metadata", "members.metadata")
        )
