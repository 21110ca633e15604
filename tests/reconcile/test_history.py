"""`history`: what a value was during a window."""

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.load import compile_documents
from ruleplane.lang.source import parse, shape
from ruleplane.reconcile.history import carried, held
from ruleplane.specs.virtual import VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: clerk}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap, where: "c.metadata.name != 'aside'"}}
  let:
    past: history(c.data.value, '1m')
  rules:
    - name: note
      when: "!('quiet' in c.data)"
      apply: {to: "${c}", metadata: {annotations: {past: "${past.map(h, h.value).join(' ')}", since: "${past[0].at}"}}}
"""


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    made.load(RULES)
    yield made
    made.close()


def put(cluster, value, name="a", **more):
    data = {"value": value, **more}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    cluster.settle()


def note(cluster, name="a"):
    return cluster.get("configmap", name)["metadata"]["annotations"]


def test_it_lists_distinct_values_the_newest_last_each_with_its_instant(cluster):
    put(cluster, "x")
    cluster.advance(10)
    put(cluster, "y", unrelated="1")
    put(cluster, "y", unrelated="2")
    cluster.advance(10)
    put(cluster, "x")
    assert note(cluster) == {"past": "x y x", "since": "2026-01-01T00:00:00Z"}


def test_what_held_when_the_window_began_counts_though_it_came_before(cluster):
    put(cluster, "x")
    cluster.advance(600)
    put(cluster, "y")
    assert note(cluster)["past"] == "x y"
    cluster.advance(59)
    assert note(cluster)["past"] == "x y"
    cluster.advance(1)
    assert note(cluster) == {"past": "y", "since": "2026-01-01T00:10:00Z"}


def test_each_key_has_its_own(cluster):
    put(cluster, "x")
    put(cluster, "y", "b")
    assert (note(cluster)["past"], note(cluster, "b")["past"]) == ("x", "y")


def test_it_is_forgotten_when_the_object_goes(cluster):
    put(cluster, "x")
    cluster.delete("configmap", "a")
    cluster.settle()
    assert not cluster.cluster.loop._past
    put(cluster, "y")
    assert note(cluster)["past"] == "y"


def test_while_nobody_asks_it_ages(cluster):
    put(cluster, "x")
    put(cluster, "y", quiet="yes")
    cluster.advance(30)
    put(cluster, "z")
    assert note(cluster)["past"] == "x z"
    put(cluster, "z", quiet="yes")
    cluster.advance(120)
    put(cluster, "w", quiet="no wonder")
    cluster.patch("configmap", "a", {"data": {"quiet": None}})
    cluster.settle()
    assert note(cluster)["past"] == "w"


def test_an_edit_elsewhere_in_the_rule_set_keeps_it(cluster):
    put(cluster, "x")
    put(cluster, "y")
    cluster.replace(RULES.replace("join(' ')", "join('+')"))
    cluster.settle()
    assert note(cluster)["past"] == "x+y"


def test_a_pass_changes_nothing_of_what_it_is_given():
    before = {"s": (60, ((0, "x"), (5, "y")))}
    entries = held(before["s"][1], "z", 10, 60)
    assert carried(before, {"s": (60, entries)}, 10) == {"s": (60, ((0, "x"), (5, "y"), (10, "z")))}
    assert before == {"s": (60, ((0, "x"), (5, "y")))}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("history(c.data.value)", r"history\(\) takes a value and a duration"),
        ("c.data.map(k, history(c.data[k], '1m'))", "keeps one value of the primary, and 'k' is one of many"),
        ("history(now, '1m')", "`now` stands alone"),
    ],
)
def test_what_is_not_one_value_is_refused_with_its_place(written, told):
    text = RULES.replace("history(c.data.value, '1m')", written)
    with pytest.raises(SourceError, match=told) as refusal:
        compile_documents([(source, shape(source)) for source in parse(text, "clerk.yaml")])
    assert refusal.value.line == 8


@pytest.mark.parametrize(
    "asked", ["size(history(c.data.value, '1m')) > 0", "seen(c.data) > timestamp('2026-01-01T00:00:00Z')"]
)
def test_a_static_condition_has_no_past(asked):
    text = RULES.replace("c.metadata.name != 'aside'", asked)
    with pytest.raises(SourceError, match=r"\(\) depends on more than the object: not in a static condition"):
        compile_documents([(source, shape(source)) for source in parse(text, "clerk.yaml")])


@pytest.mark.parametrize(
    ("span", "told"), [("'0s'", "takes a positive duration"), ("5", "a duration was expected, found int")]
)
def test_a_window_that_is_none_is_the_rules_error(cluster, span, told):
    cluster.replace(RULES.replace("'1m'", span))
    put(cluster, "x")
    assert told in cluster.errors["clerk"]
