"""RE2 expressions on Python's ``re``: compiled once, and refused where the two differ in what they take.

RE2 has no backreferences and no lookaround; Python has no ``\\z``, ``\\pL`` or ``\\C``. What RE2 would refuse is
refused here; what Python lacks is translated or refused with a clear error. https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ruleplane.lang.cel.source import CelError

_REFUSED: Final = re.compile(r"\(\?(?:[=!]|<[=!]|\(|P=|P>|#|>)|\\[1-9]|(?<!\\)(?:[*+?]|\})\+")
_POSIX: Final = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ", "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_PIECE: Final = re.compile(
    r"\\(?:Q(?:.*?)(?:\\E|$)|[pP]\{?\w+\}?|.)|\[:(\^?)(\w+):\]|\(\?(?:P?<)?|[\[\]$]|.", re.DOTALL
)
_FLAGGED: Final = re.compile(r"\(\?([imsU]+)\)")


@lru_cache(maxsize=4096)
def pattern(expression: str) -> re.Pattern[str]:
    """The compiled form of an RE2 expression. Raises CelError if it is none, or one that Python cannot express."""
    if _REFUSED.search(_without_literals(expression)):
        raise CelError(f"invalid regular expression {expression!r}: RE2 has no backreference, lookaround or possessive")
    try:
        # RE2's classes \d \w \s are ASCII, its case folding is not; . and $ are taken literally below.
        return re.compile(_translate(expression))
    except re.error as error:
        raise CelError(f"invalid regular expression {expression!r}: {error}") from None


def _without_literals(expression: str) -> str:
    return re.sub(r"\\[^1-9]|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", expression)


def _translate(expression: str) -> str:
    out: list[str] = []
    in_class = False
    flags = ""
    while (leading := _FLAGGED.match(expression)) is not None:
        flags += leading[1]
        expression = expression[leading.end() :]
    if "U" in flags:
        raise CelError("regular expressions: the flag U is not supported")
    for match in _PIECE.finditer(expression):
        piece = match[0]
        if match[2]:
            out.append(_posix(match))
        elif piece[0] == "\\" and len(piece) > 1:
            out.append(_escape(piece, in_class))
        elif piece == "[" and not in_class:
            in_class = True
            out.append(piece)
        elif piece == "[":
            out.append(r"\[")
        elif piece == "]" and out[-1:] != ["["] and out[-2:] != ["[", "^"]:
            in_class = False
            out.append(piece)
        elif piece == "$" and not in_class and "m" not in flags:
            out.append(r"\Z")  # Python's $ also matches before a last newline
        elif piece == "(?<":
            out.append("(?P<")
        else:
            out.append(piece)
    return (f"(?{''.join(sorted(set(flags)))})" if flags else "") + "".join(out)


def _posix(match: re.Match[str]) -> str:
    if match[2] not in _POSIX or match[1]:
        raise CelError(f"regular expressions: the class {match[0]} is not supported")
    return _POSIX[match[2]]


_ASCII_CLASSES: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}


def _escape(piece: str, in_class: bool) -> str:
    letter = piece[1]
    if letter == "Q":
        return re.escape(piece[2:].removesuffix("\\E"))
    if letter in "pPCX":
        raise CelError(f"regular expressions: {piece} is not supported")
    if letter == "z":
        return r"\Z"
    if letter in _ASCII_CLASSES:
        return _ASCII_CLASSES[letter] if in_class else f"[{_ASCII_CLASSES[letter]}]"
    if letter in "DWS" and not in_class:
        return f"[^{_ASCII_CLASSES[letter.lower()]}]"
    if letter in "bB" and not in_class:
        return f"(?a:{piece})"
    return piece
