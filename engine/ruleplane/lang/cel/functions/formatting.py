"""``'…'.format([…])``: printf for expressions.

``%s %d %f %e %b %o %x %X %%``, with a precision for ``%f`` and ``%e``.
https://pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

import re
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, Final

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.text import number_text
from ruleplane.lang.cel.times import duration_text, timestamp_text
from ruleplane.lang.cel.values import kind_of, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CLAUSE: Final = re.compile(r"%(?:(?P<percent>%)|(?:\.(?P<precision>[0-9]+))?(?P<verb>[a-zA-Z]?))")
_MAX_PRECISION: Final = 1000


def _special(value: float) -> str | None:
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return None


def _refuse(verb: str, value: Any) -> CelError:
    return CelError(f"format(): %{verb} does not take a {type_of(value).name}")


def _string(value: Any, precision: int) -> str:
    return text_of(value)


def text_of(value: Any) -> str:
    """What ``%s`` prints.

    >>> text_of({"b": [1.5, None], "a": True})
    '{a: true, b: [1.5, null]}'
    """
    kind = kind_of(value)
    if kind in ("bool", "int", "uint", "double"):
        return _special(value) or number_text(value)
    plain = _TEXTS.get(kind)
    if plain is not None:
        return plain(value)
    raise _refuse("s", value)


def _map_text(value: Any) -> str:
    entries = sorted((text_of(key), text_of(content)) for key, content in value.items())
    return "{" + ", ".join(f"{key}: {content}" for key, content in entries) + "}"


_TEXTS: Final[dict[str, Callable[[Any], str]]] = {
    "string": str,
    "null": lambda value: "null",
    "bytes": lambda value: value.decode("utf-8", "replace"),
    "type": lambda value: str(value.name),
    "timestamp": timestamp_text,
    "duration": duration_text,
    "list": lambda value: "[" + ", ".join(map(text_of, value)) + "]",
    "map": _map_text,
    **dict.fromkeys(("quantity", "ip", "cidr", "url", "semver"), str),
}


def _decimal(value: Any, precision: int) -> str:
    kind = kind_of(value)
    if kind not in ("int", "uint", "double"):
        raise _refuse("d", value)
    return _special(value) or number_text(value)


def _fixed(value: Any, precision: int) -> str:
    if kind_of(value) not in ("int", "uint", "double"):
        raise _refuse("f", value)
    return _special(value) or f"{float(value):.{precision}f}"


def _scientific(value: Any, precision: int) -> str:
    if kind_of(value) not in ("int", "uint", "double"):
        raise _refuse("e", value)
    return _special(value) or f"{float(value):.{precision}e}"


def _binary(value: Any, precision: int) -> str:
    if kind_of(value) not in ("bool", "int", "uint"):
        raise _refuse("b", value)
    return f"{int(value):b}"


def _octal(value: Any, precision: int) -> str:
    if kind_of(value) not in ("int", "uint"):
        raise _refuse("o", value)
    return f"{int(value):o}"


def _hexadecimal(value: Any, precision: int) -> str:
    kind = kind_of(value)
    if kind in ("string", "bytes"):
        return (value.encode() if kind == "string" else value).hex()  # type: ignore[no-any-return]
    if kind not in ("int", "uint"):
        raise _refuse("x", value)
    return f"{int(value):x}"


_VERBS: Final[dict[str, Callable[[Any, int], str]]] = {
    "s": _string,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "o": _octal,
    "x": _hexadecimal,
    "X": lambda value, precision: _hexadecimal(value, precision).upper(),
}


@standard("(string).format(list(dyn)) -> string")
def format_text(text: str, args: Sequence[Any]) -> str:
    """The text with every clause replaced by the next argument.

    >>> format_text("%s has %d of %.1f%%", ["web", 3, 12.34])
    'web has 3 of 12.3%'
    """
    used = 0

    def clause(match: re.Match[str]) -> str:
        nonlocal used
        if match["percent"]:
            return "%"
        verb = _VERBS.get(match["verb"])
        if verb is None:
            raise CelError(f"format(): unrecognized formatting clause {match['verb']!r}")
        if used >= len(args):
            raise CelError(f"format(): index {used} out of range")
        precision = int(match["precision"] or 6)
        if precision > _MAX_PRECISION:
            raise CelError(f"format(): precision {precision} is over {_MAX_PRECISION}")
        used += 1
        return verb(args[used - 1], precision)

    return _CLAUSE.sub(clause, text)
