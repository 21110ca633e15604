"""Templates: literal JSON with expressions in it."""

import pytest

from ruleplane.errors import SourceError
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
