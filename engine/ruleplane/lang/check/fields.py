"""Fields that templates give: whether the kind that is written has them, and whether their values fit.

Goes into the text as far as it is written out: maps and lists, both sides of `?:`, lets and functions that yield a map.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from ruleplane.lang.access import UNKNOWN, Kinds
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr
from ruleplane.lang.cel.source import source_error
from ruleplane.lang.cel.unparse import unparse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.errors import SourceError
    from ruleplane.lang.cel.shapes import Shape
    from ruleplane.lang.check.types import Types
    from ruleplane.lang.outline import Site
    from ruleplane.lang.source import Path
    from ruleplane.model.schema import SchemaNode

    Local = Mapping[str, Shape]

_TEXT: Final = frozenset({"string", "timestamp", "duration", "quantity"})  # what JSON holds as text
_SCALARS: Final = {
    "string": _TEXT,
    "integer": frozenset({"int", "uint"}),
    "number": frozenset({"int", "uint", "double"}),
    "boolean": frozenset({"bool"}),
}
_DEPTH: Final = 40


def check(types: Types) -> None:
    """Add to the findings of ``types`` what is wrong with the templates of its rule set."""
    checker = _Fields(types)
    rules = types.outline.ruleset.spec.rules
    for site in types.outline.sites:
        if site.target is not None:
            types.rule = rules[site.rule].name
            checker.site(site)
    types.rule = ""


class _Fields:
    def __init__(self, types: Types) -> None:
        self.types = types
        self.kinds = Kinds(types.outline, types.definitions)
        self.depth = 0
        self.kind = ""

    def site(self, site: Site) -> None:
        node = self._node(site)
        if node is None or site.target is None:
            return
        for name in site.target.at:
            below = node.field(name)
            if below is None:
                if not node.preserve_unknown and node.type == "object":
                    close = get_close_matches(name, list(node.names), 1)
                    hint = f"; did you mean {close[0]!r}?" if close else ""
                    what = (node.name.rpartition(".")[2] if node.name else "") or self.kind
                    place = (*site.path[:-1], "in") if site.target.verb == "keep" else site.path[:-1]
                    message = f"{what} has no field {name!r}{hint}"
                    self.types.told("RP007", self.types.outline.source.error(message, place))
                return
            node = below
        self.value(site.expr, node, self.types.locals(site.vars), site.path)

    def _node(self, site: Site) -> SchemaNode | None:
        """The type of what is written, where the text tells it."""
        target, catalogue = site.target, self.types.catalogue
        assert target is not None
        kinds = {target.kind} if target.kind else self.kinds.of(target.to, target.vars)
        if len(kinds) != 1 or kinds <= {UNKNOWN, "*"}:
            return None
        (self.kind,) = kinds
        kind = catalogue.kind(self.kind)
        speaks = kind.subresource(target.subresource) if kind is not None and target.subresource else None
        if target.subresource and speaks is None:
            if kind is not None and target.verb == "post":
                close = get_close_matches(target.subresource, [*kind.subresources], 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                message = f"{self.kind} has no subresource {target.subresource!r}{hint}"
                error = self.types.outline.source.error(message, (*site.path[:-1], "subresource"))
                self.types.told("RP007", error)
            return catalogue.node(self.kind) if target.verb != "post" else None
        if speaks is not None and speaks.ref != self.kind:
            self.kind = speaks.ref
        return catalogue.node(self.kind)

    # --- values -------------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, node: SchemaNode, local: Local, path: Path | None) -> None:
        """Check an expression that is written where ``node`` is expected; ``path``: in the file, while it is YAML."""
        if self.depth > _DEPTH or node.preserve_unknown:
            return
        self.depth += 1
        try:
            self._value(expr, node, local, path)
        finally:
            self.depth -= 1

    def _value(self, expr: Expr, node: SchemaNode, local: Local, path: Path | None) -> None:
        match expr:
            case Call(function="@json" | "@optional", args=(inner,)):
                self.value(inner, node, local, path)
            case Call(function="_?_:_", args=(_, yes, no)):
                self.value(yes, node, local, None)
                self.value(no, node, local, None)
            case Call(function="of" | "ofNonZeroValue", target=Ident(name="optional"), args=(inner,)):
                self.value(inner, node, local, None)
            case MapExpr() if not self._scalar(node):
                self._map(expr, node, local, path)
            case ListExpr(elements=elements) if node.type == "array":
                for index, element in enumerate(elements):
                    if node.items is not None:
                        self.value(element, node.items, local, None if path is None else (*path, index))
            case Macro(name="map") if node.type == "array" and node.items is not None and expr.target is not None:
                listed = self.types.expr(expr.target, local)
                if listed.name == "list":
                    inner_local = {**local, expr.variables[-1]: listed.params[0]}
                    self.value(expr.args[-1], node.items, inner_local, None)
                self._leaf(expr, node, local, path)
            case _:
                self._leaf(expr, node, local, path)
                self._inside(expr, node, local)

    def _inside(self, expr: Expr, node: SchemaNode, local: Local) -> None:
        """The text of a let or function, where a map or list is to be written."""
        if self._scalar(node):
            return
        if isinstance(expr, Ident) and expr.name not in local:
            let = self.types.outline.lets.get(expr.name)
            if let is not None and let.params is None:
                self.value(let.expr, node, {}, None)
        elif isinstance(expr, Call) and expr.target is None:
            body = self.types.body(expr.function)
            if body is not None and len(body[0]) == len(expr.args):
                given = {name: self.types.expr(arg, local) for name, arg in zip(body[0], expr.args, strict=True)}
                self.value(body[1], node, given, None)

    def _map(self, expr: MapExpr, node: SchemaNode, local: Local, path: Path | None) -> None:
        for key, value in expr.entries:
            name = key.value if isinstance(key, Literal) else None
            at = (*path, name) if path is not None and isinstance(name, str) else None
            below = (node.field(name) if isinstance(name, str) else None) or node.values
            if below is not None:
                self.value(value, below, local, at)
            elif isinstance(name, str) and any(True for _ in node.names):
                close = get_close_matches(name, list(node.names), 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                what = node.name.rpartition(".")[2] or self.kind
                self.types.told("RP007", self._error(f"{what} has no field {name!r}{hint}", key, at, at_key=True))

    def _leaf(self, expr: Expr, node: SchemaNode, local: Local, path: Path | None) -> None:
        found = self.types.expr(expr, local)
        wanted = _wanted(node)
        if not _fits(node, found):
            message = f"{wanted} is expected here, and this is of type {found}"
            self.types.told("RP008", self._error(message, expr, path))

    def _error(self, message: str, expr: Expr, path: Path | None, *, at_key: bool = False) -> SourceError:
        if path is not None:
            return self.types.outline.source.error(message, path, key=at_key)
        error = source_error(message, expr.pos)
        return error if error.line else source_error(f"{message}: {unparse(expr)}", expr.pos)

    @staticmethod
    def _scalar(node: SchemaNode) -> bool:
        return node.type in _SCALARS or node.int_or_string or node.quantity


def _wanted(node: SchemaNode) -> str:
    if node.int_or_string:
        return "an integer or text"
    if node.quantity:
        return "a quantity"
    names = {
        "array": "a list",
        "object": "a map",
        "integer": "an integer",
        "string": "text",
        "boolean": "true or false",
    }
    return names.get(node.type, f"a {node.type}")


def _fits(node: SchemaNode, found: Shape) -> bool:
    if found.variable or found.name in ("dyn", "null") or node.preserve_unknown:
        return True
    if found.name == "optional":
        return _fits(node, found.params[0])
    if node.int_or_string:
        return found.name in _TEXT | {"int", "uint"}
    if node.quantity:
        return found.name in _TEXT | {"int", "uint", "double"}
    if node.type in _SCALARS:
        return found.name in _SCALARS[node.type]
    if node.type == "array":
        return found.name == "list" and (node.items is None or _fits(node.items, found.params[0]))
    if node.type == "object":
        if found.fields is not None:
            names = set(node.names)
            return not names or names.issuperset(found.fields.names())
        return found.name == "map" and (node.values is None or _fits(node.values, found.params[1]))
    return True
