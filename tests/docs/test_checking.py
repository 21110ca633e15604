"""docs/checking.md tells of every finding, as the checker does."""

from __future__ import annotations

import re
from pathlib import Path

from ruleplane.lang.check.codes import CODES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checking.md"


def test_the_table_has_every_code_once_with_its_severity():
    told: list[tuple[str, str]] = []
    for row in re.findall(r"^\| (RP[^|]+) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        codes, severities = row[0].split(", "), row[1].split(", ")
        assert len(severities) in (1, len(codes)), row
        told += zip(codes, severities * (len(codes) // len(severities)), strict=True)
    assert told == [(code.id, code.severity) for code in CODES.values()]
