"""The tutorial is read as a reader would: every command typed, every answer compared."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from support import console
from support.kubectl import binary

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", ["tutorial.md"])
def test_every_command_of_a_document_prints_what_is_shown(name: str, tmp_path: Path) -> None:
    binary("1.37")  # skips, and says how to get it, where there is no kubectl
    reading = console.Reading(tmp_path)
    try:
        wrong = reading.read((DOCS / name).read_text(encoding="utf-8"))
    finally:
        reading.end()
    assert not wrong, "\n\n".join(wrong)


def test_the_examples_of_the_reader_are_true() -> None:
    failed, tried = doctest.testmod(console)
    assert tried
    assert not failed
