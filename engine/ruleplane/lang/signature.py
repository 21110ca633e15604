"""Names with parameters, as `let`, `watch` and libraries write them: ``used(node)``, ``live``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ruleplane.lang.cel.lexer import KEYWORDS

if TYPE_CHECKING:
    from ruleplane.lang.source import Path, Source

_SIGNATURE = re.compile(r"^([A-Za-z_]\w*)\s*(?:\(\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)?\s*\))?$")
RESERVED = frozenset(
    {
        "now",
        "refused",
        "params",
        "group",
        "it",
        "object",
        "missing",
        "surplus",
        "different",
        "rejections",
        "error",
        "self",
        "ctx",  # the running decision, beside the names of the text
    }
)


def signature(source: Source, key: str, path: Path) -> tuple[str, tuple[str, ...]]:
    """Name and parameters. Raises SourceError at the key.

    >>> from ruleplane.lang.source import Source
    >>> signature(Source("x", []), "used(node, r)", ())
    ('used', ('node', 'r'))
    """
    found = _SIGNATURE.match(key)
    if not found:
        raise source.error(f"{key!r} is not a name, or a name with parameters as in used(node)", path, key=True)
    name = found[1]
    params = tuple(part.strip() for part in found[2].split(",")) if found[2] else ()
    for taken in (*({name} & RESERVED), *({name, *params} & KEYWORDS)):
        raise source.error(f"the name {taken!r} is taken by the language", path, key=True)
    return name, params
