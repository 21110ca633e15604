"""Which types the operators take: by internal name, the operands' types and, last, the result's.

What operators.py computes, said for the checker; numbers compare across their types, and add only within them.
"""

from __future__ import annotations

from typing import Final

Signature = tuple[str, ...]

_NUMBERS: Final = ("int", "uint", "double")
_ORDERED: Final = ("bool", "string", "bytes", "timestamp", "duration", "quantity", "semver")
_SUMS: Final = ("int", "uint", "double", "duration", "quantity")


def _alike(kinds: tuple[str, ...]) -> list[Signature]:
    return [(kind, kind, kind) for kind in kinds]


_COMPARED: Final[list[Signature]] = [
    *((kind, kind, "bool") for kind in _ORDERED),
    *((a, b, "bool") for a in _NUMBERS for b in _NUMBERS),
]

OPERATORS: Final[dict[str, list[Signature]]] = {
    "_&&_": [("bool", "bool", "bool")],
    "_||_": [("bool", "bool", "bool")],
    "!_": [("bool", "bool")],
    "_?_:_": [("bool", "T", "T", "T")],
    "_==_": [("T", "T", "bool")],
    "_!=_": [("T", "T", "bool")],
    "_<_": _COMPARED,
    "_<=_": _COMPARED,
    "_>_": _COMPARED,
    "_>=_": _COMPARED,
    "_+_": [
        *_alike((*_SUMS, "string", "bytes")),
        ("list(T)", "list(T)", "list(T)"),
        ("timestamp", "duration", "timestamp"),
        ("duration", "timestamp", "timestamp"),
    ],
    "_-_": [*_alike(_SUMS), ("timestamp", "timestamp", "duration"), ("timestamp", "duration", "timestamp")],
    "_*_": [*_alike(_NUMBERS), ("quantity", "int", "quantity"), ("int", "quantity", "quantity")],
    "_/_": _alike(_NUMBERS),
    "_%_": _alike(("int", "uint")),
    "-_": [(kind, kind) for kind in ("int", "double", "duration", "quantity")],
    "@in": [("T", "list(T)", "bool"), ("K", "map(K, V)", "bool")],
    "_[_]": [
        ("list(T)", "int", "T"),
        ("map(K, V)", "K", "V"),
        ("optional(list(T))", "int", "optional(T)"),
        ("optional(map(K, V))", "K", "optional(V)"),
    ],
    "_[?_]": [
        ("list(T)", "int", "optional(T)"),
        ("map(K, V)", "K", "optional(V)"),
        ("optional(list(T))", "int", "optional(T)"),
        ("optional(map(K, V))", "K", "optional(V)"),
    ],
}
