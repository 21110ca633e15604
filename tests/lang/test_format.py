"""Laying out rule files: nothing said is changed, no comment is lost, and a second time changes nothing."""

from __future__ import annotations

import random
import re
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ruleplane.errors import SourceError
from ruleplane.lang.format import format_text
from ruleplane.lang.source import parse
from ruleplane.model.data import data_dir

HEAD = "apiVersion: ruleplane.dev/v1\nkind: RuleSet\n"
FILES = sorted(path for path in data_dir("rules").rglob("*.yaml") if "ruleplane.dev/v1\n" in path.read_text())

words = st.text("abcxyz: #{}[]'\"-|>&*!%@`,?$\n", max_size=12)
keys = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True).filter(
    lambda key: key not in ("on", "off", "yes", "no", "y", "n")
)
values = st.recursive(
    words | st.integers() | st.booleans() | st.none() | st.sampled_from(["a long word " * 12, "two\nlines\n", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def formatted(text: str) -> str:
    return format_text(textwrap.dedent(text))


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"^\s*(# note \d+)$", text, re.MULTILINE))


class Dumper(yaml.SafeDumper):
    """Texts in every style that people use."""

    random = random.Random()


def _text(dumper: Dumper, text: str) -> Any:
    style = dumper.random.choice([None, '"', "'", "|", ">"])
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _text)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A rule file as somebody might write it, with comments between its lines."""
    chance = draw(st.randoms(use_true_random=False))
    Dumper.random = chance
    spec = draw(st.dictionaries(keys, values, min_size=1, max_size=4))
    rules = draw(
        st.lists(st.dictionaries(st.sampled_from(["name", "doc", "when", "each", "apply"]), values), max_size=3)
    )
    data = {
        "kind": "RuleSet",
        "spec": {**spec, "rules": rules},
        "apiVersion": "ruleplane.dev/v1",
        "metadata": {"name": "x"},
    }
    text = yaml.dump(
        data,
        Dumper=Dumper,
        sort_keys=False,
        default_flow_style=draw(st.sampled_from([False, None])),
        indent=draw(st.integers(2, 5)),
        width=draw(st.sampled_from([40, 80, 1000])),
        allow_unicode=True,
    )
    lines, noted = text.split("\n"), []
    for number, line in enumerate(lines):
        if chance.random() < 0.3:
            trial = [*noted, f"{' ' * (len(line) - len(line.lstrip()))}# note {number}"]
            if _reads(trial + lines[number:]) == data:  # not inside a text
                noted = trial
        noted.append(line)
    return "\n".join(noted)


def _reads(lines: list[str]) -> Any:
    try:
        return yaml.load("\n".join(lines), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return None


@given(files())
def test_what_is_said_stays_and_a_second_time_changes_nothing(text):
    made = format_text(text)
    assert [each.data for each in parse(made)] == [each.data for each in parse(text)]
    assert comments(made) == comments(text)
    assert format_text(made) == made


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_bundled_rule_files_are_laid_out(path):
    assert format_text(path.read_text(), str(path)) == path.read_text(), "ruleplane rules fmt rules/"


def test_keys_come_in_the_order_of_the_reference_with_their_comments():
    text = """\
    # yaml-language-server: $schema=s.json
    kind: RuleSet
    apiVersion: ruleplane.dev/v1
    spec:
        # what it does
        rules:
        -   event: {reason: A, message: b}   # told
            # first of all
            name: a
            when: 'true'
        for: { x:   {kind: v1/Pod} }
        component:   examples
        # the end of spec
    metadata: {name: x}
    """
    assert formatted(text) == textwrap.dedent("""\
    # yaml-language-server: $schema=s.json
    apiVersion: ruleplane.dev/v1
    kind: RuleSet
    metadata: {name: x}
    spec:
      component: examples
      for: {x: {kind: v1/Pod}}
      # what it does
      rules:
        # first of all
        - name: a
          when: "true"
          event: {reason: A, message: b}   # told
      # the end of spec
    """)


def test_an_element_comes_before_the_condition_that_reads_it():
    text = HEAD + "spec:\n  rules:\n    - when: r.ok\n      each: {r: rs}\n    - each: {r: rs}\n      when: other\n"
    assert re.findall(r"(each|when):", format_text(text)) == ["each", "when", "when", "each"]


def test_long_texts_keep_their_breaks_and_move_with_their_key():
    text = HEAD + "spec:\n    let:\n        a: >-\n            x +\n              y\n        b: [1,\n            2]\n"
    assert format_text(text) == HEAD + "spec:\n  let:\n    a: >-\n      x +\n        y\n    b: [1,\n        2]\n"


def test_other_manifests_beside_rules_are_left_alone():
    other = "kind:   Secret\nmetadata:   {name: x}\n"
    assert format_text(f"{other}---\n{HEAD}spec:   {{}}\n") == f"{other}---\n{HEAD}spec: {{}}\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("spec:\n  ? a\n  : 1\n", "4:5", "only plain keys are understood"),
        ("spec: {}\n...\n", "1:1", "directives and `...` are not understood"),
        ("spec: [\n", "4:1", "not YAML"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text, place, message):
    with pytest.raises(SourceError, match=re.escape(message)) as refused:
        format_text(HEAD + text, "x.yaml")
    assert str(refused.value).startswith(f"x.yaml:{place}")
