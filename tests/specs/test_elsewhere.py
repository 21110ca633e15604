"""A project elsewhere: `ruleplane spec DIR` with nothing but features and rule files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "engine"
RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: labeller}
spec:
  component: shop
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: label
      doc: Every ConfigMap says who it belongs to.
      when: "!isDeleting(c)"
      apply: {to: "${c}", metadata: {labels: {owner: shop}}}
"""
FEATURE = """\
Feature: Every ConfigMap says who it belongs to

  @quick
  Example: A new one
    Given a cluster of 1 node
    And the manifest:
      '''
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: prices}
      '''
    When the control plane is idle
    Then ConfigMap "prices" has metadata.labels.owner shop
    And metadata.labels.owner of ConfigMap "prices" is so because of rule "labeller/label"
""".replace("'''", '"""')


@pytest.fixture
def project(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "labeller.yaml").write_text(RULES)
    (tmp_path / "label.feature").write_text(FEATURE)
    (tmp_path / "other.yaml").write_text("just: data\n")
    return tmp_path


def spec(project, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["PYTHONPATH"] = str(ENGINE)
    command = [sys.executable, "-m", "ruleplane.cli", "spec", str(project), *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_only_features_and_rule_files_are_needed(project):
    code, told = spec(project)
    assert code == 0, told
    assert "1 passed" in told


def test_nothing_is_left_behind(project):
    before = sorted(path.name for path in project.rglob("*"))
    spec(project)
    assert sorted(path.name for path in project.rglob("*")) == before


def test_tags_select_without_being_declared(project):
    code, told = spec(project, "-m", "not quick", "--strict-markers")
    assert "1 deselected" in told, (code, told)


def test_without_bundled_rules_there_are_no_nodes(project):
    (project / "rules" / "labeller.yaml").write_text(RULES.replace('      when: "!isDeleting(c)"\n', ""))
    (project / "label.feature").write_text(FEATURE.replace("Then ", "Then there are no Nodes\n    And ", 1))
    code, told = spec(project, "--no-bundled")
    assert code == 0, told


def test_a_failure_shows_the_step_the_object_and_its_last_firings(project):
    (project / "label.feature").write_text(FEATURE.replace("owner shop", "owner nobody"))
    code, told = spec(project)
    assert code == 1
    assert 'label.feature:13: Then ConfigMap "prices" has metadata.labels.owner nobody' in told
    assert "ConfigMap prices: metadata.labels.owner is 'shop', not nobody" in told
    assert "labels: {owner: shop}" in told
    assert "label: set metadata.labels of ConfigMap default/prices" in told
    assert "Traceback" not in told


def test_a_mistake_in_a_rule_file_is_told_with_its_place(project):
    (project / "rules" / "labeller.yaml").write_text(RULES.replace("isDeleting(c)", "isDeletin(c)"))
    code, told = spec(project)
    assert code == 1
    assert "labeller.yaml:10:15: " in told
    assert "isDeletin" in told


def test_an_unknown_step_is_told_and_not_passed_over(project):
    (project / "label.feature").write_text(FEATURE.replace("is idle", "is bored"))
    code, told = spec(project)
    assert code == 1
    assert 'Step definition is not found: When "the control plane is bored"' in told


def test_a_step_of_ones_own_may_not_be_async(project):
    (project / "conftest.py").write_text(
        "from pytest_bdd import when\n\n@when('the control plane is bored')\nasync def bored():\n    assert False\n"
    )
    (project / "label.feature").write_text(FEATURE.replace("is idle", "is bored"))
    code, told = spec(project)
    assert code == 1
    assert "steps are synchronous" in told
