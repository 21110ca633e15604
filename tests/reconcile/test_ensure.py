"""`ensure`: names, keys, subsets, and the loud halt, on whole clusters of one rule set."""

import pytest

from ruleplane.specs.virtual import VirtualCluster

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: maker}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap, where: "has(c.data)"}}
  watch:
    mine: {kind: v1/Secret, controlledBy: c}
    other: {kind: v1/Secret, labels: {of: "nobody"}}
  rules:
    - name: make
"""
COUNTED = """\
      ensure:
        objects: mine
        count: int(c.data.count)
        template: {kind: v1/Secret, metadata: {labels: {colour: "${c.data.?colour.orValue('red')}"}}}
        initial: {metadata: {generateName: "${c.metadata.name}-"}}
"""
KEYED = """\
      ensure:
        objects: mine
        each: {name: "c.data.names.split(',').filter(n, n != '')"}
        key: object.metadata.labels.key
        template: {kind: v1/Secret, metadata: {labels: {key: "${name}"}}}
        initial: {metadata: {name: "${c.metadata.name}-${name}"}}
"""


def cluster_with(rule):
    made = VirtualCluster(())
    made.load(HEAD + rule)
    return made


def put(cluster, name="one", **data):
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    cluster.settle()


def secrets(cluster):
    return [secret["metadata"] for secret in cluster.list("secrets")]


def test_as_many_are_made_as_are_counted_and_the_primary_controls_them():
    cluster = cluster_with(COUNTED)
    put(cluster, count="3")
    made = secrets(cluster)
    assert len(made) == 3
    assert all(one["name"].startswith("one-") and one["generateName"] == "one-" for one in made)
    uid = cluster.get("cm", "one")["metadata"]["uid"]
    assert {(r["uid"], r["controller"]) for one in made for r in one["ownerReferences"]} == {(uid, True)}


def test_names_follow_from_owner_rule_and_what_is_there():
    names = []
    for seed in (1, 2):
        cluster = VirtualCluster((), seed=seed)
        cluster.load(HEAD + COUNTED)
        cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"count": "0"}})
        cluster.settle()
        put(cluster, count="2")
        names.append({one["name"] for one in secrets(cluster)})
    assert not names[0] & names[1]  # other uids, other names


def test_a_foreign_object_of_that_name_is_left_alone_and_another_name_is_taken():
    probe = cluster_with(COUNTED)
    put(probe, count="1")
    taken = secrets(probe)[0]["name"]
    cluster = cluster_with(COUNTED)  # the same seed: the same uids, so the same name
    create_foreign(cluster, taken, before=True)
    put(cluster, count="1")
    names = {one["name"] for one in secrets(cluster)}
    assert len(names) == 2
    assert cluster.get("secret", taken)["metadata"].get("ownerReferences") is None
    assert cluster.errors == {} or len(names) == 2


def create_foreign(cluster, name, *, before):
    """An object of that name; its uid is taken from the end of chance, so that the later ones stay the same."""
    state = cluster.cluster.random.getstate() if before else None
    cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})
    if state is not None:
        cluster.cluster.random.setstate(state)
        cluster.cluster.random.getrandbits(1)


def test_fields_of_the_template_are_kept_and_others_left_alone():
    cluster = cluster_with(COUNTED)
    put(cluster, count="1")
    name = secrets(cluster)[0]["name"]
    cluster.patch("secret", name, {"metadata": {"labels": {"colour": "green", "mine": "yes"}}})
    cluster.settle()
    assert cluster.get("secret", name)["metadata"]["labels"] == {"colour": "red", "mine": "yes"}
    put(cluster, count="1", colour="blue")
    assert cluster.get("secret", name)["metadata"]["labels"]["colour"] == "blue"


def test_surplus_goes_and_nothing_more():
    cluster = cluster_with(COUNTED)
    put(cluster, count="5")
    before = {one["uid"] for one in secrets(cluster)}
    put(cluster, count="2")
    after = {one["uid"] for one in secrets(cluster)}
    assert len(after) == 2
    assert after < before


def test_keyed_objects_follow_the_list():
    cluster = cluster_with(KEYED)
    put(cluster, names="a,b")
    uids = {one["labels"]["key"]: one["uid"] for one in secrets(cluster)}
    put(cluster, names="b,c")
    now = {one["labels"]["key"]: one["uid"] for one in secrets(cluster)}
    assert set(now) == {"b", "c"}
    assert now["b"] == uids["b"]


def test_two_elements_of_one_key_are_an_error_and_nothing_is_made():
    cluster = cluster_with(KEYED)
    put(cluster, names="a,a")
    assert secrets(cluster) == []
    assert "two elements have the key 'a'" in cluster.errors["maker"]


@pytest.mark.parametrize(("count", "what"), [("-1", "-1")])
def test_a_count_below_zero_is_an_error(count, what):
    cluster = cluster_with(COUNTED)
    put(cluster, count=count)
    assert f"count is {what}, a whole number from 0 was expected" in cluster.errors["maker"]


def test_what_was_made_and_is_not_among_the_objects_halts_the_rule_loudly():
    cluster = cluster_with(COUNTED.replace("objects: mine", "objects: other"))
    put(cluster, count="2")
    put(cluster, count="4")
    cluster.advance(3600)
    assert len(secrets(cluster)) == 2
    assert "was made, and is not among `objects`: nothing more is created" in cluster.errors["maker"]


def test_subsets_choose_who_is_made_deleted_and_changed():
    rule = COUNTED + "        create: 'missing.filter(slot, slot < 1)'\n        delete: '[]'\n        update: '[]'\n"
    cluster = cluster_with(rule)
    put(cluster, count="3", colour="red")
    names = {one["name"] for one in secrets(cluster)}
    put(cluster, count="0", colour="blue")
    assert {one["name"] for one in secrets(cluster)} == names
    assert {one["labels"]["colour"] for one in secrets(cluster)} == {"red"}


def test_what_was_made_for_an_earlier_wish_need_not_be_found_any_more():
    rule = COUNTED.replace("objects: mine", "objects: mine.filter(p, p.metadata.labels.colour == c.data.colour)")
    cluster = cluster_with(rule)
    put(cluster, count="1", colour="red")
    put(cluster, count="1", colour="blue")
    assert sorted(one["labels"]["colour"] for one in secrets(cluster)) == ["blue", "red"]
    assert not cluster.errors


@pytest.mark.parametrize("key", ["dyn({'a': name})", "dyn([name])"])
def test_a_key_that_tells_nothing_apart_is_an_error_of_the_rule_alone(key):
    cluster = cluster_with(KEYED.replace("        key:", f'        by: "{key}"\n        key:'))
    put(cluster, names="a")
    assert "ensure: a key is a text, a number or a bool, not a " in cluster.errors["maker"]
    assert secrets(cluster) == []
