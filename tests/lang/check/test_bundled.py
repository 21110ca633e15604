"""The rules that come with ruleplane have no findings."""

from __future__ import annotations

import re

from ruleplane.lang.check import check_paths
from ruleplane.model.data import data_dir


def test_the_bundled_rules_are_clean():
    assert [str(finding.error()) for finding in check_paths([data_dir("rules")])] == []


def test_at_most_five_findings_are_silenced():
    texts = [path.read_text(encoding="utf-8") for path in data_dir("rules").rglob("*.yaml")]
    assert sum(len(re.findall(r"#\s*allow RP\d+", text)) for text in texts) <= 5
