"""``ruleplane rules graph``: what is drawn is what the rules read and write."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: copier}
spec:
  doc: A <copy> & more.
  component: examples
  for: {origin: {kind: v1/ConfigMap}}
  watch: {places: {kind: v1/Namespace}}
  rules:
    - name: note
      apply: {to: "${origin}", metadata: {annotations: {places: "${string(size(places))}"}}}
---
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: other}
spec:
  component: examples
  for: {pod: {kind: v1/Pod}}
  rules: [{name: go, when: pod.status.phase == 'Failed', delete: {objects: pod}}]
"""
NS = {"s": "http://www.w3.org/2000/svg"}


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path / "rules.yaml"


def drawn(ruleplane, *arguments: object) -> dict:
    told = ruleplane("rules", "graph", *arguments, "-f", "json")
    assert told.code == 0, told.err
    return json.loads(told.out)


def test_reads_and_writes_are_told_with_fields_and_verbs(ruleplane, rules):
    found = drawn(ruleplane, rules)
    assert [one["name"] for one in found["rulesets"]] == ["copier", "other"]
    assert {"ruleset": "other", "kind": "v1/Pod", "primary": True, "fields": ["status.phase"]} in found["reads"]
    (write,) = [one for one in found["writes"] if one["ruleset"] == "copier"]
    assert (write["verbs"], write["fields"]) == (["patch"], ["metadata.annotations.places"])


def test_mermaid_has_an_arrow_for_each(ruleplane, rules):
    text = ruleplane("rules", "graph", rules).out
    assert text.startswith("flowchart LR\n")
    assert 'k_v1_Pod ==>|"status.phase"| r_other' in text
    assert "k_v1_Namespace -.->" in text
    assert 'r_copier -->|"patch<br>metadata.annotations.places"| k_v1_ConfigMap' in text


def test_dot_has_an_arrow_for_each(ruleplane, rules):
    text = ruleplane("rules", "graph", rules, "-f", "dot").out
    assert '"kind v1/Pod" -> "other" [style=bold, label="status.phase"];' in text
    assert text.startswith("digraph rules {")


def test_svg_is_xml_whose_boxes_do_not_overlap_and_whose_texts_fit(ruleplane, tmp_path):
    assert ruleplane("rules", "graph", "-o", tmp_path / "all.svg").code == 0  # the bundled ones
    root = ET.parse(tmp_path / "all.svg").getroot()
    boxes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height")) for rect in root.findall("s:g/s:rect", NS)
    ]
    assert len(boxes) > 20
    for number, (x, y, width, height) in enumerate(boxes):
        assert x + width <= float(root.get("width"))
        assert y + height <= float(root.get("height"))
        for ox, oy, owidth, oheight in boxes[:number]:
            assert x >= ox + owidth or ox >= x + width or y >= oy + oheight or oy >= y + height
    for group in root.findall("s:g", NS):
        rect = group.find("s:rect", NS)
        for text in group.findall("s:text", NS):
            assert len(text.text) * 6 <= float(rect.get("width"))


def test_texts_of_rules_are_escaped(ruleplane, rules, tmp_path):
    ruleplane("rules", "graph", rules, "-o", tmp_path / "a.svg")
    assert "A &lt;copy&gt; &amp; more." in (tmp_path / "a.svg").read_text()
    ET.parse(tmp_path / "a.svg")


def test_one_rule_set_or_one_kind_is_looked_at_alone(ruleplane, rules):
    assert [one["name"] for one in drawn(ruleplane, rules, "--ruleset", "other")["rulesets"]] == ["other"]
    found = drawn(ruleplane, rules, "--kind", "namespace")
    assert [one["name"] for one in found["rulesets"]] == ["copier"]
    assert {one["kind"] for one in (*found["reads"], *found["writes"])} == {"v1/Namespace"}


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [("--ruleset", "othr", "did you mean 'other'?"), ("--kind", "Nod", "no rule set reads or writes 'Nod'")],
)
def test_what_is_not_there_is_told(ruleplane, rules, option, name, message):
    told = ruleplane("rules", "graph", rules, option, name)
    assert told.code == 1
    assert message in told.err


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", "<svg"), ("a.dot", "digraph"), ("a.json", "{"), ("a.md", "flow")]
)
def test_the_file_s_name_says_how_it_is_written(ruleplane, rules, tmp_path, name, start):
    assert ruleplane("rules", "graph", rules, "-o", tmp_path / name).code == 0
    assert (tmp_path / name).read_text().startswith(start)


def test_the_same_rules_give_the_same_picture(ruleplane):
    first, second = (ruleplane("rules", "graph", "-f", "svg").out for _ in range(2))
    assert first == second
    assert re.search(r">replicaset<", first)
