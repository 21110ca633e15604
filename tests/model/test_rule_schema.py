"""``schemas/ruleset.schema.json``: current, and of one mind with the loader.

``make schemas``, or this test with ``UPDATE=1``, writes it anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from ruleplane.errors import SourceError
from ruleplane.lang.source import parse, shape
from ruleplane.model.data import data_dir
from ruleplane.model.rule_schema import json_schema

ROOT = Path(__file__).resolve().parents[2]
FILE = data_dir("schemas") / "ruleset.schema.json"
FILES = sorted(
    path
    for top in ("rules", "docs/examples")
    for path in (ROOT / top).rglob("*.yaml")
    if "ruleplane.dev/v1\nkind: " in path.read_text()
)
SCHEMA = jsonschema_rs.validator_for(json_schema())

GOOD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: good}
spec:
  component: examples
  for: {o: {kind: v1/ConfigMap}}
  watch: {parts: {kind: v1/ConfigMap, controlledBy: o}}
  rules:
    - name: keep
      ensure: {objects: parts, count: "1", template: {kind: v1/ConfigMap}}
    - {name: note, apply: {to: "${o}", data: {a: b}}}
    - name: pick
      choose: {part: parts, scores: {Any: {value: "1"}}, then: {status: {phase: x}}}
"""
LIBRARY = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: good}
spec:
  functions: {two(x): x * 2}
"""
# what is written instead, where: both refuse it
MISTAKES = [
    ("kind: RuleSet", "kind: Ruleset"),
    ("apiVersion: ruleplane.dev/v1", "apiVersion: ruleplane.dev/v2"),
    ("{name: good}", "{name: Not Good}"),
    ("{name: good}", "{nam: good}"),
    ("  component: examples\n", ""),
    ("component:", "componant:"),
    ("o: {kind: v1/ConfigMap}", "o: {kind: v1/ConfigMap, wher: x}"),
    ("{o: {kind: v1/ConfigMap}}", "{o: {kind: v1/ConfigMap}, p: {kind: v1/Pod}}"),
    ("{o: {kind: v1/ConfigMap}}", "{2nd: {kind: v1/ConfigMap}}"),
    ("controlledBy: o", "controledBy: o"),
    ("controlledBy: o", "wakes: sometimes"),
    ("controlledBy: o", "theirs: it.a"),
    ("objects: parts, ", ""),
    ('count: "1"', "count: 1"),
    ('count: "1"', 'kount: "1"'),
    ("template: {kind: v1/ConfigMap}", "template: {king: v1/ConfigMap}"),
    ('to: "${o}", ', ""),
    ("- name: keep", "- nama: keep"),
    ("scores:", "score:"),
    ("then:", "than:"),
    ('value: "1"', 'value: "1", wait: 2'),
]


def accepts(text: str) -> tuple[bool, bool]:
    """What the schema and the loader say."""
    try:
        for source in parse(text):
            shape(source)
        loaded = True
    except SourceError:
        loaded = False
    return SCHEMA.is_valid(yaml.safe_load(text)), loaded


def test_the_schema_is_current():
    made = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE"):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "the models of rule files have changed: make schemas"


def test_the_schema_is_a_schema():
    jsonschema_rs.meta.validate(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_rule_file_satisfies_the_schema(path):
    for document in yaml.load_all(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        SCHEMA.validate(document)


@pytest.mark.parametrize("path", [path for path in FILES if path.is_relative_to(ROOT / "rules")], ids=lambda p: p.name)
def test_the_first_line_of_every_bundled_rule_file_names_the_schema(path):
    first, _, _ = path.read_text().partition("\n")
    name = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / name).resolve() == ROOT / "schemas" / "ruleset.schema.json"


@pytest.mark.parametrize("text", [GOOD, LIBRARY], ids=["rule set", "library"])
def test_what_the_loader_accepts_satisfies_the_schema(text):
    assert accepts(text) == (True, True)


@pytest.mark.parametrize(("right", "wrong"), MISTAKES, ids=[wrong or right for right, wrong in MISTAKES])
def test_a_mistake_is_refused_by_schema_and_loader_alike(right, wrong):
    assert right in GOOD
    assert accepts(GOOD.replace(right, wrong)) == (False, False)


def test_a_mistake_in_a_library_is_refused():
    assert accepts(LIBRARY.replace("functions", "function")) == (False, False)
    assert accepts(LIBRARY.replace("x * 2", "2")) == (False, False)


def test_every_key_is_described():
    undescribed = [
        f"{name}.{key}"
        for name, definition in json_schema()["definitions"].items()
        for key, value in definition.get("properties", {}).items()
        if value is not True and "description" not in value
    ]
    assert not undescribed, "give each Field a description: editors show it"


def test_no_key_offers_null():
    def nulls(part: Any) -> bool:
        if isinstance(part, dict):
            return part.get("type") == "null" or any(map(nulls, part.values()))
        return isinstance(part, list) and any(map(nulls, part))

    assert not nulls(json_schema())
