"""Which fields of a variable an expression reads: what the watch filter compares before it wakes anyone.

The answer is conservative: an expression's value, or error, can only change if the projection of the variable on
these paths does. A path ends where the value escapes (is compared as a whole, passed to a function of unknown body,
put into a list), and stands for the whole subtree there. ``[]`` in a path stands for every element of a list, or
every value of a map: the projection on ``("a", "[]", "b")`` is the list of the elements' ``b`` (for a map, by key),
so it shows length and order too.

Whoever projects must keep apart: a missing field, ``null``, an empty list, and a parent that is no object (project it
as itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.values import MISSING
from ruleplane.lang.cel.walk import children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Path = tuple[str, ...]
ELEMENT: Final = "[]"


class Body(NamedTuple):
    """A function written as an expression, so that what its arguments are read for can be seen."""

    params: Sequence[str]
    expr: Expr


def paths(
    expr: Expr,
    name: str,
    *,
    functions: Mapping[str, Body] | None = None,
    definitions: Mapping[str, Expr] | None = None,
) -> set[Path]:
    """The paths that ``expr`` reads below the free variable ``name``; ``{()}`` is all of it, an empty set none.

    ``functions`` are those whose bodies are known, ``definitions`` the names that stand for expressions (lets).

    >>> from ruleplane.lang.cel.parser import parse
    >>> sorted(paths(parse("size(pods.filter(p, p.status.phase != 'Failed')) < rs.spec.replicas"), "pods"))
    [('[]', 'status', 'phase')]
    """
    reader = _Reader(name, functions or {}, definitions or {})
    reader.use(reader.read(expr, {}))
    return _shortest(reader.found)


def projector(found: Iterable[Path]) -> Callable[[Any], Any]:
    """A function that projects a value on paths; equal projections mean an equal outcome of whatever reads only these.

    >>> project = projector({("spec", "x"), ("items", "[]", "a")})
    >>> project({"spec": {"x": 1, "y": 2}, "items": [{"a": 1}, {"b": 2}]}) == project(
    ...     {"spec": {"x": 1, "y": 3}, "items": [{"a": 1}, {}]}
    ... )
    True
    """
    below: dict[str, set[Path]] = {}
    for path in found:
        if not path:
            return lambda value: value
        below.setdefault(path[0], set()).add(path[1:])
    fields = [(field, projector(rest)) for field, rest in sorted(below.items()) if field != ELEMENT]
    element = projector(below[ELEMENT]) if ELEMENT in below else None

    def project(value: Any) -> Any:
        if isinstance(value, Mapping):
            parts = [MISSING if (part := value.get(field, MISSING)) is MISSING else of(part) for field, of in fields]
            if element is not None:
                parts.append([(key, element(part)) for key, part in value.items()])
            return tuple(parts)
        if element is not None and isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return [element(part) for part in value]
        return value

    return project


def _shortest(found: set[Path]) -> set[Path]:
    return {path for path in found if not any(path[:length] in found for length in range(len(path)))}


class _Alias(NamedTuple):
    """A value that is, or is made of, what lies at a path. ``level`` 0: the value itself; 1: a list of some of its
    elements; 2: a map of such lists.
    """

    path: Path
    level: int = 0


_Aliases = frozenset[_Alias]
_NOTHING: Final[_Aliases] = frozenset()
_Around = dict[str, _Aliases]


class _Reader:
    """Walks one expression; ``found`` collects the paths."""

    def __init__(self, name: str, functions: Mapping[str, Body], definitions: Mapping[str, Expr]) -> None:
        self.found: set[Path] = set()
        self._name = name
        self._functions = functions
        self._definitions = definitions
        self._entered: list[str] = []

    def use(self, aliases: _Aliases) -> None:
        """The value matters as a whole."""
        self.found.update(alias.path for alias in aliases)

    def _use_all(self, parts: Iterable[Expr], around: _Around) -> _Aliases:
        for part in parts:
            self.use(self.read(part, around))
        return _NOTHING

    def read(self, expr: Expr, around: _Around) -> _Aliases:
        """What the value of ``expr`` is made of; what it takes to compute it is noted."""
        match expr:
            case Literal():
                return _NOTHING
            case Ident():
                return self._ident(expr, around)
            case Select(operand=operand, field=field, test=test):
                selected = self._field(self.read(operand, around), field)
                if test:
                    self.use(selected)
                return _NOTHING if test else selected
            case Call():
                return self._call(expr, around)
            case Macro():
                return _MACROS.get(expr.name, _Reader._over_elements)(self, expr, around)
            case ListExpr() | MapExpr() | StructExpr():
                return self._use_all(children(expr), around)

    def _ident(self, expr: Ident, around: _Around) -> _Aliases:
        if not expr.root and expr.name in around:
            return around[expr.name]
        if expr.name == self._name:
            return frozenset({_Alias(())})
        definition = self._definitions.get(expr.name)
        if definition is None or expr.name in self._entered:
            return _NOTHING
        return self._enter(expr.name, definition, {})

    def _enter(self, name: str, body: Expr, around: _Around) -> _Aliases:
        self._entered.append(name)
        try:
            return self.read(body, around)
        finally:
            self._entered.pop()

    def _field(self, aliases: _Aliases, field: str) -> _Aliases:
        below = {_Alias((*alias.path, field)) for alias in aliases if alias.level == 0}
        below |= {_Alias(alias.path, 1) for alias in aliases if alias.level == 2}
        self.use(frozenset(alias for alias in aliases if alias.level == 1))  # a field of a list: an error
        return frozenset(below)

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, expr: Call, around: _Around) -> _Aliases:
        name = expr.function.lstrip(".")
        operands = expr.args if expr.target is None else (expr.target, *expr.args)
        special = _CALLS.get(name)
        if special is not None and name not in self._functions:
            return special(self, operands, around)
        qualifier = "" if expr.target is None else _plain_name(expr.target, around)
        if qualifier == "optional" and name in ("of", "none"):
            return self._union(expr.args, around)
        body = self._functions.get(name)
        if body is None or len(body.params) != len(operands) or name in self._entered:
            return self._use_all(operands, around)
        inner = {param: self.read(arg, around) for param, arg in zip(body.params, operands, strict=True)}
        return self._enter(name, body.expr, inner)

    def _union(self, parts: Sequence[Expr], around: _Around) -> _Aliases:
        return frozenset().union(*(self.read(part, around) for part in parts))

    def _conditional(self, parts: Sequence[Expr], around: _Around) -> _Aliases:
        self.use(self.read(parts[0], around))
        return self._union(parts[1:], around)

    def _size(self, parts: Sequence[Expr], around: _Around) -> _Aliases:
        # The length of a filtered list follows from what the filter read.
        for part in parts:
            self.use(frozenset(alias for alias in self.read(part, around) if alias.level == 0))
        return _NOTHING

    def _or_value(self, parts: Sequence[Expr], around: _Around) -> _Aliases:
        aliases, default = self.read(parts[0], around), parts[-1]
        empty = isinstance(default, ListExpr | MapExpr) and not children(default)
        if not empty:
            self.use(aliases)  # whether it is there decides between two different values
        return aliases | self.read(default, around)

    def _index(self, parts: Sequence[Expr], around: _Around) -> _Aliases:
        container, key = parts
        aliases = self.read(container, around)
        if isinstance(key, Literal) and isinstance(key.value, str):
            return self._field(aliases, key.value)
        self.use(self.read(key, around))
        return _elements(aliases)

    # --- macros -----------------------------------------------------------------------------------------------------

    def _rounds(self, macro: Macro, around: _Around) -> tuple[_Aliases, _Around]:
        assert macro.target is not None
        target = self.read(macro.target, around)
        return target, {**around, **dict.fromkeys(macro.variables, _elements(target))}

    def _run_over(self, target: _Aliases) -> None:
        """The macro runs once per element: if its body reads nothing of them, their number still matters."""
        for path, level in target:
            inside = (*path, ELEMENT) if level < 2 else path
            if not any(found[: len(inside)] == inside for found in self.found):
                self.found.add(path)

    def _over_elements(self, macro: Macro, around: _Around) -> _Aliases:
        """all, exists, map, sum, …: what the expressions come to is used."""
        target, inner = self._rounds(macro, around)
        self._use_all(macro.args, inner)
        self._run_over(target)
        return _NOTHING

    def _some_elements(self, macro: Macro, around: _Around) -> _Aliases:
        """filter, sortBy: a list of the same elements."""
        target, inner = self._rounds(macro, around)
        self._use_all(macro.args, inner)
        self._run_over(target)
        self.use(frozenset(alias for alias in target if alias.level == 2))
        return frozenset(_Alias(path, 1) for path, level in target if level < 2)

    def _groups(self, macro: Macro, around: _Around) -> _Aliases:
        return frozenset(_Alias(path, 2) for path, _ in self._some_elements(macro, around))

    def _mapped(self, macro: Macro, around: _Around) -> _Aliases:
        """optMap, optFlatMap: whether there is a value matters, so all of it is read."""
        assert macro.target is not None
        target = self.read(macro.target, around)
        self.use(target)
        return self.read(macro.args[0], {**around, macro.variables[0]: target})

    def _bind(self, macro: Macro, around: _Around) -> _Aliases:
        init, body = macro.args
        return self.read(body, {**around, macro.variables[0]: self.read(init, around)})


def _elements(aliases: _Aliases) -> _Aliases:
    return frozenset(_Alias((*path, ELEMENT)) if level < 2 else _Alias(path, 1) for path, level in aliases)


def _plain_name(expr: Expr, around: _Around) -> str:
    return expr.name if isinstance(expr, Ident) and expr.name not in around else ""


_CALLS: Final[dict[str, Callable[[_Reader, Sequence[Expr], _Around], _Aliases]]] = {
    "_?_:_": _Reader._conditional,
    "_+_": _Reader._union,
    "_[_]": _Reader._index,
    "_[?_]": _Reader._index,
    "size": _Reader._size,
    "dyn": _Reader._union,
    "optional.of": _Reader._union,
    "optional.none": _Reader._union,
    "orValue": _Reader._or_value,
    "or": _Reader._or_value,
    "value": _Reader._union,
}
_MACROS: Final[dict[str, Callable[[_Reader, Macro, _Around], _Aliases]]] = {
    "filter": _Reader._some_elements,
    "sortBy": _Reader._some_elements,
    "groupBy": _Reader._groups,
    "optMap": _Reader._mapped,
    "optFlatMap": _Reader._mapped,
    "bind": _Reader._bind,
}
