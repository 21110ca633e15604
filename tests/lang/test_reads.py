"""What an expression reads: too little would miss a change, so that nothing may be left out."""

import pytest

from ruleplane.lang.load import compile_documents, documents

TEXT = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {{name: test}}
spec:
  component: test
  for: {{rs: {{kind: apps/v1/ReplicaSet}}}}
  watch:
    pods: {{kind: v1/Pod, controlledBy: rs}}
    node: {{kind: v1/Node, name: rs.spec.node}}
  let:
    live: pods.filter(p, p.status.phase != 'Failed')
    named(p): p.metadata.name
  rules:
    - name: only
      when: "{when}"
      status: {{replicas: 1}}
"""


@pytest.mark.parametrize(
    ("when", "source", "expected"),
    [
        ("rs.spec.replicas > 1", "rs", {("spec", "replicas")}),
        ("size(pods) > 1", "pods", set()),
        ("size(live) > 1", "pods", {("status", "phase")}),
        ("live.exists(p, p.spec.nodeName == 'a')", "pods", {("status", "phase"), ("spec", "nodeName")}),
        ("live.map(p, named(p)) == ['x']", "pods", {("status", "phase"), ("metadata", "name")}),
        ("pods == []", "pods", {()}),
        ("node != null", "node", set()),
        ("node.?status.?phase.orValue('') == 'x'", "node", {("status", "phase")}),
        ("has(rs.metadata.labels)", "rs", {("metadata", "labels")}),
        ("rs.metadata.labels['a.b'] == 'x'", "rs", {("metadata", "labels", "a.b")}),
        ("rs.metadata.labels.all(k, k != rs.metadata.name)", "rs", {("metadata", "labels"), ("metadata", "name")}),
        (
            "(size(pods) > 0 ? rs.spec.replicas : rs.status.replicas) > 0",
            "rs",
            {("spec", "replicas"), ("status", "replicas")},
        ),
    ],
)
def test_what_wakes_is_what_is_read(tmp_path, when, source, expected):
    path = tmp_path / "rules.yaml"
    path.write_text(TEXT.format(when=when))
    (program,) = compile_documents(documents([path]))
    found = set(program.reads.get(source, ()))
    if source == "rs":
        found -= {("metadata", "uid"), ("spec", "node")}  # that the relations themselves read
        found = {p for p in found if p != ("spec", "node")}
    assert found == expected, program.reads
