"""The reference of functions: whole, true and current. ``make docs UPDATE=1`` writes docs/functions.md anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ruleplane.lang.library import Functions
from ruleplane.lang.load import documents
from ruleplane.lang.program import Scope
from ruleplane.lang.reference import document, entries, undescribed
from ruleplane.lang.source import Source
from ruleplane.lang.unit import Unit
from ruleplane.model.data import data_dir

PAGE = Path(__file__).resolve().parents[2] / "docs" / "functions.md"
NOW = 1_767_225_607 * 10**9  # 2026-01-01T00:00:07Z
FUNCTIONS = Functions()
FUNCTIONS.add(documents([data_dir("rules") / "lib"]))
ENTRIES = entries()


class Clock:
    """What functions of time ask of a decision."""

    woken: tuple[int, ...] = ()

    def now(self) -> int:
        return NOW

    def wake_at(self, instant: int) -> None:
        self.woken = (*self.woken, instant)


def evaluated(text: str) -> Any:
    source = Source("example", [text], text, {(): (1, 1)})
    unit = Unit(source, "object", FUNCTIONS.compiled, FUNCTIONS.definitions)
    scope: Any = type("Example", (Scope,), {})()
    scope.ctx = Clock()
    return unit.compile(unit.parse(text, ()), ())(scope)


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.runs], ids=lambda entry: entry.key)
def test_an_example_yields_true(entry):
    assert evaluated(entry.example) is True


def test_an_example_that_is_wrong_is_noticed():
    assert evaluated("firstFree('10.244.1.0/24', []) == '10.244.1.9'") is False


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_an_entry_has_signature_sentence_and_an_example_that_calls_it(entry):
    assert entry.signatures
    assert entry.says.endswith(".")
    assert entry.name in entry.example


def test_every_function_is_described():
    assert undescribed() == set(), "schemas/functions.yaml needs an example of each"


def test_the_page_is_current():
    if os.environ.get("UPDATE"):
        PAGE.write_text(document(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == document(), "functions have changed: make docs UPDATE=1"
