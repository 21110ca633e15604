"""Rule files in the documents compile, and what the reference calls *not yet* is refused."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ruleplane.errors import SourceError
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


PLAIN = {
    "apiVersion": "ruleplane.dev/v1",
    "kind": "RuleSet",
    "metadata": {"name": "plain"},
    "spec": {
        "component": "tests",
        "for": {"o": {"kind": "v1/ConfigMap"}},
        "watch": {"others": {"kind": "v1/ConfigMap", "controlledBy": "o"}},
        "let": {},
        "rules": [{"name": "tell", "event": {"reason": "Told", "message": "told"}}],
    },
}

# what is written, where it stands (keys from `spec`), and a value as the design has it
NOT_YET: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("history", ("let", "past"), "history(o.data, '5m')"),
    ("wakes", ("watch", "others", "wakes"), "sometimes"),
]


def plain(place: tuple[str | int, ...] = (), value: Any = None) -> str:
    data = copy.deepcopy(PLAIN)
    if place:
        at: Any = data["spec"]
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = value
    return yaml.safe_dump(data)


def compiled(text: str) -> int:
    return len(compile_documents([(source, shape(source)) for source in parse(text, "plain.yaml")]))


def test_the_rule_set_that_the_next_tests_spoil_loads() -> None:
    assert compiled(plain()) == 1


@pytest.mark.parametrize(("word", "place", "value"), NOT_YET, ids=[word for word, _, _ in NOT_YET])
def test_what_is_not_yet_there_is_refused_by_name_and_place(
    word: str, place: tuple[str | int, ...], value: Any
) -> None:
    with pytest.raises(SourceError) as refusal:
        compiled(plain(place, value))
    assert word in refusal.value.message
    assert refusal.value.line > 1


def test_the_reference_lists_exactly_what_is_refused_here() -> None:
    section = REFERENCE.read_text(encoding="utf-8").partition("## Not yet: raises an error at load")[2]
    rows = re.findall(r"^\| (`.*?)\s*\|", section, re.MULTILINE)
    listed = [word for row in rows for word in re.findall(r"`(\w+)`", row.partition(" beyond ")[0])]
    assert sorted(listed) == sorted(word for word, _, _ in NOT_YET)


def test_every_law_has_a_feature_that_runs() -> None:
    section = REFERENCE.read_text(encoding="utf-8").partition("## Laws")[2].partition("\n## ")[0]
    laws = re.findall(r"^- (.*)$", section, re.MULTILINE)
    assert len(laws) >= 10
    for law in laws:
        link = re.match(r"\*\*\[[^\]]+\]\(([^)]+\.feature)\)", law)
        assert link is not None, law
        assert (REFERENCE.parent / link[1]).exists(), link[1]
