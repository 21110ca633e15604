"""What admission tells of a rule set or library that is applied: every mistake, doubts, and what kubectl spoils."""

from __future__ import annotations

import pytest
import yaml

from ruleplane.api.call import Call
from ruleplane.errors import Invalid
from ruleplane.specs.faults import Fault
from ruleplane.specs.virtual import VirtualCluster
from support.drive import drive
from support.labeller import LIBRARY, RULES, rules


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


# --- beside what runs already -----------------------------------------------------------------------------------------


def test_a_rule_set_that_would_fight_with_an_installed_one_is_refused(cluster):
    cluster.apply(rules("yes"))
    with pytest.raises(
        Invalid, match=r"other/label writes metadata.labels.seen of v1/ConfigMap, as labeller/label does"
    ):
        cluster.apply(rules("no", "other"))
    cluster.apply(rules("yes", "other"))  # two that agree do not fight


def test_a_rule_set_that_would_fight_with_one_of_a_file_is_refused(cluster):
    cluster.load(rules("yes", "filed"))
    with pytest.raises(Invalid, match=r"spec.rules\[0\].name: .*labeller/label writes .* as filed/label does"):
        cluster.apply(rules("no"))


def test_where_the_text_does_not_tell_it_is_a_warning(cluster):
    when = "    - name: label\n      when: "
    cluster.apply(rules("yes").replace("    - name: label\n", f"{when}has(c.data)\n"))
    obj = yaml.safe_load(rules("no", "other"))
    obj["spec"]["rules"][0]["when"] = "c.metadata.name == 'b'"
    call = Call(actor="kubectl")
    drive(cluster.cluster.api.create(cluster.cluster.registry.get("ruleplane.dev/v1/RuleSet"), "", obj, call))
    (told,) = call.warnings
    assert told.startswith("spec.rules[0].name:1:1: other/label may write metadata.labels.seen of v1/ConfigMap"), told


def test_an_edit_does_not_fight_with_the_text_that_it_replaces(cluster):
    cluster.apply(rules("yes"))
    cluster.rest()
    cluster.apply(rules("no"))
    cluster.rest()
    assert cluster.find("cm", "a")["metadata"]["labels"] == {"seen": "no"}
    with pytest.raises(Invalid, match="as labeller/label does"):  # the new text is the neighbour now
        cluster.apply(rules("yes", "other"))


def test_one_that_is_being_deleted_stands_in_nobodys_way(cluster):
    cluster.apply(rules("yes").replace("    - name: label\n", '    - name: label\n      while: "true"\n'))
    cluster.rest()
    cluster.faults.plan(Fault("refused", "patch", "v1/ConfigMap", times=0))  # so that it cannot be undone
    cluster.delete("ruleset", "labeller")
    cluster.rest()
    assert "deletionTimestamp" in cluster.find("ruleset", "labeller")["metadata"]
    cluster.apply(rules("no", "other"))


def test_a_cycle_through_another_rule_set_is_refused(cluster):
    count = 'apply: {to: "${c}", data: {a: "${string(int(c.data.b) + 1)}"}}'
    one = RULES[: RULES.index("      apply")] + "      when: has(c.data) && has(c.data.b)\n      " + count + "\n"
    cluster.apply(one)
    other = one.replace("labeller", "other").replace("c.data.b", "c.data.a").replace("data: {a:", "data: {b:")
    with pytest.raises(Invalid, match=r"wake one another for ever"):
        cluster.apply(other)
