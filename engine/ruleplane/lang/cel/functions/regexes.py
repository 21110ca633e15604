"""Regular expressions: Kubernetes' ``find`` and ``findAll``, cel-go's ``regex.*``.

https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library and
https://pkg.go.dev/github.com/google/cel-go/ext#Regex
"""

from __future__ import annotations

import re

from ruleplane.lang.cel.regex import pattern
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import NONE, Optional


@standard("(string).find(string) -> string")
def find(text: str, expression: str) -> str:
    """The first match, or "".

    >>> find("abc 123", "[0-9]+")
    '123'
    """
    match = pattern(expression).search(text)
    return match[0] if match else ""


@standard("(string).findAll(string) -> list(string)", "(string).findAll(string, int) -> list(string)")
def find_all(text: str, expression: str, limit: int = -1) -> list[str]:
    """The matches, at most ``limit`` (negative: all)."""
    found = [match[0] for match in pattern(expression).finditer(text)]
    return found if limit < 0 else found[:limit]


def _captured(expression: str) -> re.Pattern[str]:
    compiled = pattern(expression)
    if compiled.groups > 1:
        raise CelError(f"regular expression {expression!r} has more than one capturing group")
    return compiled


@standard("regex.extract(string, string) -> optional(string)")
def extract(text: str, expression: str) -> Optional:
    """What the one group (else the whole) of the first match captured."""
    match = _captured(expression).search(text)
    if match is None:
        return NONE
    found = match[1 if match.re.groups else 0]
    return NONE if found is None else Optional(found)


@standard("regex.extractAll(string, string) -> list(string)")
def extract_all(text: str, expression: str) -> list[str]:
    """What the one group (else the whole) of every match captured, where it did."""
    compiled = _captured(expression)
    found = (match[1 if compiled.groups else 0] for match in compiled.finditer(text))
    return [part for part in found if part is not None]


_REFERENCE = re.compile(r"\\(.?)", re.DOTALL)


@standard("regex.replace(string, string, string) -> string", "regex.replace(string, string, string, int) -> string")
def replace(text: str, expression: str, replacement: str, limit: int = -1) -> str:
    """Matches replaced, at most ``limit`` (negative: all); ``\\1`` stands for a group, ``\\\\`` for a backslash.

    >>> replace("hello world", "(l+)", "<\\\\1>", 1)
    'he<ll>o world'
    """
    compiled = pattern(expression)

    def reference(match: re.Match[str], letter: str) -> str:
        if letter == "\\":
            return letter
        if not letter.isdigit() or int(letter) > compiled.groups:
            raise CelError(f"regex.replace(): \\{letter} is no group of {expression!r}")
        return match[int(letter)] or ""

    def expand(match: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda found: reference(match, found[1]), replacement)

    if limit == 0:
        return text
    return compiled.sub(expand, text, count=max(limit, 0))
