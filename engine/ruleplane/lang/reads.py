"""Which fields of which objects an expression reads: by following values, not by running them.

A *source* is the primary (by its variable), a relation (by its name), or a parameter of a function. The answer
decides what
wakes a rule, so it errs on the side of reading more: a value that is compared, passed on or returned counts as read
whole.

    for rs, watch pods, let live = pods.filter(p, isActive(p))
    size(live) < rs.spec.replicas
    reads: pods -> what isActive reads of its parameter; rs -> spec.replicas
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select, StructExpr
from ruleplane.lang.cel.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FieldPath: TypeAlias = tuple[str, ...]
Reads: TypeAlias = "dict[str, set[FieldPath]]"
Trie: TypeAlias = "dict[str, Trie | None]"

# macros whose result holds elements of what they run over
_SAME = frozenset({"filter", "sortBy"})
_TRANSPARENT = frozenset({"@json", "@optional", "dyn"})
_FIRST = frozenset({"first", "last"})


@record
class Value:
    """A value at ``path`` of an object of ``source``; ``many``: a collection of such."""

    source: str
    path: FieldPath = ()
    many: bool = False


Abstract: TypeAlias = Value | None
FnDef: TypeAlias = "tuple[tuple[str, ...], Expr]"


class Reader:
    """Follows values through one rule set's lets, relations and functions, which do not change meanwhile: each is
    followed once for what it is given."""

    def __init__(
        self,
        relations: Mapping[str, bool],
        lets: Mapping[str, Expr],
        functions: Mapping[str, FnDef],
    ) -> None:
        self._relations = relations  # name -> is it one object (`name:`)
        self._lets = lets
        self._functions = functions
        self._stack: list[str] = []
        self._cycles = 0  # how often a text was left out because it is being followed already
        self._known: dict[tuple[str, frozenset[tuple[str, Abstract]]], tuple[Reads, Abstract]] = {}

    def read(self, expr: Expr, env: Mapping[str, Abstract], *, whole: bool = True) -> tuple[Reads, Abstract]:
        """What ``expr`` reads, and what its value is; ``whole``: the value itself counts as read."""
        reads: Reads = {}
        value = self._value(expr, dict(env), reads)
        if whole:
            _consume(value, reads)
        return reads, value

    def _value(self, expr: Expr, env: dict[str, Abstract], reads: Reads) -> Abstract:
        match expr:
            case Literal():
                return None
            case Ident(name=name):
                return self._name(name, env, reads)
            case Select():
                return self._select(expr, env, reads)
            case Call():
                return self._call(expr, env, reads)
            case Macro():
                return self._macro(expr, env, reads)
            case ListExpr(elements=elements):
                for element in elements:
                    self._use(element, env, reads)
            case MapExpr(entries=entries):
                for key, item in entries:
                    self._use(key, env, reads)
                    self._use(item, env, reads)
            case StructExpr(fields=fields):
                for _, item in fields:
                    self._use(item, env, reads)
        return None

    def _use(self, expr: Expr, env: dict[str, Abstract], reads: Reads) -> None:
        _consume(self._value(expr, env, reads), reads)

    def _name(self, name: str, env: dict[str, Abstract], reads: Reads) -> Abstract:
        if name in env:
            return env[name]
        if name in self._relations:
            reads.setdefault(name, set())
            return Value(name, (), many=not self._relations[name])
        return self._followed(name, self._lets[name], _outer(env), reads) if name in self._lets else None

    def _followed(self, name: str, body: Expr, env: dict[str, Abstract], reads: Reads) -> Abstract:
        """The value of a let's or function's text."""
        if name in self._stack:
            self._cycles += 1
            return None
        key = name, frozenset(env.items())
        found = self._known.get(key)
        if found is None:
            inside: Reads = {}
            before = self._cycles
            self._stack.append(name)
            try:
                found = inside, self._value(body, env, inside)
            finally:
                self._stack.pop()
            if self._cycles == before:  # else it is another within another text
                self._known[key] = found
        merge(reads, found[0])
        return found[1]

    def _select(self, expr: Select, env: dict[str, Abstract], reads: Reads) -> Abstract:
        operand = self._value(expr.operand, env, reads)
        if operand is None:
            return None
        if operand.many:
            _consume(operand, reads)
            return None
        found = Value(operand.source, (*operand.path, expr.field))
        if expr.test:
            _consume(found, reads)
            return None
        return found

    def _call(self, expr: Call, env: dict[str, Abstract], reads: Reads) -> Abstract:
        name, args = expr.function, expr.args
        if name in self._relations and expr.target is None:
            for arg in args:
                self._use(arg, env, reads)
            reads.setdefault(name, set())
            return Value(name, (), many=not self._relations[name])
        if name in self._functions and name not in self._stack:
            params, body = self._functions[name]
            given = ([expr.target] if expr.target is not None else []) + list(args)
            bound = {p: self._value(a, env, reads) for p, a in zip(params, given, strict=False)}
            return self._followed(name, body, {**_outer(env), **bound}, reads)
        self._cycles += name in self._stack
        if name in _TRANSPARENT:
            return self._value(args[0], env, reads)
        if name == "_?_:_":
            return self._either(expr, env, reads)
        if name in ("_[_]", "_[?_]"):
            return self._index(expr, env, reads)
        if expr.target is not None and name in _FIRST:
            value = self._value(expr.target, env, reads)
            return Value(value.source, value.path) if value and value.many else value
        if expr.target is not None and name in ("orValue", "or", "value", "hasValue"):
            return self._either(Call(name, (Literal(None), expr.target, *args)), env, reads)
        return self._consumed(expr, env, reads)

    def _consumed(self, expr: Call, env: dict[str, Abstract], reads: Reads) -> Abstract:
        """A call that is not followed: its operands count as read, but for their mere number or presence."""
        name, args = expr.function, expr.args
        parts = (*([expr.target] if expr.target is not None else ()), *args)
        values = [self._value(part, env, reads) for part in parts]
        null = name in ("_==_", "_!=_") and any(isinstance(arg, Literal) and arg.value is None for arg in args)
        for value in values:
            if value is None or (name == "size" and value.many) or (null and not value.path):
                continue  # membership, which always wakes
            _consume(value, reads)
        return None

    def _either(self, expr: Call, env: dict[str, Abstract], reads: Reads) -> Abstract:
        self._use(expr.args[0], env, reads)
        values = [self._value(arg, env, reads) for arg in expr.args[1:]]
        known = [value for value in values if value is not None]
        if len(known) == 1 or (known and all(value == known[0] for value in known)):
            return known[0]
        for value in known:
            _consume(value, reads)
        return None

    def _index(self, expr: Call, env: dict[str, Abstract], reads: Reads) -> Abstract:
        operand, key = expr.args
        value = self._value(operand, env, reads)
        if value is not None and value.many:
            self._use(key, env, reads)
            return Value(value.source, value.path)
        if value is not None and isinstance(key, Literal) and isinstance(key.value, str):
            return Value(value.source, (*value.path, key.value))
        self._use(key, env, reads)
        _consume(value, reads)
        return None

    def _macro(self, expr: Macro, env: dict[str, Abstract], reads: Reads) -> Abstract:
        if expr.target is None:  # bind(x, init, body)
            init, body = expr.args
            return self._value(body, {**env, expr.variables[0]: self._value(init, env, reads)}, reads)
        target = self._value(expr.target, env, reads)
        element: Abstract = None
        if target is not None:
            if target.many:
                element = Value(target.source, target.path)
            elif expr.name in ("optMap", "optFlatMap"):
                element = target
            else:
                _consume(target, reads)
        inner = {**env, **dict.fromkeys(expr.variables)}
        inner[expr.variables[-1]] = element
        results = [self._value(arg, inner, reads) for arg in expr.args]
        if expr.name in _SAME:
            for result in results:
                _consume(result, reads)
            return target if target is not None and target.many else None
        if expr.name == "map" and results[-1] is not None and not results[-1].many:
            for result in results[:-1]:
                _consume(result, reads)
            return Value(results[-1].source, results[-1].path, many=True)
        for result in results:
            _consume(result, reads)
        return None


def _outer(env: dict[str, Abstract]) -> dict[str, Abstract]:
    # a let or function body sees the rule set's names only; the primary is the one entry kept by its own name
    return {name: value for name, value in env.items() if value is not None and value.source == name and not value.path}


def _consume(value: Abstract, reads: Reads) -> None:
    if value is not None:
        reads.setdefault(value.source, set()).add(value.path)


def merge(into: Reads, more: Reads) -> None:
    """Add ``more`` to ``into``."""
    for source, paths in more.items():
        into.setdefault(source, set()).update(paths)


def shortest(paths: set[FieldPath]) -> tuple[FieldPath, ...]:
    """The paths without those that lie below another, in order.

    >>> shortest({("spec", "replicas"), ("spec",), ("status",)})
    (('spec',), ('status',))
    """
    return tuple(sorted(p for p in paths if not any(p[:n] in paths for n in range(len(p)))))


def trie(paths: Iterable[FieldPath]) -> Trie | None:
    """Paths as a tree; None means everything.

    >>> trie([("spec", "replicas"), ("status",)])
    {'spec': {'replicas': None}, 'status': None}
    """
    root: Trie = {}
    for path in sorted(paths):
        if not path:
            return None
        at: Trie = root
        for name in path[:-1]:
            below = at.setdefault(name, {})
            if below is None:
                break
            at = below
        else:
            at[path[-1]] = None
    return root
