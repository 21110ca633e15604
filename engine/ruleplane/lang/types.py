"""Types as rule files write them: CEL's (``list(string)``), and kinds (``v1/Pod``), whose fields the schemas tell.

A kind of a group that Kubernetes itself serves must exist; of any other group nothing is known before a cluster is
there, and an object of it is a map. Called by ``library`` and by the checker.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.registry import split_types
from ruleplane.lang.cel.schema_shapes import shape_of
from ruleplane.lang.cel.shapes import DYN, STRING, Shape, Unifier, map_of
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    Kinds = Callable[[str], "Shape | None"]

_SIMPLE: Final = {
    name: Shape(name)
    for name in (
        *("bool", "bytes", "double", "dyn", "int", "null", "string", "uint"),
        *("cidr", "duration", "ip", "quantity", "semver", "timestamp", "url"),
    )
}
_PARAMETERS: Final = {"list": 1, "map": 2, "optional": 1}
_KIND = re.compile(r"^(?:[a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?/[A-Z][A-Za-z0-9]*$")
_BUILT_IN = re.compile(r"^([a-z]+|[a-z.]+\.k8s\.io)$")


def parse_type(text: str, kinds: Kinds | None = None) -> Shape:
    """The type that a text names. Raises ValueError with what was expected.

    >>> str(parse_type("map(string, list(int))"))
    'map(string, list(int))'
    """
    text = text.strip()
    if "/" in text and "(" not in text:
        return _kind(text, kinds or builtin_kind)
    head, bracket, rest = text.partition("(")
    head = head.strip()
    if bracket and not text.endswith(")"):
        raise ValueError(f"{text!r} lacks its closing bracket")
    wanted = _PARAMETERS.get(head, 0)
    parts = split_types(rest[:-1]) if bracket else ["dyn"] * wanted
    if len(parts) != wanted:
        takes = f"{wanted} type{'s' if wanted > 1 else ''} in brackets" if wanted else "none"
        raise ValueError(f"{text!r}: {head} takes {takes}")
    if wanted:
        return Shape(head, tuple(parse_type(part, kinds) for part in parts))
    if len(head) == 1 and head.isupper():
        return Shape(f"${head}")
    if head not in _SIMPLE:
        close = get_close_matches(head, [*_SIMPLE, *_PARAMETERS], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{head!r} is no type{hint} (a kind is written as group/version/Kind)")
    return _SIMPLE[head]


def _kind(ref: str, kinds: Kinds) -> Shape:
    if not _KIND.match(ref):
        raise ValueError(f"{ref!r} is no kind: one is written as v1/Kind, group/version/Kind")
    found = kinds(ref)
    if found is not None:
        return found
    group = ref.rsplit("/", 2)[0] if ref.count("/") == 2 else "core"
    if _BUILT_IN.match(group):
        close = get_close_matches(ref, [kind.ref for kind in builtin_registry()], 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"there is no kind {ref}{hint}")
    return map_of(STRING, DYN)


@cache
def builtin_kind(ref: str) -> Shape | None:
    """The shape of a built-in kind's objects, None where there is no such kind."""
    kind = builtin_registry().get(ref)
    return None if kind is None else shape_of(_schemas().node(kind))


@cache
def _schemas() -> Schemas:
    return Schemas.builtin()


def fits(wanted: Shape, found: Shape) -> bool:
    """Whether a value of type ``found`` may stand where ``wanted`` is asked for."""
    return Unifier().assignable([wanted], [found])
