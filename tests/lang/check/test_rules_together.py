"""What rules do to each other: two writers of one field, and rules that never come to rest."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: NAME}
spec:
  component: examples
  for: {o: {kind: v1/ConfigMap}}
"""


def rule_set(rules: str, name: str = "one", more: str = "") -> str:
    return HEAD.replace("NAME", name) + more + "  rules:\n" + "".join(f"    {line}\n" for line in rules.splitlines())


@pytest.fixture
def found(tmp_path):
    def check(*texts):
        path = tmp_path / "rules.yaml"
        path.write_text("---\n".join(texts))
        findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
        return [one for one in findings if one.code != "RP009"]  # guards would only lengthen these

    return check


def write(value: str, name: str = "a", when: str = "", field: str = "x") -> str:
    condition = f'when: "{when}", ' if when else ""
    return f'- {{name: {name}, {condition}apply: {{to: "${{o}}", data: {{{field}: "{value}"}}}}}}\n'


def codes(findings):
    return [finding.code for finding in findings]


def test_two_rule_sets_that_keep_one_field_are_found_with_both_places(found):
    (finding,) = found(rule_set(write("1")), rule_set(write("2"), "two"))
    assert finding.code == "RP012"
    assert finding.message == "two/a writes data.x of v1/ConfigMap, as one/a does"
    assert finding.ruleset == "two"
    assert [(other.line, other.message) for other in finding.related] == [(8, "one/a writes it here")]


def test_the_primary_is_the_same_object_by_whatever_name(found):
    other = rule_set(write("2", when="!has(p.data)").replace("${o}", "${p}"), "two").replace("{o: {kind", "{p: {kind")
    assert codes(found(rule_set(write("1", when="has(o.data)")), other)) == []


def test_equal_values_and_other_fields_are_no_disagreement(found):
    assert codes(found(rule_set(write("1") + write("1", "b") + write("2", "c", field="z")))) == []


def test_lets_and_functions_are_looked_through(found):
    more = "  let: {big: size(o.data) > 3, small: '!big'}\n"
    assert codes(found(rule_set(write("1", when="big") + write("2", "b", "small"), more=more))) == []


def test_elements_of_a_list_with_keys_are_told_apart(found):
    text = """\
- {name: a, status: {conditions: [{type: TYPE, status: "True"}]}}
- {name: b, status: {conditions: [{type: B, status: "False"}]}}
"""
    pods = rule_set(text).replace("v1/ConfigMap", "v1/Pod")
    assert codes(found(pods.replace("TYPE", "A"))) == []
    assert codes(found(pods.replace("TYPE", "B"))) == ["RP012"]


def test_objects_of_one_kind_that_may_be_one_object_are_doubtful(found):
    more = "  watch: {others: {kind: v1/Secret, ownedBy: o}}\n"
    rule = '- {name: a, each: {s: others}, apply: {to: "${s}", metadata: {labels: {x: "1"}}}}\n'
    other = rule_set(rule.replace('"1"', '"2"'), "two", more)
    assert codes(found(rule_set(rule, "one", more), other)) == ["RP013"]


def test_two_ensures_bring_their_own_objects_to_their_templates(found):
    more = "  watch: {a: {kind: v1/Secret, ownedBy: o}, b: {kind: v1/Secret, labels: {x: z}}}\n"
    rule = '- {name: N, ensure: {objects: N, count: "1", template: {kind: v1/Secret, stringData: {k: "N"}}}}\n'
    assert codes(found(rule_set(rule.replace("N", "a") + rule.replace("N", "b"), more=more))) == []


def test_a_counter_that_two_rules_turn_is_found_with_the_circle(found):
    (finding,) = found(rule_set(write("${o.data.z + 'a'}") + write("${o.data.x}", "b", field="z")))
    assert finding.code == "RP014"
    assert "one/a (data.x) is counted on by one/b (data.z) is counted on by one/a" in finding.message


def test_a_counter_over_two_rule_sets_is_found(found):
    findings = found(rule_set(write("${o.data.z + 'a'}")), rule_set(write("${o.data.x}", "b", field="z"), "two"))
    assert codes(findings) == ["RP014"]
    assert "two/b" in findings[0].message


@pytest.mark.parametrize(
    "rules",
    [
        write("${o.data.x}"),
        write("${o.data.?x.orValue('1')}"),
        write("${o.data.z + 'a'}"),
        write("${o.data.x + 'a'}", when="size(o.data.x) < 3"),
        write("${size(o.data.x) < 3 ? o.data.x + 'a' : o.data.x}"),
        write("${o.data.z}") + write("${o.data.x}", "b", field="z"),
    ],
)
def test_what_comes_to_rest_is_no_circle(found, rules):
    assert codes(found(rule_set(rules))) == []


def test_what_admission_counts_per_request_is_no_circle(found):
    rules = """\
- {name: a, apply: {to: "${room}", data: {taken: "${string(int(room.data.taken) + 1)}"}}}
"""
    more = "  watch: {room: {kind: v1/Secret, name: \"'room'\"}}\n"
    counting = rule_set(rules, more=more)
    assert "RP014" in codes(found(counting))
    assert "RP014" not in codes(found(counting.replace("component: examples", "component: apiserver\n  order: 1")))


def test_rules_that_throw_a_field_to_and_fro_are_found(found):
    to = write("off", "a", "o.data.?x.orValue('') == 'on'")
    fro = write("on", "b", "o.data.?x.orValue('') == 'off'")
    (finding,) = found(rule_set(to + fro))
    assert finding.code == "RP014"
    assert (
        "one/a (data.x) makes the condition hold of one/b (data.x) makes the condition hold of one/a" in finding.message
    )
    assert codes(found(rule_set(to + fro.replace("off", "none")))) == []


def test_a_rule_that_contradicts_the_where_never_holds(found):
    text = rule_set(write("1", when="!has(o.data)")).replace("v1/ConfigMap}", 'v1/ConfigMap, where: "has(o.data)"}')
    (finding,) = found(text)
    assert finding.code == "RP019"
    assert "`has(data)` would have to be" in finding.message


def test_a_silence_covers_the_part_below_it_and_must_be_needed(found):
    comment = "# allow RP012: because the second is taken out next week\n"
    two = write("1") + comment + write("2", "b")
    assert codes(found(rule_set(two))) == []
    assert codes(found(rule_set(two.replace(": because the second is taken out next week", "")))) == ["RP020", "RP012"]
    (stale,) = found(rule_set(comment + write("1")))
    assert (stale.code, stale.line) == ("RP020", 8)
    assert stale.message == "there is no RP012 here that this would silence"
    (unknown,) = found(rule_set(comment.replace("RP012", "RP999") + write("1")))
    assert unknown.message == "no finding has the code RP999"
