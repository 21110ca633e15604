"""What may be absent: which guards are understood, and what is known to be there."""

from __future__ import annotations

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: sample}
spec:
  component: tests
  for: {pod: {kind: v1/Pod}}
  watch:
    node: {kind: v1/Node, name: "'n'"}
    pods: {kind: v1/Pod, ownedBy: pod}
    placed: {kind: v1/Pod, ownedBy: pod, where: has(it.spec.nodeName)}
    sets: {kind: apps/v1/ReplicaSet, ownedBy: pod}
  let:
    used: "[string(node != null), string(size(pods)), string(size(placed)), string(size(sets))]"
    phase: pod.?status.?phase.orValue('')
    on(p): p.spec.nodeName
    isPlaced(p): has(p.spec.nodeName)
    first: placed.sortBy(p, p.metadata.name)[0]
  rules:
    - name: tell
      event: {reason: Told, message: "${string(size(used))} ${on(first)} ${string(isPlaced(pod))} ${phase}"}
    - name: test
      when: >-
        CONDITION
      event: {reason: Told, message: "MESSAGE"}
"""


@pytest.fixture
def found(tmp_path):
    def check(condition, message="told"):
        path = tmp_path / "sample.yaml"
        path.write_text(HEAD.replace("CONDITION", condition).replace("MESSAGE", message))
        return [(one.code, one.message) for one in check_paths([path], libraries=[data_dir("rules") / "lib"])]

    return check


GUARDED = [
    "has(pod.spec.nodeName) && pod.spec.nodeName == 'n'",
    "!has(pod.spec.nodeName) || pod.spec.nodeName == 'n'",
    "pod.spec.nodeName == 'n' && has(pod.spec.nodeName)",
    "has(pod.spec.nodeName) ? pod.spec.nodeName == 'n' : false",
    "!has(pod.spec.nodeName) ? false : pod.spec.nodeName == 'n'",
    "!(!has(pod.spec.nodeName) || false) && pod.spec.nodeName == 'n'",
    "pod.spec.?nodeName.orValue('') == 'n'",
    "pod.spec.?nodeName.orValue('') != '' && pod.spec.nodeName == 'n'",
    "pod.spec.?nodeName.orValue('') in ['n'] && pod.spec.nodeName == 'n'",
    "phase == 'Running' && pod.status.phase == 'Running'",
    "isPlaced(pod) && on(pod) == 'n'",
    "pods.filter(p, has(p.spec.nodeName)).map(q, q.spec.nodeName) == []",
    "pods.filter(p, isPlaced(p)).sortBy(p, p.spec.nodeName)[0].spec.nodeName == 'n'",
    "pods.map(p, has(p.spec.nodeName), p.spec.nodeName) == []",
    "pods.filter(p, has(p.spec.nodeName)).exists(p, p.spec.nodeName == 'n')",
    "placed.all(p, p.spec.nodeName == 'n')",
    "pod.?status.?conditions.orValue([]).exists(c, c.status == 'True') && size(pod.status.conditions) > 0",
    "size(pod.metadata.?labels.orValue({})) > 0 && pod.metadata.labels.all(k, k != '')",
    "has(pod.metadata.labels) && 'app' in pod.metadata.labels && pod.metadata.labels.app == 'x'",
    "pod.spec.?priority.orValue(0) > 0 && pod.spec.priority > 5",
    "pod.spec.?hostNetwork.orValue(false) && pod.spec.hostNetwork",
    "node != null && node.metadata.name == 'n'",
    "node == null || node.metadata.name == 'n'",
    "pod.metadata.name == pod.metadata.uid",
    "pod.spec.restartPolicy == 'Always' && pod.spec.containers.all(c, c.image != c.terminationMessagePath)",
    "sets.all(s, s.spec.replicas > 0 && s.spec.template.spec.containers[0].name == 'a')",
    "cel.bind(n, pod.spec.?nodeName.orValue(''), n == 'n')",
    "pod.spec.?nodeName.optMap(n, n == 'n').orValue(false)",
]
BARE = [
    ("pod.spec.nodeName == 'n'", "RP009", "pod.spec.nodeName may be absent"),
    ("pod.status.phase == 'x'", "RP009", "pod.status may be absent"),
    ("has(pod.spec.nodeName) || pod.spec.nodeName == 'n'", "RP009", "pod.spec.nodeName may be absent"),
    ("has(pod.spec.nodeName) ? true : pod.spec.nodeName == 'n'", "RP009", "pod.spec.nodeName may be absent"),
    ("pod.spec.nodeName != 'a' && pod.spec.nodeName != 'b'", "RP009", "pod.spec.nodeName may be absent"),
    ("pods.exists(p, p.spec.nodeName == 'n')", "RP009", "p.spec.nodeName may be absent"),
    (
        "pods.filter(p, has(p.spec.hostname)).exists(q, q.spec.nodeName == 'n')",
        "RP009",
        "q.spec.nodeName may be absent",
    ),
    ("pod.metadata.labels.app == 'x'", "RP009", "pod.metadata.labels may be absent"),
    ("has(pod.metadata.labels) && pod.metadata.labels.app == 'x'", "RP009", "pod.metadata.labels.app may be absent"),
    ("on(pod) == 'n'", "RP009", "p.spec.nodeName may be absent"),
    ("pod.spec.?priority.orValue(9) > 0 && pod.spec.priority > 5", "RP009", "pod.spec.priority may be absent"),
    ("node.metadata.name == 'n'", "RP010", "node is null while there is no such object"),
    ("node != null || node.metadata.name == 'n'", "RP010", "node is null while there is no such object"),
    ("has(pod.status.conditions)", "RP009", "pod.status may be absent"),
]


@pytest.mark.parametrize("condition", GUARDED)
def test_a_guard_is_understood(found, condition):
    assert found(condition) == []


@pytest.mark.parametrize(("condition", "code", "message"), BARE)
def test_what_nothing_guards_is_told_once(found, condition, code, message):
    assert found(condition) == [(code, message)]


def test_the_condition_of_a_rule_guards_its_head(found):
    assert found("has(pod.spec.nodeName) && node != null", "${pod.spec.nodeName} ${node.metadata.name}") == []
    assert found("true", "${pod.spec.nodeName}") == [("RP009", "pod.spec.nodeName may be absent")]


def test_an_alternative_of_the_condition_guards_the_branch_where_the_other_is_false(found):
    either = "phase == 'x' || (node != null && has(node.spec.podCIDR))"
    assert found(either, "${phase == 'x' ? '' : node.spec.podCIDR}") == []
    assert "RP010" in dict(found(either, "${phase == 'y' ? '' : node.spec.podCIDR}"))


def test_what_a_function_of_a_library_needs_is_told_at_its_call(found):
    ((code, message),) = found("timestamp('2026-01-01T00:00:00Z') == readySince(pod)")
    assert code == "RP009"
    assert message == "readySince() needs what may be absent: p.status may be absent"
    assert found("isReady(pod) && timestamp('2026-01-01T00:00:00Z') == readySince(pod)") == []
