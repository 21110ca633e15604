"""Semantic versions. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library"""

from __future__ import annotations

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.semver import Semver, semver
from ruleplane.lang.cel.source import CelError

standard("semver(string) -> semver", "semver(string, bool) -> semver")(semver)


@standard("isSemver(string) -> bool", "isSemver(string, bool) -> bool")
def is_semver(text: str, normalize: bool = False) -> bool:
    """Whether the text is a version.

    >>> is_semver("v1.0"), is_semver("v1.0", True)
    (False, True)
    """
    try:
        semver(text, normalize)
    except CelError:
        return False
    return True


@standard("string(semver) -> string")
def text_of(value: Semver) -> str:
    """The text."""
    return value.text


@standard("(semver).major() -> int")
def major(value: Semver) -> int:
    """The first number."""
    return int(value.key[0][0])


@standard("(semver).minor() -> int")
def minor(value: Semver) -> int:
    """The second number."""
    return int(value.key[0][1])


@standard("(semver).patch() -> int")
def patch(value: Semver) -> int:
    """The third number."""
    return int(value.key[0][2])


@standard("(semver).isLessThan(semver) -> bool")
def is_less_than(a: Semver, b: Semver) -> bool:
    """``a < b``."""
    return a < b


@standard("(semver).isGreaterThan(semver) -> bool")
def is_greater_than(a: Semver, b: Semver) -> bool:
    """``a > b``."""
    return a > b


@standard("(semver).compareTo(semver) -> int")
def compare_to(a: Semver, b: Semver) -> int:
    """-1, 0 or 1."""
    return (a > b) - (a < b)
