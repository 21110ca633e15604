"""Every code is explained, is found in its bad example, and is not in its good one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ruleplane.lang.check import check_paths
from ruleplane.lang.check.codes import CODES
from ruleplane.lang.check.explain import explanations
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from pathlib import Path

    from ruleplane.lang.check import Finding

HEAD = "apiVersion: ruleplane.dev/v1\nkind: RuleSet\nmetadata: {name: example}\nspec:\n  component: examples\n"


def whole(example: str) -> str:
    if example.startswith("apiVersion:"):
        return example
    data: dict[str, Any] = yaml.safe_load(example)
    lines = [HEAD] if "for" in data else [HEAD, "  for: {rs: {kind: apps/v1/ReplicaSet}}\n"]
    return "".join([*lines, *(f"  {line}\n" for line in example.splitlines())])


def found(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return check_paths([path], libraries=[data_dir("rules") / "lib"])


def test_every_code_is_explained():
    assert list(explanations()) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_bad_example_has_the_finding_and_no_other(tmp_path, code):
    findings = found(tmp_path, whole(explanations()[code].bad))
    assert code in {finding.code for finding in findings}, findings
    (first, *_) = [finding for finding in findings if finding.code == code]
    assert first.severity == CODES[code].severity
    assert first.line > 0
    assert first.message
    assert {one.code for one in findings} == {code}


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_good_example_has_no_finding_at_all(tmp_path, code):
    assert found(tmp_path, whole(explanations()[code].good)) == []


def test_an_explanation_is_a_paragraph():
    assert all(len(one.why.split()) > 20 for one in explanations().values())
