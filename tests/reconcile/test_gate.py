"""What admission tells of a rule set or library that is applied: every mistake, doubts, and what kubectl spoils."""

from __future__ import annotations

import pytest
import yaml

from ruleplane.api.call import Call
from ruleplane.errors import Invalid
from ruleplane.specs.virtual import VirtualCluster
from support.drive import drive

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: labeller}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: label
      apply: {to: "${c}", metadata: {labels: {seen: "VALUE"}}}
"""
LIBRARY = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: words}
spec:
  functions:
    word(): "'one'"
"""


def rules(value="yes"):
    return RULES.replace("VALUE", value)


@pytest.fixture
def cluster():
    cluster = VirtualCluster([])
    cluster.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {}}])
    yield cluster
    cluster.close()


def test_a_name_that_has_become_a_boolean_on_the_way_is_told_as_that(cluster):
    obj = yaml.safe_load(rules("x"))
    obj["spec"]["rules"][0]["each"] = {"false": "['a']"}
    with pytest.raises(
        Invalid, match=r'spec.rules\[0\].each.false: Invalid value: "false": an unquoted y, n, .* is read'
    ):
        cluster.apply([obj])


def test_everything_that_the_checker_finds_wrong_is_told_at_once(cluster):
    with pytest.raises(Invalid) as caught:
        cluster.apply(
            rules("${c.dta.x}").replace("metadata: {labels", 'data: {a: "${c.metadata.nmae}"}, metadata: {labels')
        )
    assert "ConfigMap has no field 'dta'; did you mean 'data'? [RP005]" in str(caught.value)
    assert "ObjectMeta has no field 'nmae'; did you mean 'name'? [RP005]" in str(caught.value)


def test_what_the_checker_doubts_is_a_warning(cluster):
    call = Call(actor="kubectl")
    obj = yaml.safe_load(rules("${c.data.x}").replace("  rules:", "  let: {spare: '1'}\n  rules:"))
    drive(cluster.cluster.api.create(cluster.cluster.registry.get("ruleplane.dev/v1/RuleSet"), "", obj, call))
    told = "\n".join(call.warnings)
    assert "spec.let.spare: `spare` is never used [RP011]" in told
    assert "spec.rules[0].apply.metadata.labels.seen:1:5: c.data may be absent [RP009]; " in told


def test_a_library_may_not_change_so_that_the_checker_refuses_a_rule_set_that_calls_it(cluster):
    library = LIBRARY.replace("word(): \"'one'\"", "word(o): o.metadata.name")
    cluster.apply(library)
    cluster.apply(rules("${word(c)}"))
    with pytest.raises(Invalid, match=r"the rule set labeller needs it otherwise: .*no field 'nmae'"):
        cluster.apply(library.replace("metadata.name", "metadata.nmae"))


def test_a_null_that_the_next_edit_would_drop_is_refused(cluster):
    text = rules("x").replace('labels: {seen: "x"}', "labels: {seen: null}")
    with pytest.raises(
        Invalid, match=r'metadata.labels.seen: Invalid value: null: kubectl apply drops null.*"\$\{null\}"'
    ):
        cluster.apply(text)
