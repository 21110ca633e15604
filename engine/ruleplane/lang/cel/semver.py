"""Semantic versions (https://semver.org), ordered by precedence."""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from typing import Any, ClassVar, Final

from ruleplane.lang.cel.source import CelError

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION: Final = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII)


@total_ordering
class Semver:
    """One version; build metadata does not count.

    >>> semver("1.0.0-rc.2") < semver("1.0.0-rc.10") < semver("1.0.0")
    True
    """

    __slots__ = ("key", "text")
    cel_kind: ClassVar[str] = "semver"

    def __init__(self, key: tuple[Any, ...], text: str) -> None:
        self.key = key
        self.text = text

    def __eq__(self, other: object) -> bool:
        return other.__class__ is Semver and other.key == self.key

    def __lt__(self, other: Any) -> bool:
        return bool(self.key < other.key) if other.__class__ is Semver else NotImplemented

    def __hash__(self) -> int:
        return hash((Semver, self.key))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"semver({self.text!r})"


def _identifier(text: str) -> tuple[int, int, str]:
    if not text or (text.isdigit() and len(text) > 1 and text[0] == "0"):
        raise ValueError(text)
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def normalized(text: str) -> str:
    """``v1.2`` as ``1.2.0``: prefix dropped, missing parts zero, leading zeros dropped."""
    match = re.fullmatch(r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?([-+].*)?", text, re.ASCII | re.DOTALL)
    if match is None or (match[4] and not match[3]):  # a short version takes no pre-release or build
        return text
    return ".".join(str(int(part or "0")) for part in match.groups()[:3]) + (match[4] or "")


@lru_cache(maxsize=4096)
def semver(text: str, normalize: bool = False) -> Semver:
    """Parse a version (strictly, unless ``normalize``); CelError."""
    match = _VERSION.fullmatch(normalized(text) if normalize else text)
    try:
        if match is None:
            raise ValueError(text)
        release = tuple(int(match[number]) for number in (1, 2, 3))
        # A version without a pre-release comes after those with one.
        before = tuple(_identifier(part) for part in match[4].split(".")) if match[4] else ((2, 0, ""),)
        return Semver((release, before), match[0])
    except ValueError:
        raise CelError(f"{text!r} is not a semantic version (such as 1.2.3-rc.1)") from None
