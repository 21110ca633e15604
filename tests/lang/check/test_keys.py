"""What tells the elements of a keyed `ensure` apart."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: one}
spec:
  component: examples
  for: {o: {kind: v1/ConfigMap}}
  watch: {pods: {kind: v1/Pod, ownedBy: o}, made: {kind: v1/Secret, controlledBy: o}}
  rules:
    - name: a
      ensure: {objects: made, EACH, template: {kind: v1/Secret, stringData: {count: "${string(size(pods))}"}}}
"""


@pytest.fixture
def found(tmp_path):
    def check(each):
        path = tmp_path / "rules.yaml"
        path.write_text(RULES.replace("EACH", each))
        findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
        assert all(one.line == 10 and one.rule == "a" for one in findings if one.code == "RP006")
        return [(one.code, one.message) for one in findings if one.code != "RP009"]

    return check


@pytest.mark.parametrize(
    ("each", "code", "message"),
    [
        ("each: {p: pods}", "RP001", "spec.rules[0].ensure: a keyed `ensure` has `each` with one variable, and `key`"),
        (
            "each: {p: pods}, key: object.metadata.name",
            "RP006",
            "the key of an element is of type Pod: a text, a number or a bool tells one from another; give `by`",
        ),
        (
            "each: {p: pods}, by: p.metadata.uid, key: object.metadata",
            "RP006",
            "the key of an object is of type ObjectMeta: a text, a number or a bool tells one from another",
        ),
        (
            'each: {p: "[1, 2]"}, key: object.metadata.name',
            "RP006",
            "the key of an object is of type string, that of an element of type int: they never meet",
        ),
        (
            "each: {k: o.data}, key: object.metadata.name",
            "RP006",
            "a list is expected, and this is of type map(string, string)",
        ),
    ],
)
def test_what_tells_nothing_apart_is_no_key(found, each, code, message):
    assert found(each) == [(code, message)]


@pytest.mark.parametrize(
    "each",
    [
        "each: {p: pods}, by: p.metadata.uid, key: object.metadata.name",
        'each: {p: "pods.map(p, p.metadata.name)"}, key: object.metadata.name',
        "each: {p: \"['a']\"}, key: \"object.metadata.labels['x']\"",
        "each: {p: dyn(pods)}, key: object.metadata.name",
        'each: {p: "[1]"}, key: int(object.metadata.labels.x)',
    ],
)
def test_one_plain_value_of_one_type_is_a_key(found, each):
    assert found(each) == []
