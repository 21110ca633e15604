"""Library functions that say their types are held to them when they are loaded."""

import textwrap

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.library import Functions
from ruleplane.lang.load import documents

HEAD = "apiVersion: ruleplane.dev/v1\nkind: Library\nmetadata: {name: lib}\nspec:\n  functions:\n"


def functions(tmp_path, text):
    path = tmp_path / "lib.yaml"
    path.write_text(HEAD + textwrap.indent(text, "    "))
    found = Functions()
    found.add(documents([path]))
    return found.compiled


def test_a_function_keeps_its_types(tmp_path):
    text = """\
ready(p):
  doc: Whether it is.
  types: {p: v1/Pod}
  returns: bool
  expr: p.status.conditions.exists(c, c.type == 'Ready')
names(ps): {types: {ps: list(v1/Pod)}, returns: list(string), expr: "ps.map(p, p.metadata.name)"}
"""
    compiled = functions(tmp_path, text)
    assert [str(shape) for shape in compiled["ready"].signature] == ["Pod", "bool"]
    assert [str(shape) for shape in compiled["names"].signature] == ["list(Pod)", "list(string)"]
    assert compiled["names"].call([{"metadata": {"name": "a"}}]) == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f(x): {types: {x: int}, returns: string, expr: x + 1}", "f returns string, its expression is of type int"),
        ("f(x): {types: {x: string}, expr: x + 1}", r"does not take \(string, int\)"),
        ("f(p): {types: {p: v1/Pod}, expr: p.spec.nodename}", "no field 'nodename'; did you mean 'nodeName'?"),
        ("f(p): {types: {p: v1/Pud}, expr: p}", "there is no kind v1/Pud; did you mean v1/Pod?"),
        ("f(p): {types: {p: v1/pod}, expr: p}", "'v1/pod' is no kind"),
        ("f(x): {types: {x: strin}, expr: x}", "'strin' is no type; did you mean 'string'?"),
        ("f(x): {types: {x: list(int}, expr: x}", "lacks its closing bracket"),
        ("f(x): {types: {x: 'map(int)'}, expr: x}", "map takes 2 types in brackets"),
        ("f(x): {types: {x: 'int(string)'}, expr: x}", "int takes none"),
        ("f(x): {types: {z: int}, expr: x}", r"there is no parameter z \(there is: x\)"),
        (
            "f(x): {types: {x: int}, expr: x}\ng(z): {types: {z: string}, expr: f(z)}",
            r"f does not take \(string\)",
        ),
    ],
)
def test_a_type_that_does_not_fit_is_shown_at_its_place(tmp_path, text, message):
    with pytest.raises(SourceError, match=message) as refusal:
        functions(tmp_path, text)
    assert refusal.value.line >= 6


def test_a_custom_kind_is_an_object_of_which_nothing_is_known(tmp_path):
    compiled = functions(tmp_path, "f(w): {types: {w: example.com/v1/Website}, returns: int, expr: w.spec.size}")
    assert compiled["f"].call({"spec": {"size": 3}}) == 3
