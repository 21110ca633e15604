"""Templates: literal JSON with expressions in it."""

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.load import load
from ruleplane.specs.virtual import VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {{name: test}}
spec:
  component: test
  for: {{c: {{kind: v1/ConfigMap}}}}
  rules:
    - name: only
      apply: {{to: "${{c}}", data: {{out: {value}}}}}
"""


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    yield made
    made.close()


def outcome(cluster, value):
    cluster.load(RULES.format(value=value))
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"in": "7"}})
    cluster.settle()
    return cluster.get("cm", "one")["data"].get("out")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("\"${c.data['in']}\"", "7"),
        ("\"n=${c.data['in']}!\"", "n=7!"),
        ('"$${c}"', "${c}"),
        ("\"${string(int(c.data['in']) + 1)}\"", "8"),
        ('"${c.data.?missing}"', None),
        ("\"{${size(c.data['in'])}} ${'}'}\"", "{1} }"),
    ],
)
def test_a_value_is_literal_unless_it_holds_an_expression(cluster, value, expected):
    got = outcome(cluster, value)
    assert got == expected


def test_an_expression_that_does_not_end_is_refused(cluster):
    with pytest.raises(SourceError, match=r":9:\d+:"):
        outcome(cluster, '"${c.data"')


def test_a_duration_below_a_let_or_a_setting_is_text_in_json(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("""\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: test}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  params: {grace: {type: duration, default: 90s}}
  let: {times: "{'long': duration('2m')}"}
  rules:
    - {name: tell, apply: {to: "${c}", data: {grace: "${params.grace}", long: "${times.long}"}}}
""")
    (program,) = load([path])
    scope = program.scope()
    scope.c = {}
    assert program.rules[0].head.fields(scope) == {"data": {"grace": "90s", "long": "120s"}}
