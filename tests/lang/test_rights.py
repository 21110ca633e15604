"""What whoever gives a rule set to a control plane can do by it."""

from __future__ import annotations

import pytest

from ruleplane.lang.load import compile_documents
from ruleplane.lang.rights import powers
from ruleplane.lang.source import parse, shape
from ruleplane.model.builtin import builtin_registry

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: clerk}
spec:
  component: COMPONENT
"""
REGISTRY = builtin_registry()


def held(text: str, component: str = "examples") -> dict[tuple[str, str], list[str]]:
    (source,) = parse(HEAD.replace("COMPONENT", component) + text, "rules")
    (program,) = compile_documents([(source, shape(source))])
    return {(rule["apiGroups"][0], rule["resources"][0]): rule["verbs"] for rule in powers(program, REGISTRY)}


def writing(kind: str, head: str) -> dict[tuple[str, str], list[str]]:
    return held(f"""\
  for: {{c: {{kind: {kind}}}}}
  rules:
    - name: write
      {head}
""")


LABEL = 'apply: {to: "${c}", metadata: {labels: {seen: "yes"}}}'


def test_it_is_what_the_rules_read_and_write():
    assert writing("apps/v1/ReplicaSet", LABEL) == {("apps", "replicasets"): ["get", "list", "patch", "watch"]}


def test_a_subresource_is_one_of_its_own_where_the_kind_has_it():
    found = writing("apps/v1/ReplicaSet", "status: {replicas: 1}")
    assert found["apps", "replicasets/status"] == ["patch"]


def test_a_kind_that_is_not_served_may_be_called_anything_in_its_group():
    assert writing("example.com/v1/Goose", LABEL) == {("example.com", "*"): ["get", "list", "patch", "watch"]}


def test_any_kind_is_any_kind_and_hands_out_rights():
    assert writing('"*"', "delete: {objects: c}") == {
        ("*", "*"): ["bind", "delete", "escalate", "get", "list", "watch"],
    }


@pytest.mark.parametrize("kind", ["rbac.authorization.k8s.io/v1/ClusterRole", "ruleplane.dev/v1/RuleSet"])
def test_who_writes_what_hands_out_rights_can_give_any(kind):
    group = kind.partition("/")[0]
    assert writing(kind, LABEL)[group, "*"][:2] == ["bind", "escalate"]


def test_who_only_reads_it_cannot():
    assert "bind" not in str(
        writing("rbac.authorization.k8s.io/v1/ClusterRole", "event: {reason: Seen, message: seen}")
    )


def test_what_is_changed_in_requests_of_others_counts_as_patched():
    found = held(
        """\
  order: 10
  for: {c: {kind: v1/Secret}}
  rules:
    - name: mark
      set: {metadata: {labels: {seen: "yes"}}}
""",
        "apiserver",
    )
    assert "patch" in found["", "secrets"]


def test_an_object_whose_kind_the_text_does_not_tell_may_be_of_any():
    found = held("""\
  for: {c: {kind: v1/ConfigMap}}
  watch: {others: {kind: v1/Secret}}
  let: {target: "{'apiVersion': c.data.version, 'kind': c.data.kind, 'metadata': {'name': 'x'}}"}
  rules:
    - name: write
      when: "'kind' in c.data && size(others) > 0"
      apply: {to: "${target}", metadata: {labels: {seen: "yes"}}}
""")
    assert found["*", "*"] == ["bind", "escalate", "patch"]
