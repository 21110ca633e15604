"""The examples of the documentation have no findings, and what admission rules read of a request is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruleplane.lang.check import check_paths
from ruleplane.lang.format import format_text
from ruleplane.model.data import data_dir

EXAMPLES = sorted(path for path in (Path(__file__).parents[3] / "docs/examples").iterdir() if path.is_dir())
OWNER = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata:
  name: owner
spec:
  component: apiserver
  order: 10
  for:
    ns:
      kind: v1/Namespace
  rules:
  - name: refuse
    when: "CONDITION"
    deny: not allowed
"""


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_is_clean_and_formatted(folder):
    assert [str(finding.error()) for finding in check_paths([folder], libraries=[data_dir("rules")])] == []
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert format_text(text, str(path)) == text


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("request.user.name == 'eve' && request.operation == 'UPDATE' && !request.dryRun", []),
        ("'admins' in request.user.groups && request.kind.kind == 'Namespace' && old == null", []),
        ("request.options.fieldManager == 'x'", []),
        ("request.userInfo.username == 'eve'", ["RP005"]),
        ("request.user.username == 'eve'", ["RP005"]),
        ("request.name", ["RP006"]),
        ("old.metadata.nam == 'x'", ["RP005"]),
    ],
)
def test_the_fields_of_a_request_and_of_the_old_object_are_known(tmp_path, condition, codes):
    path = tmp_path / "owner.yaml"
    path.write_text(OWNER.replace("CONDITION", condition), encoding="utf-8")
    assert [finding.code for finding in check_paths([path], libraries=[data_dir("rules")])] == codes


def test_the_field_of_a_denial_is_looked_at_too(tmp_path):
    path = tmp_path / "owner.yaml"
    deny = 'deny: {message: never, reason: Invalid, field: "metadata.labels[${ns.metadata.nme}]"}'
    text = OWNER.replace("CONDITION", "old == null").replace("deny: not allowed", deny)
    path.write_text(text, encoding="utf-8")
    assert [finding.code for finding in check_paths([path], libraries=[data_dir("rules")])] == ["RP005"]
