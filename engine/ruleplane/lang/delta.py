"""Finds what can be kept by delta: chains of filter, sum, min, max, tally, exists and all over one relation.

    live: pods.filter(p, isActive(p))          -> @d0 = filter over pods
    size(live.filter(p, isReady(p)))           -> size(@d1), @d1 = filter over @d0

The chain is replaced by a call of ``@dN``; whoever runs the program keeps one node per bucket and spec, told of every
change,
instead of listing again. A body may read its element, the primary (the node is rebuilt when what it reads there
changes) and
parameters; anything else (other relations, the clock, lets) leaves the chain as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.lang.cel.ast import Call, Expr, Ident, Literal, Macro
from ruleplane.lang.cel.walk import children, free_names, with_children
from ruleplane.lang.walk import functions_called

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.reads import FieldPath, Trie

TERMINALS = frozenset({"sum", "min", "max", "tally", "exists", "all"})


@dataclass(slots=True, eq=False)
class Derived:
    """One step kept by delta. ``fn(None, element, *deps)`` is its body; ``deps`` are taken from the call's arguments at
    ``at`` (root arguments first); ``projections[i]`` are the paths of dep i that matter (None: the whole value);
    ``reads`` are those of the element (None: all of it)."""

    id: int
    relation: str
    parent: Derived | None
    op: str
    body: Expr
    variable: str
    dep_names: tuple[str, ...]
    at: int
    fn: Callable[..., Any] | None = None
    projections: tuple[tuple[FieldPath, ...] | None, ...] = ()
    reads: Trie | None = None
    chain: tuple[Derived, ...] = field(init=False, repr=False)  # from the first step to this one

    def __post_init__(self) -> None:
        self.chain = (*(self.parent.chain if self.parent else ()), self)


@dataclass(slots=True)
class Chain:
    """A relation with its arguments, and the steps over it found so far."""

    relation: str
    root_args: tuple[Expr, ...]
    last: Derived | None = None
    deps: tuple[Expr, ...] = ()


Resolve: TypeAlias = "Callable[[str], Expr | None]"


@dataclass(slots=True)
class Lifter:
    """Replaces chains in the expressions of one rule set."""

    relations: Mapping[str, tuple[str, ...] | None]  # name -> its parameters; None: one object, never a chain
    let: Resolve  # the (unlifted) expression of a let without parameters
    pure: Callable[[str], bool]  # may this function be called in a body
    primary: str
    specs: list[Derived] = field(default_factory=list)
    _known: dict[Any, Derived] = field(default_factory=dict)

    def lift(self, expr: Expr, local: frozenset[str] = frozenset()) -> Expr:
        """``expr`` with every chain replaced; ``local`` are parameters and variables around it."""
        if isinstance(expr, Ident):
            return expr  # a let is lifted where it is defined
        chain = self._chain(expr, local)
        if chain is not None and chain.last is not None:
            return Call(f"@d{chain.last.id}", (*chain.root_args, *chain.deps), None, expr.pos)
        inner = local | set(expr.variables) if isinstance(expr, Macro) else local
        kids = children(expr)
        if isinstance(expr, Macro) and expr.target is not None:
            return _with(expr, kids, (self.lift(kids[0], local), *(self.lift(kid, inner) for kid in kids[1:])))
        return _with(expr, kids, tuple(self.lift(kid, inner) for kid in kids))

    def _chain(self, expr: Expr, local: frozenset[str]) -> Chain | None:
        if isinstance(expr, Ident) and expr.name not in local:
            if self.relations.get(expr.name) == ():
                return Chain(expr.name, ())
            body = self.let(expr.name)
            return self._chain(body, frozenset()) if body is not None else None
        if isinstance(expr, Call) and expr.target is None and expr.function not in local:
            params = self.relations.get(expr.function)
            if params and len(params) == len(expr.args):
                return Chain(expr.function, tuple(self.lift(arg, local) for arg in expr.args))
        if isinstance(expr, Macro) and expr.target is not None and len(expr.variables) == 1 and len(expr.args) == 1:
            if expr.name != "filter" and expr.name not in TERMINALS:
                return None
            chain = self._chain(expr.target, local)
            if chain is None or (chain.last is not None and chain.last.op in TERMINALS):
                return None
            return self._extend(chain, expr, local)
        return None

    def _extend(self, chain: Chain, macro: Macro, local: frozenset[str]) -> Chain | None:
        body, variable = macro.args[0], macro.variables[0]
        deps = sorted(free_names(body) - {variable})
        if not all(name == self.primary or name in local for name in deps):
            return None
        if not all(self.pure(name) for name in functions_called(body)):
            return None
        at = len(chain.root_args) + len(chain.deps)
        key = (
            chain.relation,
            chain.last.id if chain.last else -1,
            macro.name,
            variable,
            body_key(body),
            tuple(deps),
            at,
        )
        spec = self._known.get(key)
        if spec is None:
            spec = Derived(len(self.specs), chain.relation, chain.last, macro.name, body, variable, tuple(deps), at)
            self.specs.append(spec)
            self._known[key] = spec
        return Chain(chain.relation, chain.root_args, spec, (*chain.deps, *(Ident(name) for name in deps)))


def _with(expr: Expr, old: tuple[Expr, ...], new: tuple[Expr, ...]) -> Expr:
    return expr if all(a is b for a, b in zip(old, new, strict=True)) else with_children(expr, new)


def body_key(expr: Expr) -> Any:
    """Equal for expressions that differ only in where they stand."""
    if isinstance(expr, Literal):
        return ("literal", type(expr.value).__name__, expr.value)
    name = getattr(expr, "name", None) or getattr(expr, "function", None) or getattr(expr, "field", None)
    flags = (getattr(expr, "test", None), getattr(expr, "optional", None), getattr(expr, "variables", None))
    return (type(expr).__name__, name, flags, tuple(body_key(kid) for kid in children(expr)))
