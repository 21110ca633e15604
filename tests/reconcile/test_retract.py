"""Undoing, on whole clusters of one rule set: what the features cannot say in a sentence."""

import pytest

from ruleplane.specs.virtual import VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: painter}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap, where: "has(c.data)"}}
  watch:
    room: {kind: v1/Namespace, name: c.data.paints}
    made: {kind: v1/Secret, theirs: "it.metadata.labels['of']", ours: c.metadata.name}
  rules:
    - name: paint
      while: "true"
      apply: {to: "${room}", metadata: {labels: {colour: "${c.data.colour}"}}}
    - name: make
      each: {name: "c.data.names.split(',').filter(n, n != '')"}
      while: "true"
      ensure:
        objects: made.filter(s, s.metadata.labels.name == name)
        count: int(c.data.count)
        template: {kind: v1/Secret, metadata: {labels: {of: "${c.metadata.name}", name: "${name}"}}}
        initial: {metadata: {generateName: "s-", namespace: hall}}
        owner: none
"""
LONG = "a" * 150


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    made.load(RULES)
    made.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hall"}})
    yield made
    made.close()


def put(cluster, name="one", **data):
    data = {"paints": "hall", "colour": "red", "names": "", "count": "1", **data}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    cluster.settle()


def colour(cluster):
    return cluster.get("ns", "hall")["metadata"]["labels"].get("colour")


def of(cluster):
    return sorted(secret["metadata"]["labels"]["name"] for secret in cluster.list("secrets"))


def applying(cluster):
    entries = cluster.get("ns", "hall")["metadata"]["managedFields"]
    return [entry["manager"] for entry in entries if entry["operation"] == "Apply" and entry["manager"] != "kubectl"]


def test_fields_are_held_by_a_manager_that_names_the_primary(cluster):
    put(cluster)
    assert applying(cluster) == ["painter/default/one"]


def test_a_primary_of_a_long_name_is_found_by_its_digest(cluster):
    put(cluster, LONG)
    assert colour(cluster) == "red"
    cluster.restart()
    cluster.settle()
    assert colour(cluster) == "red"  # present: its digest is compared with those that are there
    cluster.stop()
    cluster.delete("cm", LONG)
    cluster.restart()
    cluster.settle()
    assert colour(cluster) is None


def test_objects_of_an_element_go_with_it_and_those_of_others_stay(cluster):
    put(cluster, names="a,b", count="2")
    before = {s["metadata"]["uid"] for s in cluster.list("secrets") if s["metadata"]["labels"]["name"] == "b"}
    put(cluster, names="b,c", count="2")
    assert of(cluster) == ["b", "b", "c", "c"]
    assert before < {s["metadata"]["uid"] for s in cluster.list("secrets")}


def test_what_left_objects_while_the_rule_holds_stays(cluster):
    put(cluster, names="a")
    name = cluster.list("secrets")[0]["metadata"]["name"]
    cluster.patch("secret", name, {"metadata": {"labels": {"of": None}}}, "hall")
    cluster.settle()
    assert of(cluster) == ["a", "a"]  # one more was made, as under `when`
    cluster.delete("cm", "one")
    cluster.settle()
    assert of(cluster) == []


def test_more_than_a_pass_may_delete_goes_in_several(cluster):
    put(cluster, names="a", count="520")
    assert len(of(cluster)) == 520
    cluster.delete("cm", "one")
    cluster.settle()
    assert of(cluster) == []


def test_a_rule_at_fault_deletes_nothing_that_it_made(cluster):
    put(cluster, names="a")
    cluster.patch("cm", "one", {"data": {"names": None}})
    cluster.settle()
    assert of(cluster) == ["a"]
    assert "names" in cluster.errors["painter"]


def test_a_rule_at_fault_gives_up_no_field_of_its_set(cluster):
    put(cluster)
    cluster.patch("cm", "one", {"data": {"colour": None}})
    cluster.settle()
    assert colour(cluster) == "red"
    assert "colour" in cluster.errors["painter"]


def test_null_cannot_be_held(cluster):
    cluster.replace(RULES.replace('"${c.data.colour}"', "null"))
    put(cluster)
    assert "`null` removes a field" in cluster.errors["painter"]


def test_a_plain_wish_that_contradicts_a_held_one_is_told_and_nothing_is_written(cluster):
    other = "    # allow RP012: because they are to disagree\n"
    other += '    - {name: blue, apply: {to: "${room}", metadata: {labels: {colour: blue}}}}\n'
    cluster.replace(RULES + other)
    put(cluster)
    assert colour(cluster) is None
    assert "nothing of it is written" in cluster.errors["painter"]


def test_an_edit_back_ends_the_undoing_that_another_edit_began(cluster):
    put(cluster, names="a")
    cluster.replace(RULES.partition("  watch:")[0] + "  rules:\n    - {name: t, event: {reason: T, message: t}}\n")
    cluster.replace(RULES)
    cluster.settle()
    assert of(cluster) == ["a"]
    assert colour(cluster) == "red"


def test_what_is_taken_out_says_when_it_is_done(cluster):
    put(cluster, names="a")
    loop, bound = cluster.cluster.loop, cluster.bound("painter")
    assert not loop.retracted(bound)
    loop.retract(bound)
    assert not loop.retracted(bound)
    cluster.settle()
    assert loop.retracted(bound)
    assert (colour(cluster), of(cluster)) == (None, [])
    loop.remove(bound)
    assert loop.find("painter") is None
