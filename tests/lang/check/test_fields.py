"""Fields and types: what templates and scores may give, and where."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: one}
spec:
  component: examples
  for: {pod: {kind: v1/Pod}}
  watch: {nodes: {kind: v1/Node}}
  rules:
    - name: a
      RULE
"""
POST = 'post: {to: "${pod}", subresource: binding, body: {target: {kind: Node, name: "${node.metadata.name}"}}}'
CHOOSE = f'choose: {{node: nodes, scores: {{Free: {{value: "1"}}}}, then: {{{POST}}}}}'
KEEP = "each: {node: nodes}, keep: {of: \"${node}\", in: spec.taints, mine: it.key == 'a', as: []}"


@pytest.fixture
def found(tmp_path):
    def check(rule):
        path = tmp_path / "rules.yaml"
        path.write_text(HEAD.replace("- name: a\n      RULE", f"- {{name: a, {rule}}}"))
        findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
        return [(one.code, one.message) for one in findings if one.code not in ("RP009", "RP011")]

    return check


@pytest.mark.parametrize(
    ("rule", "old", "new", "code", "message"),
    [
        (CHOOSE, "binding", "bindings", "RP007", "v1/Pod has no subresource 'bindings'; did you mean 'binding'?"),
        (CHOOSE, '"1"', "\"'a'\"", "RP006", "a number is expected, and this is of type string"),
        (CHOOSE, "target:", "traget:", "RP007", "Binding has no field 'traget'; did you mean 'target'?"),
        (KEEP, "spec.taints", "spec.taint", "RP007", "NodeSpec has no field 'taint'; did you mean 'taints'?"),
        (KEEP, '"${node}"', "node", "RP006", 'an object is expected, and this is of type string; write "${node}"'),
        (KEEP, '"${node}"', '"${node.metadata.name}"', "RP006", "an object is expected, and this is of type string"),
        (KEEP, '"${node}"', '"${nodes}"', "RP006", "an object is expected, and this is of type list(Node)"),
        (KEEP, "as: []", "as: [{key: 1}]", "RP008", "text is expected here, and this is of type int"),
    ],
)
def test_what_a_kind_does_not_have_is_told_and_what_it_has_is_not(found, rule, old, new, code, message):
    assert found(rule) == []
    assert old in rule
    assert found(rule.replace(old, new)) == [(code, message)]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("1 = 2", "unexpected character '='; did you mean '=='?"),
        ("true & true", "unexpected character '&'; did you mean '&&'?"),
        ("true and true", "'and' where an operator or the end was expected; did you mean '&&'?"),
        ("size([true or false]) > 0", "'or' where ']' was expected; did you mean '||'?"),
        ("1 # 2", "unexpected character '#'"),
    ],
)
def test_what_other_languages_write_is_told_in_words_of_this_one(found, condition, message):
    assert found(f"when: '{condition}', event: {{reason: A, message: b}}") == [("RP001", message)]


def test_a_let_that_does_not_parse_is_told_once(tmp_path):
    path = tmp_path / "rules.yaml"
    let = "  let: {broken: 'size(nodes', twice(x): 'x +'}\n  rules:"
    rule = "when: broken > 1 && twice(2) == 4\n      event: {reason: A, message: b}"
    path.write_text(HEAD.replace("RULE", rule).replace("  rules:", let))
    findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
    assert [(one.code, one.line) for one in findings if one.code != "RP011"] == [("RP001", 8), ("RP001", 8)]
