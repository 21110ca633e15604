"""``ruleplane rules new``: what it writes works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ruleplane.cli.rules import new
from ruleplane.errors import RuleplaneError
from ruleplane.model.builtin import builtin_registry

ROOT = Path(__file__).resolve().parents[2]


def run_specs(directory):
    """``ruleplane spec`` as a user's own process, in the directory."""
    command = [sys.executable, "-m", "ruleplane.cli", "spec", ".", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_start_of_every_kind_passes_its_feature_at_once(tmp_path):
    kinds = [kind for kind in builtin_registry() if "create" in kind.verbs and "patch" in kind.verbs]
    refused = []
    for number, kind in enumerate(kinds):
        try:
            new.new(f"start-{number}", kind.ref, tmp_path / str(number))
        except RuleplaneError:
            refused.append(kind.ref)
    assert refused == ["certificates.k8s.io/v1/PodCertificateRequest"]
    done = run_specs(tmp_path)
    assert f"{3 * (len(kinds) - len(refused))} passed" in done.stdout, done.stdout


def test_the_feature_fails_where_the_rule_does_not_act(ruleplane, tmp_path):
    assert ruleplane("rules", "new", "greeter", "--dir", tmp_path).code == 0
    file = tmp_path / "greeter.yaml"
    file.write_text(file.read_text().replace("!isDeleting(configMap)", "isDeleting(configMap)"))
    assert "2 failed, 1 passed" in run_specs(tmp_path).stdout


def test_files_are_named_and_nothing_is_overwritten(ruleplane, tmp_path):
    told = ruleplane("rules", "new", "greeter", "--dir", tmp_path)
    assert told.out.splitlines()[:2] == [f"wrote {tmp_path}/greeter.yaml", f"wrote {tmp_path}/greeter.feature"]
    (tmp_path / "greeter.yaml").unlink()
    (tmp_path / "greeter.feature").write_text("mine")
    again = ruleplane("rules", "new", "greeter", "--dir", tmp_path)
    assert again.code == 1
    assert "greeter.feature exists already: nothing was written" in again.err
    assert not (tmp_path / "greeter.yaml").exists()
    assert (tmp_path / "greeter.feature").read_text() == "mine"


def test_the_file_names_the_schema_beside_it(ruleplane, tmp_path):
    ruleplane("rules", "new", "greeter", "--dir", tmp_path)
    assert (tmp_path / "greeter.yaml").read_text().startswith("# yaml-language-server: $schema=ruleset.schema.json\n")
    assert (tmp_path / "ruleset.schema.json").exists()


@pytest.mark.parametrize("kind", ["apps/v1/Deployment", "Deployment", "deployments", "deploy"])
def test_a_kind_goes_by_any_name_that_kubectl_takes(ruleplane, tmp_path, kind):
    assert ruleplane("rules", "new", "scaler", "--kind", kind, "--dir", tmp_path).code == 0
    made = yaml.safe_load((tmp_path / "scaler.yaml").read_text())
    assert made["spec"]["for"]["deployment"]["kind"] == "apps/v1/Deployment"


def test_an_unknown_kind_is_refused_with_the_nearest(ruleplane, tmp_path):
    told = ruleplane("rules", "new", "x", "--kind", "apps/v1/Deploymnt", "--dir", tmp_path)
    assert told.code == 1
    assert "did you mean 'apps/v1/Deployment'?" in told.err


@pytest.mark.parametrize("name", ["Greeter", "1st", "a/b", "x" * 64, "a-"])
def test_what_is_no_name_is_refused(ruleplane, tmp_path, name):
    told = ruleplane("rules", "new", name, "--dir", tmp_path)
    assert told.code == 1
    assert "is no name of a rule set" in told.err
    assert not list(tmp_path.glob("*"))
