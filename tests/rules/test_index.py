"""``rules/README.md`` is made of the rules' own sentences: ``make rules UPDATE=1`` writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ruleplane.lang.load import documents
from ruleplane.model.ruleset import Library, RuleSet

RULES = Path(__file__).resolve().parents[2] / "rules"
INDEX = RULES / "README.md"
FOUND = [(Path(source.file).relative_to(RULES).as_posix(), item) for source, item in documents([RULES])]

HEAD = """\
# The rules

Every controller, the scheduler and the kubelet, a page each: `<component>/<controller>.yaml`. What may be written in
them is said in docs/rule-language.md. Under `apiserver/` are tables that the API server reads, not rule sets; each says
its form at its top.

This page is made of the rules' own `doc`: `make rules UPDATE=1` writes it anew.
"""


def sentence(text: str) -> str:
    return " ".join(text.split())


def section(file: str, item: RuleSet | Library) -> str:
    title = f"\n## [{item.metadata.name}]({file})\n\n"
    if isinstance(item, Library):
        return f"{title}Library. {sentence(item.spec.doc)}\n\n" + "".join(
            f"- `{name}`\n" for name in item.spec.functions
        )
    ((_, primary),) = item.spec.for_.items()
    rows = "".join(f"| `{rule.name}` | {rule.head} | {sentence(rule.doc)} |\n" for rule in item.spec.rules)
    about = f"For every `{primary.kind}`, in {item.spec.component}. {sentence(item.spec.doc)}"
    return f"{title}{about}\n\n| rule | head | |\n|---|---|---|\n{rows}"


def index() -> str:
    return HEAD + "".join(section(file, item) for file, item in FOUND)


def test_the_index_says_what_the_rules_say_of_themselves() -> None:
    if os.environ.get("UPDATE"):
        INDEX.write_text(index(), encoding="utf-8")
    assert INDEX.read_text(encoding="utf-8") == index(), "the rules have changed: make rules UPDATE=1"


@pytest.mark.parametrize(("file", "item"), FOUND, ids=[item.metadata.name for _, item in FOUND])
def test_every_rule_set_and_rule_is_named_with_a_sentence(file: str, item: RuleSet | Library) -> None:
    told = INDEX.read_text(encoding="utf-8")
    assert f"[{item.metadata.name}]({file})" in told
    assert item.spec.doc.strip().endswith("."), "a rule set's doc is a sentence"
    for rule in item.spec.rules if isinstance(item, RuleSet) else ():
        assert f"| `{rule.name}` |" in told
        assert rule.doc.strip().endswith("."), f"{rule.name}: a rule's doc is a sentence"
