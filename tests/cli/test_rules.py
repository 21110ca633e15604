"""``ruleplane rules list``."""

from __future__ import annotations

import json

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: replicaset}
spec:
  doc: A ReplicaSet keeps
    its Pods.
  component: controller-manager
  for: {rs: {kind: apps/v1/ReplicaSet}}
  rules: [{name: keep, delete: {objects: "null"}}, {name: report, status: {replicas: 1}}]
"""


def test_rule_sets_are_listed_with_their_sentence(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(RULES)
    (tmp_path / "other.yaml").write_text("kind: Secret\n")
    told = ruleplane("rules", "list", tmp_path)
    assert told.out == "controller-manager  replicaset  apps/v1/ReplicaSet  A ReplicaSet keeps its Pods.\n"


def test_as_json_each_rule_set_is_a_line(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(RULES)
    (line,) = ruleplane("rules", "list", tmp_path / "a.yaml", "-o", "json").out.splitlines()
    assert json.loads(line)["rules"] == ["keep", "report"]
    assert json.loads(line)["file"] == str(tmp_path / "a.yaml")


def test_several_paths_are_listed_together(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(RULES)
    (tmp_path / "b.yaml").write_text(RULES.replace("replicaset}", "second}"))
    told = ruleplane("rules", "list", tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert [line.split()[1] for line in told.out.splitlines()] == ["replicaset", "second"]


def test_a_file_that_is_no_yaml_is_named_with_the_place(ruleplane, tmp_path):
    (tmp_path / "broken.yaml").write_text("a: [")
    told = ruleplane("rules", "list", tmp_path)
    assert told.code == 1
    assert "broken.yaml:2:1: not YAML" in told.err


def test_a_path_that_is_not_there_is_told(ruleplane, tmp_path):
    told = ruleplane("rules", "list", tmp_path / "nowhere")
    assert told.code == 1
    assert "nowhere: no such rule file or directory" in told.err


def test_every_rule_set_that_comes_with_ruleplane_is_listed(ruleplane):
    names = [line.split()[1] for line in ruleplane("rules", "list").out.splitlines()]
    assert {"replicaset", "default-scheduler", "simulated-sandbox", "simulated-container"} <= set(
        names
    )  # two in one file


def test_the_schema_is_printed_or_written(ruleplane, tmp_path):
    printed = ruleplane("rules", "schema").out
    assert json.loads(printed)["title"] == "A rule file of ruleplane"
    assert ruleplane("rules", "schema", "-o", tmp_path / "s.json").code == 0
    assert (tmp_path / "s.json").read_text() == printed


def test_a_schema_that_cannot_be_written_is_told_with_its_place(ruleplane, tmp_path):
    told = ruleplane("rules", "schema", "-o", tmp_path / "no" / "s.json")
    assert told.code == 1
    assert f"writing the schema to {tmp_path / 'no' / 's.json'}" in told.err
