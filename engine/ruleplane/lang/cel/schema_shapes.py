"""Shapes of objects from their schemas: so that ``rs.spec.replcas`` is an error when rules are loaded.

JSON has neither timestamps nor quantities: a date is a string here, and what may be a string or a number, or an int
or a double, is ``dyn``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.shapes import DYN, STRING, Shape, list_of, map_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.model.schema import SchemaNode

_SCALARS: Final = {"string": "string", "integer": "int", "boolean": "bool"}


class _Fields:
    """The fields of one schema node, shaped when asked for: schemas may be recursive."""

    __slots__ = ("_known", "_node")

    def __init__(self, node: SchemaNode) -> None:
        self._node = node
        self._known: dict[str, Shape | None] = {}

    def field(self, name: str) -> Shape | None:
        """The shape of a field."""
        if name not in self._known:
            node = self._node.field(name)
            self._known[name] = None if node is None else shape_of(node)
        return self._known[name]

    def names(self) -> Iterable[str]:
        """The fields' names."""
        return self._node.names


def shape_of(node: SchemaNode) -> Shape:
    """The shape of the values that a schema node describes."""
    if node.int_or_string or node.quantity or node.preserve_unknown or node.type == "number":
        return DYN
    if node.type in _SCALARS:
        return Shape(_SCALARS[node.type])
    if node.type == "array":
        return list_of(shape_of(node.items) if node.items is not None else DYN)
    if any(True for _ in node.names):
        name = node.name.rpartition(".")[2] or "object"
        # by its definition it is the same type, whoever has read the schemas
        return Shape(f"{name}#{node.name or id(node)}", fields=_Fields(node))
    if node.values is not None:
        return map_of(STRING, shape_of(node.values))
    return map_of(STRING, DYN) if node.type == "object" else DYN
