"""The comparison counts lines as it says that it does."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def lines(path: Path) -> int:
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in path.read_text().splitlines())


def test_the_lines_of_the_comparison_are_counted() -> None:
    text = (DOCS / "compare.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2:6] for line in text.splitlines() if re.match(r"\| .* \| \d+ \| .* \| \d+ \|$", line)]
    assert len(rows) == 3
    for ours, shown, theirs, other in rows:
        for cell, number in ((ours, shown), (theirs, other)):
            assert sum(lines(DOCS / link) for link in re.findall(r"\]\(([^)]+)\)", cell)) == int(number), cell


def test_every_link_of_the_comparison_leads_somewhere() -> None:
    text = (DOCS / "compare.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (DOCS / link).exists(), link
