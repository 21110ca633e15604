"""The parser: what it takes, and how it points at what it does not."""

from __future__ import annotations

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.cel import parse, unparse
from ruleplane.lang.cel.ast import Ident, Literal, Macro
from ruleplane.lang.cel.source import Pos
from ruleplane.lang.cel.walk import depth


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("a-(b-c)", "a - (b - c)"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("!!a", "a"),
        ("!(!a)", "!(!a)"),
        ("---a", "-a"),
        ("-(-a)", "-(-a)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("a.?b[?0].c[1]", "a.?b[?0].c[1]"),
        ("[1,?a,]", "[1, ?a]"),
        ("{?'k':a.?b,}", "{?'k': a.?b}"),
        ("has(a.`b-c/d`)", "has(a.`b-c/d`)"),
        ("a.package", "a.package"),
        (".a.b", ".a.b"),
        ("x.map(i,v,v)", "x.map(i, v, v)"),
        ("x.all(i,v,v>i)", "x.all(i, v, v > i)"),
        ("cel.bind(x,1,x+x)", "cel.bind(x, 1, x + x)"),
        ("r'\\n' + b'\\x00'", '"\\\\n" + b"\\x00"'),
        ("0xFFu + 1.5e3", "255u + 1500.0"),
        ("a // a comment\n && b", "a && b"),
        ("p.sortBy(x, [x.a, x.b])", "p.sortBy(x, [x.a, x.b])"),
        ("google.protobuf.Int32Value{value: 1}", "google.protobuf.Int32Value{value: 1}"),
    ],
)
def test_an_expression_reads_back_as_it_was_written(text: str, printed: str) -> None:
    assert unparse(parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "the end of the expression where an expression was expected"),
        ("a b", 3, "'b' where an operator or the end was expected"),
        ("a.", 3, "the end of the expression where a field name was expected"),
        ("a.in", 3, "'in' where a field name was expected"),
        ("[1, 2", 6, "the end of the expression where ']' was expected"),
        ("f(1,", 5, "the end of the expression where an expression was expected"),
        ("a ? b", 6, "the end of the expression where ':' was expected"),
        ("while + 1", 1, "'while' is a reserved word"),
        ("9223372036854775808", 1, "integer 9223372036854775808 does not fit 64 bits"),
        ("1 + 18446744073709551616u", 5, "unsigned integer 18446744073709551616u does not fit 64 bits"),
        ("'abc", 1, "this string has no end"),
        ("'a\\qb'", 3, "\\q is not an escape sequence"),
        ("'\\ud800'", 2, "\\ud800 is not a Unicode code point"),
        ("b'\\u0041'", 3, "\\u0041: bytes know no Unicode escapes"),
        ("a # b", 3, "unexpected character '#'"),
        ("has(a)", 1, "has() takes one field selection, such as has(a.b)"),
        ("has(a.?b)", 1, "has() takes one field selection, such as has(a.b)"),
        ("a.map(b.c, 1)", 9, "the first argument of map() must be a plain name"),
        ("a.exists(x, x, 1)", 3, "exists() binds 'x' twice"),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.message) == (column, message)


def test_a_mistake_is_told_where_it_stands_in_the_file_around() -> None:
    with pytest.raises(SourceError) as caught:
        parse("size(pods) >\n  < 3", file="rules/x.yaml", line=12, column=9)
    assert str(caught.value) == (
        "rules/x.yaml:13:11: '<' where an expression was expected\n            < 3\n            ^"
    )


def test_nodes_know_their_place_and_are_equal_without_it() -> None:
    expr = parse("a +   b")
    assert expr == parse("a+b")
    assert isinstance(expr.pos, Pos)
    assert expr.pos.source.text == "a +   b"
    assert Literal(1) != Literal(True)
    assert Literal(1) != Literal(1.0)
    assert Ident("a") != Ident("b")


@pytest.mark.parametrize(
    "text",
    ["(" * 200 + "1" + ")" * 200, "a" + ".b" * 200, "1" + " + 1" * 200, "!" * 200 + "a", "[" * 200 + "]" * 200],
)
def test_what_nests_too_deeply_is_refused_and_not_a_crash(text: str) -> None:
    with pytest.raises(SourceError, match=r"nests deeper than 100|in a row"):
        parse(text)


def test_long_chains_of_and_are_shallow() -> None:
    assert depth(parse(" && ".join(f"a{n} == {n}" for n in range(1000)))) < 15


def test_a_block_is_nested_binds() -> None:
    expr = parse("cel.block([1, cel.index(0) + 1], cel.index(1))")
    assert isinstance(expr, Macro)
    assert (expr.name, expr.variables) == ("bind", ("@index0",))
