"""Events that a head would never tell are refused, not ignored."""

from __future__ import annotations

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.source import parse, shape

FRAME = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: odd}
spec:
  component: controller-manager
  for: {o: {kind: v1/Node}}
  rules:
    - name: note
"""
ENSURE = "      ensure: {objects: '[]', count: '1', template: {kind: v1/Pod}}\n"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("      status: {a: b}\n      event: {created: made}\n", "`status` never tells created"),
        (ENSURE + "      event: {reason: A, message: b}\n", "`ensure` tells created, deleted, updated, refused"),
        ("      delete: {objects: o}\n      event: {created: made}\n", "`delete` never tells created"),
        ("      choose: {node: '[]', then: {}}\n      event: {reason: A, message: b}\n", "under `then` and `none`"),
    ],
)
def test_an_event_that_a_head_never_tells_is_refused(rule, message):
    (source,) = parse(FRAME + rule, "odd.yaml")
    with pytest.raises(SourceError, match=r"odd\.yaml:8:7") as error:
        shape(source)
    assert message in str(error.value)


def test_two_variables_where_one_is_meant_are_refused():
    rule = "      ensure: {objects: {a: '[]', b: '[]'}, count: '1', template: {kind: v1/Pod}}\n"
    (source,) = parse(FRAME + rule, "odd.yaml")
    with pytest.raises(SourceError, match="`objects` takes one variable"):
        shape(source)
