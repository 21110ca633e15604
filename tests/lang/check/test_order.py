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


@pytest.mark.parametrize(
    "value",
    [
        "o.metadata.labels.map(k, k).join(',')",
        "o.metadata.?labels.orValue({}).map(k, k + '=').join(',')",
        "o.metadata.labels.filter(k, k != '')[0]",
        "o.metadata.labels.transformList(k, v, v).join('')",
        "hash(o.metadata.labels.map(k, k))",
        "pods.map(p, p.metadata.labels.map(k, k).join('')).sort()[0]",
        "listed(o).distinct().join('')",
        "o.metadata.labels.toMap(k, k, 1).map(k, k)[0]",
    ],
)
def test_the_order_of_a_maps_keys_is_left_to_chance(found, value):
    more = "  let: {listed(x): 'x.metadata.labels.map(k, k)', used: 'string(size(pods)) + listed(o).sort()[0]'}\n"
    findings = found(f'{annotated(value)[:-3]}, z: "${{string(size(used))}}"}}}}}}', more)
    assert [code for code, _ in findings] == ["RP016"], findings


@pytest.mark.parametrize(
    "value",
    [
        "o.metadata.labels.map(k, k).sort().join(',')",
        "o.metadata.labels.map(k, k).sortBy(k, k)[0]",
        "string(size(o.metadata.labels.map(k, k)))",
        "{'a': 1, 'b': 2}.map(k, k).join(',')",
        "params.shown.map(k, k).join(',')",
        "o.metadata.finalizers.map(k, k).join(',')",
        "o.metadata.labels.exists(k, k == 'a') ? 'a' : 'b'",
        "pods.sortBy(p, p.metadata.name).toMap(p, p.metadata.name, 1).map(k, k).join(',')",
    ],
)
def test_keys_that_are_sorted_or_written_out_are_no_finding(found, value):
    more = "  params: {shown: {a: 1}}\n"
    value = f"{value} + string(size(pods)) + (params.shown == {{}} ? '' : '.')"
    assert found(annotated(value), more) == []


def test_a_text_of_a_relations_objects_wants_an_order_too(found):
    assert found(annotated("pods.map(p, p.metadata.name).join(',')")) == [("RP015", 10)]
    assert found(annotated("hash(pods.map(p, p.metadata.name))")) == [("RP015", 10)]
    assert found(annotated("pods.map(p, p.metadata.name).sort().join(',')")) == []


@pytest.mark.parametrize(("listed", "code"), [("pods.map(p, p.metadata.name)", "RP015"), ("keys", "RP016")])
def test_what_an_event_tells_and_what_a_thing_is_called_wants_an_order(found, listed, code):
    more = "  let: {keys: 'o.metadata.labels.map(k, k)', used: 'keys.sort()[0] + string(size(pods))'}\n"
    tell = "event: {{reason: Told, message: \"${{{0}.join(',')}} ${{used}}\"}}"
    assert [one for one, _ in found(tell.format(listed), more)] == [code]
    assert found(tell.format(f"{listed}.sort()"), more) == []
    make = """\
ensure:
        objects: pods
        count: size(used)
        template: {{kind: v1/Pod}}
        initial: {{metadata: {{name: "a-${{{0}[0]}}"}}}}"""
    assert [one for one, _ in found(make.format(listed), more)] == [code]
    assert found(make.format(f"{listed}.sort()"), more) == []


def test_a_list_within_an_element_with_a_key_has_an_order(found):
    rule = """\
ensure:
        objects: pods
        count: "1"
        template: {kind: v1/Pod, spec: {containers: [{name: a, image: b, args: "${o.metadata.labels.map(k, k)}"}]}}"""
    assert found(rule) == [("RP016", 13)]
    assert found(rule.replace("map(k, k)", "map(k, k).sort()")) == []


def test_of_one_key_alone_there_is_no_choice(found):
    value = "o.metadata.labels.map(k, k)[0] + string(size(pods))"
    assert found(f"when: size(o.metadata.labels) == 1\n      {annotated(value)}") == []
