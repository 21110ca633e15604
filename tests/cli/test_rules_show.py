"""``ruleplane rules show``."""

from __future__ import annotations

import json

import pytest
import yaml

from ruleplane.model.data import data_dir


def test_a_rule_set_is_explained_with_its_file_rules_and_fields(ruleplane):
    told = ruleplane("rules", "show", "replicaset").out
    assert told.startswith(
        "replicaset (controller-manager)\n  A ReplicaSet keeps the number of Pods that it asks for.\n"
    )
    assert f"file: {data_dir('rules') / 'controller-manager' / 'replicaset.yaml'}" in told
    assert "  selected: v1/Pod\n    selector: rs.spec.selector\n" in told
    assert "  keep-replicas (ensure)\n    Missing Pods are created" in told
    assert "    when !isDeleting(rs)\n" in told
    assert "    → create Pod\n" in told
    assert "    → patch status of ReplicaSet\n" in told
    assert "status.availableReplicas" in told.partition("\nwrites:\n")[2]


def test_every_bundled_rule_set_can_be_explained(ruleplane):
    for row in map(json.loads, ruleplane("rules", "list", "-o", "json").out.splitlines()):
        told = ruleplane("rules", "show", row["name"])
        assert told.code == 0, told.err
        for rule in row["rules"]:
            assert f"\n  {rule} (" in told.out


@pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_it_is_given_as_written(ruleplane, form, load):
    given = load(ruleplane("rules", "show", "namespace", "-o", form).out)
    file = data_dir("rules") / "controller-manager" / "namespace.yaml"
    assert given == yaml.load(file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def test_a_name_that_is_not_there_is_told_with_the_nearest(ruleplane):
    told = ruleplane("rules", "show", "replicset")
    assert told.code == 1
    assert "no rule set is called 'replicset'; did you mean 'replicaset'?" in told.err


def test_a_place_without_rule_sets_is_told(ruleplane, tmp_path):
    told = ruleplane("rules", "list", tmp_path)
    assert (told.code, told.out, told.err) == (1, "", f"error: no rule set in {tmp_path}\n")
