"""Where the characters of a text stand that YAML folds or escapes."""

from __future__ import annotations

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.check import check_paths
from ruleplane.lang.load import load
from ruleplane.model.data import data_dir

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: one}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: a
"""
APPLY = '      apply: {to: "${c}", metadata: {labels: {x: z}}}\n'
CONDITIONS = {
    "folded": "      when: >-\n        c.metadata.name == 'x' &&\n        »MARK\n",
    "folded, a line indented further": "      when: >\n        1 == 1 &&\n          2 == 2 &&\n        »MARK\n",
    "folded, with an empty line": "      when: >-\n        1 == 1 &&\n\n        »MARK\n        && 2 == 2\n",
    "literal": "      when: |\n        1 == 1 &&\n          »MARK\n",
    "plain over two lines": "      when: 1 == 1 &&\n        2 == 2 && »MARK\n",
    "double quotes over two lines": '      when: "1 == 1 &&\n        2 == 2 && »MARK"\n',
    "double quotes with escapes": "      when: \"'\\x41\\u0041' == '\\\"\\\\t' && »MARK\"\n",
    "double quotes, a line that goes on without a blank": '      when: "1 == 1 &\\\n        & 2 == 2 && »MARK"\n',
    "single quotes": "      when: 'c.metadata.name == ''x'' && »MARK'\n",
    "single quotes over two lines": "      when: 'c.metadata.name == ''x''\n        && »MARK'\n",
    "nothing of it": "      when: 1 == 1 && »MARK\n",
}
TEMPLATES = {
    "folded": "            >-\n              a ${c.metadata.name}\n              b ${»MARK}\n",
    "literal": "            |\n              a ${c.metadata.name}\n              b ${»MARK}\n",
    "literal, an expression of two lines": "            |\n              a ${1 == 1 &&\n                »MARK}\n",
    "double quotes": '              "\\t ${c.metadata.name}\n              b ${»MARK}"\n',
    "single quotes": "              'it''s ${»MARK}'\n",
}


def place(text: str) -> tuple[str, int, int]:
    before = text.partition("»")[0]
    return text.replace("»", ""), before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def whole(kind: str, text: str) -> str:
    if kind == "condition":
        return HEAD + text + APPLY
    return HEAD + '      apply:\n        to: "${c}"\n        metadata:\n          annotations:\n            x:\n' + text


CASES = [
    *(pytest.param(whole("condition", text), id=f"condition: {name}") for name, text in CONDITIONS.items()),
    *(pytest.param(whole("template", text), id=f"template: {name}") for name, text in TEMPLATES.items()),
]


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("wrong", "code"), [("nothing", "RP002"), ("nothing(1)", "RP003"), ("0x", "RP001")])
def test_a_finding_stands_where_the_file_has_it(tmp_path, text, wrong, code):
    text, line, column = place(text.replace("MARK", wrong))
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    (finding,) = [one for one in check_paths([path], libraries=[data_dir("rules") / "lib"]) if one.code != "RP008"]
    assert finding.code == code
    assert (finding.line, finding.column) == (line, column + (code == "RP001"))
    assert finding.text == text.splitlines()[line - 1]
    with pytest.raises(SourceError) as caught:
        load([path])
    assert (caught.value.line, caught.value.column) == (finding.line, finding.column)
    assert caught.value.text == finding.text


def test_what_the_compiler_says_and_what_a_library_says_stand_there_too(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "apiVersion: ruleplane.dev/v1\nkind: Library\nmetadata: {name: lib}\nspec:\n  functions:\n"
        "    f(x): >-\n      x &&\n      nothing\n"
    )
    (finding,) = check_paths([path])
    assert (finding.line, finding.column, finding.text) == (8, 7, "      nothing")
    with pytest.raises(SourceError) as caught:
        load([path])
    assert (caught.value.line, caught.value.column) == (8, 7)


def test_a_place_beside_a_finding_is_exact_too(tmp_path):
    path = tmp_path / "rules.yaml"
    condition = "      when: >-\n        1 == 1 &&\n        big(c)\n"
    text = (HEAD + condition + APPLY).replace("  rules:", "  let:\n    big(x): x.metadata.nam == 'a'\n  rules:")
    path.write_text(text)
    (finding,) = check_paths([path], libraries=[data_dir("rules") / "lib"])
    assert (finding.code, finding.line) == ("RP005", 8)
    assert [(one.line, one.column) for one in finding.related] == [(13, 9)]


def test_a_word_is_underlined_whole(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(HEAD + "      when: c.metadata.nam == 'x'\n" + APPLY)
    (finding,) = check_paths([path], libraries=[data_dir("rules") / "lib"])
    assert finding.text[finding.column - 1 :][: finding.length] == "nam"
