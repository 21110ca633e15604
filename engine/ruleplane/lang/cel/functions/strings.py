"""cel-go's string extensions, and Kubernetes' ``find`` and ``findAll``; ``format`` has a module of its own.

https://pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError, no_overload
from ruleplane.lang.cel.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOWER: Final = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER: Final = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_QUOTED: Final = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def _within(text: str, index: int) -> int:
    if not 0 <= index <= len(text):
        raise CelError(f"index out of range: {index}")
    return index


@standard("(string).charAt(int) -> string")
def char_at(text: str, index: int) -> str:
    """The character at ``index``; empty just past the end."""
    return text[_within(text, index) : index + 1]


@standard("(string).indexOf(string) -> int", "(string).indexOf(string, int) -> int")
def index_of(text: str, part: str, start: int = 0) -> int:
    """Where ``part`` first occurs at or after ``start``; -1 if nowhere.

    >>> index_of("tacocat", "c", 3)
    4
    """
    return text.find(part, _within(text, start))


@standard("(string).lastIndexOf(string) -> int")
def last_index_of(text: str, part: str) -> int:
    """Where ``part`` last occurs; -1 if nowhere."""
    return text.rfind(part)


@standard("(string).lastIndexOf(string, int) -> int")
def last_index_until(text: str, part: str, start: int) -> int:
    """Where ``part`` last occurs beginning at or before ``start``; -1 if nowhere."""
    return text.rfind(part, 0, _within(text, start) + len(part))


@standard("(string).lowerAscii() -> string")
def lower_ascii(text: str) -> str:
    """A to Z in lower case, nothing else changed."""
    return text.translate(_LOWER)


@standard("(string).upperAscii() -> string")
def upper_ascii(text: str) -> str:
    """a to z in upper case, nothing else changed."""
    return text.translate(_UPPER)


@standard("(string).replace(string, string) -> string", "(string).replace(string, string, int) -> string")
def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """``old`` replaced, at most ``limit`` times (negative: everywhere)."""
    return text.replace(old, new, limit)


@standard("(string).split(string) -> list(string)", "(string).split(string, int) -> list(string)")
def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """The parts between separators, at most ``limit`` of them (negative: all); an empty separator splits characters.

    >>> split("a b c", " ", 2), split("abc", ""), split("a", " ", 0)
    (['a', 'b c'], ['a', 'b', 'c'], [])
    """
    if limit == 0:
        return []
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if limit < 0 or limit >= len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


@standard("(string).substring(int) -> string")
def substring_from(text: str, start: int) -> str:
    """From ``start`` to the end."""
    return text[_within(text, start) :]


@standard("(string).substring(int, int) -> string")
def substring(text: str, start: int, end: int) -> str:
    """From ``start`` up to, not including, ``end``."""
    if _within(text, start) > _within(text, end):
        raise CelError(f"invalid substring range. start: {start}, end: {end}")
    return text[start:end]


@standard("(string).trim() -> string")
def trim(text: str) -> str:
    """Without white space (Unicode's) at both ends."""
    return text.strip(
        "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    )


@standard("(list(string)).join() -> string", "(list(string)).join(string) -> string")
def join(parts: Sequence[str], separator: str = "") -> str:
    """The parts with ``separator`` between them."""
    for part in parts:
        if part.__class__ is not str:
            raise no_overload("join", f"list of {kind_of(part)}")
    return separator.join(parts)


@standard("(string).reverse() -> string")
def reverse(text: str) -> str:
    """The characters in reverse order."""
    return text[::-1]


@standard("strings.quote(string) -> string")
def quote(text: str) -> str:
    """The text as a literal in double quotes."""
    return f'"{text.translate(_QUOTED)}"'
