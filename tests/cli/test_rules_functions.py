"""``ruleplane rules functions``."""

from __future__ import annotations

import json


def test_all_functions_are_listed_by_section(ruleplane):
    told = ruleplane("rules", "functions").out
    assert "\nTime, as rules see it\n" in told
    assert "  firstFree " in told


def test_one_function_is_told_with_signature_sentence_and_example(ruleplane):
    assert ruleplane("rules", "functions", "charAt").out == (
        "string.charAt(int) -> string\n"
        "  The character at `index`; empty just past the end.\n"
        "  'abc'.charAt(1) == 'b'\n\n"
    )


def test_a_part_of_a_name_finds_those_that_have_it(ruleplane):
    rows = [json.loads(line) for line in ruleplane("rules", "functions", "bitshift", "-o", "json").out.splitlines()]
    assert [row["name"] for row in rows] == ["math.bitShiftLeft", "math.bitShiftRight"]


def test_an_unknown_function_is_told_with_the_nearest(ruleplane):
    told = ruleplane("rules", "functions", "firstFee")
    assert told.code == 1
    assert "did you mean 'firstFree'?" in told.err
