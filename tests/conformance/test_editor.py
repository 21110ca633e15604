"""What a person sees who writes a rule file in an editor: the real yaml-language-server reads our schema.

docs/editor.md shows the same. The server is an npm package; it is put into ``.cache/`` once.
"""

from __future__ import annotations

import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ruleplane.cli.rules.schema import schema_text
from support.kubectl import CACHE
from support.language_server import LanguageServer

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2.0.0"
HEAD = """\
# yaml-language-server: $schema=../ruleset.schema.json
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: mine}
spec:
  component: examples
  for:
    ns: {kind: v1/Namespace}
"""


def _server() -> Path:
    """Its program; skips where it cannot be had."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("needs node and npm")
    prefix = CACHE / f"yaml-language-server-{VERSION}"
    program = prefix / "node_modules" / ".bin" / "yaml-language-server"
    if not program.exists():
        prefix.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", prefix, f"yaml-language-server@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"needs node and its package registry: {done.stderr.strip().splitlines()[-1:]}")
    return program


class Editor:
    """Files of one project, opened one after another."""

    def __init__(self, server: LanguageServer, directory: Path) -> None:
        self._server, self._directory, self._numbers = server, directory, count()

    def open(self, text: str) -> tuple[Path, list[dict]]:
        path = self._directory / f"{next(self._numbers)}.yaml"
        return path, self._server.open(path, text)

    def underlined(self, text: str) -> dict[str, str]:
        """Word -> what is said of it."""
        _, found = self.open(text)
        lines = text.splitlines()
        ranges = [(mark["range"]["start"], mark["range"]["end"], mark["message"]) for mark in found]
        return {lines[a["line"]][a["character"] : b["character"]]: message for a, b, message in ranges}

    def offered(self, text: str) -> set[str]:
        """What is completed at the end of the text."""
        path, _ = self.open(text)
        lines = text.split("\n")
        return {item["label"] for item in self._server.completion(path, len(lines) - 1, len(lines[-1]))}

    def shown(self, text: str, word: str) -> str:
        """What stands in the box over a word."""
        path, _ = self.open(text)
        line, column = next((n, line.index(word)) for n, line in enumerate(text.splitlines()) if word in line)
        return self._server.hover(path, line, column)


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("project")
    (root / "ruleset.schema.json").write_text(schema_text())
    (root / "rules").mkdir()
    with LanguageServer([_server(), "--stdio"], root) as server:
        yield Editor(server, root / "rules")


def test_the_heads_are_offered_in_a_rule(editor):
    offered = editor.offered(HEAD + "  rules:\n    - name: a\n      ")
    assert {"when", "each", "ensure", "apply", "status", "keep", "delete", "choose", "post"} <= offered


def test_ways_of_finding_related_objects_are_offered(editor):
    offered = editor.offered(HEAD + "  watch:\n    pods:\n      kind: v1/Pod\n      ")
    assert {"controlledBy", "theirs", "selector", "wakes"} <= offered
    assert "kind" not in offered


def test_values_of_an_enumeration_are_offered(editor):
    assert editor.offered(HEAD + "  watch:\n    pods:\n      kind: v1/Pod\n      wakes: ") == {"all", "none", "blocked"}


def test_a_mistyped_key_is_underlined(editor):
    text = HEAD + '  rules:\n    - name: a\n      whan: x\n      apply: {to: "${ns}"}\n'
    assert editor.underlined(text) == {"whan": "Property whan is not allowed."}


def test_the_tutorial_shows_what_the_server_answers(editor):
    shown = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
    rule = HEAD + "  rules:\n    - name: wall\n      "
    assert {"when", "while"} <= editor.offered(rule)
    assert "As soon as this is" in editor.shown(rule + "when: a\n", "when")
    assert "It holds as long a" in editor.shown(rule + "while: a\n", "while")
    for words in ("│ when  │ As soon as this is… │", "│ while │ It holds as long a… │"):
        assert words in shown
    text = rule + 'whyle: isDeleting(ns)\n      apply: {to: "${ns}"}\n'
    assert editor.underlined(text) == {"whyle": "Property whyle is not allowed."}
    assert "~~~~~  Property whyle is not allowed." in shown


def test_a_missing_key_is_told_where_it_is_missing(editor):
    text = HEAD + "  rules:\n    - name: a\n      apply: {x: 1}\n"
    assert editor.underlined(text) == {"apply": 'Missing property "to".'}


def test_a_right_file_has_nothing_underlined(editor):
    assert editor.underlined(HEAD + '  rules:\n    - {name: a, apply: {to: "${ns}"}}\n') == {}


def test_the_meaning_of_a_key_is_shown_over_it(editor):
    text = HEAD + '  rules:\n    - {name: a, when: "true", apply: {to: "${ns}"}}\n'
    assert "As soon as this is true, make it so" in editor.shown(text, "when")
    assert "fields of the object `to`" in editor.shown(text, "apply")
