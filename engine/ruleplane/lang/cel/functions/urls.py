"""URLs. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library"""

from __future__ import annotations

import re
from typing import ClassVar, Final
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BAD_HOST: Final = re.compile(r"""[ "<>\\^`{|}]""")


class URL:
    """An absolute URL or an absolute path."""

    __slots__ = ("parts", "text")
    cel_kind: ClassVar[str] = "url"

    def __init__(self, text: str, parts: SplitResult) -> None:
        self.text = text
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return other.__class__ is URL and other.parts == self.parts

    def __hash__(self) -> int:
        return hash((URL, self.parts))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"url({self.text!r})"


@standard("url(string) -> url")
def url(text: str) -> URL:
    """Parse; CelError if it is neither an absolute URL nor an absolute path.

    >>> url("https://example.com:80/a?b=1").parts.hostname
    'example.com'
    """
    if _CONTROL.search(text) or _BAD_ESCAPE.search(text):
        raise CelError(f"url(): {text!r} holds characters or escapes that a URL cannot")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise CelError(f"url(): {text!r}: {error}") from None
    if not parts.scheme and not text.startswith("/"):
        raise CelError(f"url(): {text!r} is neither an absolute URL nor an absolute path")
    if _BAD_HOST.search(parts.netloc):
        raise CelError(f"url(): {text!r}: invalid character in host name")
    return URL(text, parts)


@standard("isURL(string) -> bool")
def is_url(text: str) -> bool:
    """Whether the text is a URL."""
    try:
        url(text)
    except CelError:
        return False
    return True


@standard("string(url) -> string")
def text_of(value: URL) -> str:
    """The text."""
    return value.text


@standard("(url).getScheme() -> string")
def scheme(value: URL) -> str:
    """``https``; empty for a path."""
    return value.parts.scheme


def _netloc(value: URL) -> str:
    return value.parts.netloc.rpartition("@")[2]


@standard("(url).getHost() -> string")
def host(value: URL) -> str:
    """Name or address with the port, if any; IPv6 in brackets."""
    return _netloc(value)


@standard("(url).getHostname() -> string")
def hostname(value: URL) -> str:
    """Name or address without port and brackets."""
    netloc = _netloc(value)
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0]


@standard("(url).getPort() -> string")
def port(value: URL) -> str:
    """The port's text, or ""."""
    return "" if value.parts.port is None else str(value.parts.port)


@standard("(url).getEscapedPath() -> string")
def escaped_path(value: URL) -> str:
    """The path, percent-encoded."""
    return quote(value.parts.path, safe="/%:@!$&'()*+,;=~-._")


@standard("(url).getQuery() -> map(string, list(string))")
def query(value: URL) -> dict[str, list[str]]:
    """The values of each key of the query."""
    result: dict[str, list[str]] = {}
    for key, content in parse_qsl(value.parts.query, keep_blank_values=True):
        result.setdefault(key, []).append(content)
    return result
