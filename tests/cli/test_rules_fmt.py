"""``ruleplane rules fmt``."""

from __future__ import annotations

import io

WRITTEN = "kind:  RuleSet\napiVersion: ruleplane.dev/v1\n"
LAID_OUT = "apiVersion: ruleplane.dev/v1\nkind: RuleSet\n"


def test_files_are_laid_out_and_named(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(WRITTEN)
    (tmp_path / "b.yaml").write_text(LAID_OUT)
    (tmp_path / "other.yaml").write_text("kind:   Secret\n")
    told = ruleplane("rules", "fmt", tmp_path)
    assert (told.code, told.out) == (0, f"laid out {tmp_path / 'a.yaml'}\n")
    assert (tmp_path / "a.yaml").read_text() == LAID_OUT
    assert (tmp_path / "other.yaml").read_text() == "kind:   Secret\n"
    assert ruleplane("rules", "fmt", tmp_path).out == ""


def test_a_check_writes_nothing_and_fails_where_something_would_change(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(WRITTEN)
    told = ruleplane("rules", "fmt", "--check", tmp_path)
    assert (told.code, told.out) == (1, f"would lay out {tmp_path / 'a.yaml'}\n")
    assert (tmp_path / "a.yaml").read_text() == WRITTEN
    (tmp_path / "a.yaml").write_text(LAID_OUT)
    assert ruleplane("rules", "fmt", "--check", tmp_path).code == 0


def test_the_difference_is_shown(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(WRITTEN)
    told = ruleplane("rules", "fmt", "--diff", tmp_path)
    assert "-kind:  RuleSet\n" in told.out
    assert "+kind: RuleSet\n" in told.out
    assert told.code == 0
    assert (tmp_path / "a.yaml").read_text() == WRITTEN


def test_standard_input_is_laid_out_to_standard_output(ruleplane, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(WRITTEN))
    assert ruleplane("rules", "fmt", "-").out == LAID_OUT


def test_a_mistake_is_told_with_its_place(ruleplane, tmp_path):
    (tmp_path / "a.yaml").write_text(WRITTEN + "a: [\n")
    told = ruleplane("rules", "fmt", tmp_path)
    assert told.code == 1
    assert "a.yaml:4:1: not YAML" in told.err


def test_without_a_path_nothing_is_touched(ruleplane):
    told = ruleplane("rules", "fmt")
    assert told.code == 2
    assert "which files?" in told.err
