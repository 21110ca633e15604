"""Rule files in the documents compile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ruleplane.lang.load import compile_documents, documents, load
from ruleplane.lang.source import Source, parse, shape

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "rule-language.md"
LIBRARIES = documents([ROOT / "rules" / "lib"])


def rule_documents(file: Path) -> list[Source]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [source for block in blocks for source in parse(block, file.name)]
    return [source for source in found if isinstance(source.data, dict) and source.data.get("kind") in KINDS]


KINDS = ("RuleSet", "Library")
FILES = [file for file in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))) if rule_documents(file)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_rule_files_of_a_document_compile(file: Path) -> None:
    shown = [(source, shape(source)) for source in rule_documents(file)]
    programs = compile_documents([*LIBRARIES, *shown])
    assert len(programs) == sum(source.data["kind"] == "RuleSet" for source, _ in shown)


def test_a_rule_file_of_a_document_is_loaded_from_disk_too(tmp_path: Path) -> None:
    text = "\n---\n".join(yaml.safe_dump(source.data) for source in rule_documents(REFERENCE))
    (tmp_path / "shown.yaml").write_text(text, encoding="utf-8")
    names = ["budgets", "zones", "sweeper", "secret-copies", "seats"]
    assert [program.name for program in load([tmp_path])] == names


def test_every_law_has_a_feature_that_runs() -> None:
    section = REFERENCE.read_text(encoding="utf-8").partition("## Laws")[2].partition("\n## ")[0]
    laws = re.findall(r"^- (.*)$", section, re.MULTILINE)
    assert len(laws) >= 10
    for law in laws:
        link = re.match(r"\*\*\[[^\]]+\]\(([^)]+\.feature)\)", law)
        assert link is not None, law
        assert (REFERENCE.parent / link[1]).exists(), link[1]


def test_every_feature_of_the_language_belongs_to_a_law() -> None:
    section = REFERENCE.read_text(encoding="utf-8").partition("## Laws")[2].partition("\n## ")[0]
    linked = {(REFERENCE.parent / link).resolve() for link in re.findall(r"\(([^()]+\.feature)\)", section)}
    assert linked == {path.resolve() for path in (ROOT / "features" / "language").glob("*.feature")}
