"""What one pass sends is sent in an order, whatever the order of the rules on the page."""

from __future__ import annotations

import pytest

from ruleplane.model.trace import Firing
from ruleplane.specs.virtual import VirtualCluster

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: mover}
spec:
  component: test
  for: {c: {kind: v1/ConfigMap}}
  watch: {parts: {kind: v1/Secret, ownedBy: c}}
  let: {current: "parts.filter(p, p.metadata.name == c.data.current)"}
  rules:
"""
RULES = {
    "drop": "    - {name: drop, delete: {objects: 'parts.filter(p, p.metadata.name != c.data.current)'}}\n",
    "point": '    - {name: point, apply: {to: "${c}", metadata: {annotations: {part: "${c.data.current}"}}}}\n',
    "make": """\
    - name: make
      ensure:
        objects: current
        each: {part: "[c.data.current]"}
        key: object.metadata.name
        owner: owner
        template: {kind: v1/Secret}
        initial: {metadata: {name: "${part}"}}
""",
}


@pytest.mark.parametrize("page", [("drop", "point", "make"), ("make", "point", "drop"), ("point", "drop", "make")])
def test_creations_go_first_then_changes_then_deletions(page: tuple[str, ...]) -> None:
    cluster = VirtualCluster(())
    cluster.load(HEAD + "".join(RULES[rule] for rule in page))
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "day"}, "data": {"current": "monday"}})
    cluster.settle()
    cluster.patch("configmap", "day", {"data": {"current": "tuesday"}})
    cluster.settle()
    newest = next(record for record in cluster.recorder.log.newest() if isinstance(record, Firing) and record.effects)
    assert [(effect.rule, effect.verb) for effect in newest.effects] == [
        ("make", "create"),
        ("point", "patch"),
        ("drop", "delete"),
    ]
