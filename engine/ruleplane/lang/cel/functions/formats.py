"""Kubernetes' named formats: ``format.dns1123Label().validate(name)`` gives what is wrong, if anything.

https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final

from ruleplane.lang.cel.functions.urls import is_url
from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.times import parse_timestamp
from ruleplane.lang.cel.values import NONE, Optional

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


class NamedFormat:
    """A format by name; ``check`` gives what is wrong with a text."""

    __slots__ = ("check", "name")
    cel_kind: ClassVar[str] = "format"

    def __init__(self, name: str, check: Callable[[str], list[str]]) -> None:
        self.name = name
        self.check = check

    def __eq__(self, other: object) -> bool:
        return other.__class__ is NamedFormat and other.name == self.name

    def __hash__(self) -> int:
        return hash((NamedFormat, self.name))

    def __repr__(self) -> str:
        return f"format.{self.name}()"


def _matching(expression: str, longest: int, what: str) -> Callable[[str], list[str]]:
    compiled = re.compile(expression, re.ASCII)

    def check(text: str) -> list[str]:
        problems = [] if len(text) <= longest else [f"must be no more than {longest} characters"]
        if compiled.fullmatch(text) is None:
            problems.append(f"{what} (regex used for validation is '{expression}')")
        return problems

    return check


_subdomain = _matching(
    rf"{_LABEL}(\.{_LABEL})*",
    253,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
)
_label = _matching(
    _LABEL,
    63,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
)
_label_1035 = _matching(
    "[a-z]([-a-z0-9]*[a-z0-9])?",
    63,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character",
)
_name_part = _matching(
    _QUALIFIED,
    63,
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character",
)


def _qualified_name(text: str) -> list[str]:
    prefix, slash, name = text.rpartition("/")
    problems = [f"prefix part {problem}" for problem in _subdomain(prefix)] if slash else []
    return problems + _name_part(name)


def _label_value(text: str) -> list[str]:
    return _name_part(text) if text else []


def _parses(parse: Callable[[str], object], problem: str) -> Callable[[str], list[str]]:
    def check(text: str) -> list[str]:
        try:
            good = parse(text) is not False
        except (ValueError, CelError, binascii.Error):
            good = False
        return [] if good else [problem]

    return check


def _prefixed(check: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """A name that may end in ``-``: what ``generateName`` takes."""
    return lambda text: check(f"{text[:-2]}a" if text.endswith("-") and len(text) > 1 else text)


FORMATS: Final = {
    "dns1123Label": _label,
    "dns1123Subdomain": _subdomain,
    "dns1035Label": _label_1035,
    "dns1123LabelPrefix": _prefixed(_label),
    "dns1123SubdomainPrefix": _prefixed(_subdomain),
    "dns1035LabelPrefix": _prefixed(_label_1035),
    "qualifiedName": _qualified_name,
    "labelValue": _label_value,
    "uri": _parses(is_url, "invalid URI"),
    "uuid": _parses(lambda text: len(text) == 36 and uuid.UUID(text), "does not match the UUID format"),
    "byte": _parses(lambda text: base64.b64decode(text, validate=True), "invalid base64"),
    "date": _parses(lambda text: len(text) == 10 and date.fromisoformat(text), "invalid date"),
    "datetime": _parses(parse_timestamp, "invalid datetime"),
}


def _declare(name: str) -> None:
    value = NamedFormat(name, FORMATS[name])
    standard(f"format.{name}() -> format")(lambda: value)


for _name in FORMATS:
    _declare(_name)


@standard("format.named(string) -> optional(format)")
def named(name: str) -> Optional:
    """The format of that name, if there is one."""
    return Optional(NamedFormat(name, FORMATS[name])) if name in FORMATS else NONE


@standard("(format).validate(string) -> optional(list(string))")
def validate(value: NamedFormat, text: str) -> Optional:
    """What is wrong with the text; nothing if it is right.

    >>> validate(NamedFormat("dns1123Label", FORMATS["dns1123Label"]), "web")
    optional.none()
    """
    problems = value.check(text)
    return Optional(problems) if problems else NONE
