"""Text -> tokens: names, numbers, strings, bytes and operators, each with its position.

Literals are decoded here, so the parser sees values.
https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ruleplane.lang.cel.source import Pos, Source
from ruleplane.lang.cel.values import INT_MAX, UINT_MAX, Uint

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYWORDS = frozenset({"in", "true", "false", "null"})
RESERVED = frozenset(
    "as break const continue else for function if import let loop package namespace return var void while".split()  # noqa: SIM905
)


class Token(NamedTuple):
    """``kind`` is ``name``, ``quoted``, ``literal``, ``end`` or the operator itself; ``value`` the decoded text or
    value.
    """

    kind: str
    value: Any
    pos: Pos


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\f\r]+|//[^\n]*)
  | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"{3}|'{3}|\"|'))
  | (?P<float>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
  | (?P<int>(?:0[xX][0-9a-fA-F]+|[0-9]+)[uU]?)
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<quoted>`[a-zA-Z0-9_.\-/\ ]+`)
  | (?P<op>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.)|$)", re.DOTALL)


def tokens(source: Source) -> Iterator[Token]:
    """Every token of ``source`` and one of kind ``end``; SourceError at the first character that fits nothing."""
    text, at, next_ = source.text, 0, _TOKEN.match
    while at < len(text):
        match = next_(text, at)
        if match is None:
            twice = f"; did you mean {text[at] * 2!r}?" if text[at] in "=&|" else ""
            raise source.error(f"unexpected character {text[at]!r}{twice}", at)
        kind, start, at = match.lastgroup, at, match.end()
        if kind == "space":
            continue
        pos = Pos(start, source)
        if kind == "op":
            yield Token(match.group(), None, pos)
        elif kind == "name":
            yield Token("name", match.group(), pos)
        elif kind == "string":
            value, at = _string(source, match.group(), pos, at)
            yield Token("literal", value, pos)
        elif kind == "quoted":
            yield Token("quoted", match.group()[1:-1], pos)
        elif kind == "float":
            yield Token("literal", float(match.group()), pos)
        elif kind == "int":
            yield Token("literal", _integer(source, match.group(), pos), pos)
    yield Token("end", None, Pos(len(text), source))


def _integer(source: Source, text: str, pos: Pos) -> int:
    unsigned = text[-1] in "uU"
    value = int(text.rstrip("uU"), 16 if text[:2] in ("0x", "0X") else 10)
    # One past the largest int passes here: the parser accepts it behind a minus sign only.
    if value > (UINT_MAX if unsigned else INT_MAX + 1):
        raise source.error(f"{'unsigned ' if unsigned else ''}integer {text} does not fit 64 bits", pos)
    return Uint(value) if unsigned else value


def _string(source: Source, opening: str, pos: Pos, at: int) -> tuple[str | bytes, int]:
    quote = opening.lstrip("rRbB")
    prefix = opening[: len(opening) - len(quote)].lower()
    raw, binary = "r" in prefix, "b" in prefix
    end = at
    while True:
        if end >= len(source.text) or (len(quote) == 1 and source.text[end] in "\r\n"):
            raise source.error("this string has no end", pos)
        if source.text.startswith(quote, end):
            break
        end += 2 if source.text[end] == "\\" and not raw else 1
    body = source.text[at:end]
    if raw:
        return (body.encode() if binary else body), end + len(quote)
    return (_bytes(source, body, at) if binary else _text(source, body, at)), end + len(quote)


def _text(source: Source, body: str, at: int) -> str:
    def decode(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code is not None or match[4] is not None:
            point = int(code, 16) if code is not None else int(match[4], 8)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise source.error(f"{match[0]} is not a Unicode code point", at + match.start())
            return chr(point)
        return _simple(source, match, at)

    return _ESCAPE.sub(decode, body) if "\\" in body else body


def _bytes(source: Source, body: str, at: int) -> bytes:
    out, done = bytearray(), 0
    for match in _ESCAPE.finditer(body):
        out += body[done : match.start()].encode()
        done = match.end()
        if match[2] or match[3]:
            raise source.error(f"{match[0]}: bytes know no Unicode escapes", at + match.start())
        if match[1] or match[4]:
            out.append(int(match[1], 16) if match[1] else int(match[4], 8))
        else:
            out += _simple(source, match, at).encode()
    return bytes(out + body[done:].encode())


def _simple(source: Source, match: re.Match[str], at: int) -> str:
    char = _SIMPLE.get(match[5] or "")
    if char is None:
        raise source.error(f"{match[0]} is not an escape sequence", at + match.start())
    return char
