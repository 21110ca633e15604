"""Which fields a template writes, by path: what is kept of an object, and what two rules may disagree on.

A part of a path is a field's name, ``[key=value]`` for an element of a list that has list-map keys, or ``[]`` for
elements that nothing tells apart before the rule runs. A path ends where the text ends: what an expression yields is
written whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, ListExpr, Literal, MapExpr
from ruleplane.lang.cel.unparse import unparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.reads import FieldPath
    from ruleplane.model.schema import SchemaNode

_TRANSPARENT = frozenset({"@json", "@optional"})


def written(expr: Expr, node: SchemaNode | None = None, prefix: FieldPath = ()) -> Iterator[tuple[FieldPath, Expr]]:
    """Path and value of every field that a template gives; ``node`` is its type, where it is known."""
    while isinstance(expr, Call) and expr.function in _TRANSPARENT:
        expr = expr.args[0]
    if isinstance(expr, MapExpr) and expr.entries:
        for key, value in expr.entries:
            name = key.value if isinstance(key, Literal) and isinstance(key.value, str) else f"[{unparse(key)}]"
            yield from written(value, _below(node, name), (*prefix, name))
    elif isinstance(expr, ListExpr) and expr.elements and _keys(node):
        items = node.items if node is not None else None
        for element in expr.elements:
            yield from written(element, items, (*prefix, _named(element, _keys(node))))
    else:
        yield prefix, expr


def _below(node: SchemaNode | None, name: str) -> SchemaNode | None:
    return None if node is None else node.field(name) or node.values


def _keys(node: SchemaNode | None) -> tuple[str, ...]:
    if node is None:
        return ()
    return node.list_keys or ((node.patch_merge_key,) if node.patch_merge_key else ())


def _named(element: Expr, keys: tuple[str, ...]) -> str:
    """``[type=Ready]`` where the element says its keys plainly, else ``[]``."""
    while isinstance(element, Call) and element.function in _TRANSPARENT:
        element = element.args[0]
    if not isinstance(element, MapExpr):
        return "[]"
    given = {key.value: value for key, value in element.entries if isinstance(key, Literal)}
    parts = []
    for key in keys:
        value = given.get(key)
        if not isinstance(value, Literal):
            return "[]"
        parts.append(f"{key}={value.value}")
    return f"[{','.join(parts)}]"


def overlap(one: FieldPath, other: FieldPath) -> bool | None:
    """Whether two paths may mean the same field: True, False, or None where only the run tells.

    >>> overlap(("status", "conditions", "[type=A]", "status"), ("status", "conditions", "[type=B]"))
    False
    >>> overlap(("spec",), ("spec", "replicas"))
    True
    >>> overlap(("status", "conditions", "[]"), ("status", "conditions", "[type=B]")) is None
    True
    """
    sure = True
    for a, b in zip(one, other, strict=False):
        if a == b and a != "[]":
            continue
        if a[:1] == "[" or b[:1] == "[":
            if "=" in a and "=" in b:
                return False
            sure = False
        else:
            return False
    return True if sure else None
