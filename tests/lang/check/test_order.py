"""Values that hang on the order of a relation's objects."""

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
  for: {o: {kind: v1/Endpoints}}
  watch: {pods: {kind: v1/Pod, ownedBy: o}}
"""


@pytest.fixture
def found(tmp_path):
    def check(rule: str, more: str = "") -> list[tuple[str, int]]:
        path = tmp_path / "rules.yaml"
        path.write_text(f"{HEAD}{more}  rules:\n    - name: a\n      {rule}\n")
        findings = check_paths([path], libraries=[data_dir("rules") / "lib"])
        findings = [finding for finding in findings if finding.code != "RP009"]  # guards would only lengthen these
        return [(finding.code, finding.line) for finding in findings]

    return check


def annotated(value: str) -> str:
    return f'apply: {{to: "${{o}}", metadata: {{annotations: {{x: "${{{value}}}"}}}}}}'


@pytest.mark.parametrize(
    "value",
    [
        "pods[0].metadata.name",
        "pods.filter(p, isReady(p))[0].metadata.name",
        "pods.map(p, p.metadata.name)[0]",
        "pods.map(p, p.metadata.name).first().orValue('')",
    ],
)
def test_the_first_of_a_relations_objects_is_left_to_chance(found, value):
    assert found(annotated(value)) == [("RP015", 10)]


def test_lets_are_looked_through_and_the_finding_is_where_the_choice_stands(found):
    more = "  let: {one: 'pods[0].metadata.name'}\n"
    assert found(annotated("one"), more) == [("RP015", 8)]


@pytest.mark.parametrize(
    "value",
    [
        "pods.sortBy(p, p.metadata.name)[0].metadata.name",
        "pods.map(p, p.metadata.name).sort()[0]",
        "o.metadata.finalizers[0] + string(size(pods))",
        "string(size(pods))",
    ],
)
def test_what_is_sorted_or_is_no_relation_is_no_finding(found, value):
    assert found(annotated(value)) == []


def test_of_one_object_alone_there_is_no_choice(found):
    rule = f"when: size(pods) == 1\n      {annotated('pods[0].metadata.name')}"
    assert found(rule) == []


def test_a_list_that_is_written_whole_wants_an_order(found):
    subsets = "apply: {to: \"${o}\", subsets: \"${pods.map(p, {'addresses': [{'ip': p.status.podIP}]})}\"}"
    assert found(subsets) == [("RP015", 10)]
    assert found(subsets.replace("pods.map", "pods.sortBy(p, p.metadata.name).map")) == []
