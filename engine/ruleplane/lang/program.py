"""A program is a rule set ready to run: what ``reconcile`` needs, as data and compiled callables. It holds no state.

The *scope* of one decision is an object whose attributes are the names that expressions may use: the primary, the
relations,
the lets, ``params``, ``now``, ``refused``. It is filled lazily: the first use of a name computes it
(:class:`Lazy`), every later one is
a plain attribute. ``scope.ctx`` is the running decision (see ``Context``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ruleplane.lang.cel import Compiler
    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.cel.shapes import Shape
    from ruleplane.lang.changed import Changed
    from ruleplane.lang.delta import Derived
    from ruleplane.lang.heads import CompiledRule, Fn
    from ruleplane.lang.reads import FieldPath, FnDef
    from ruleplane.lang.source import Source


class Context(Protocol):
    """What a decision offers to the expressions that it evaluates."""

    def relation(self, spec: RelationSpec, scope: Scope, args: tuple[Any, ...]) -> Any:
        """The related objects (a list-like view), or the one object or None."""

    def derived(self, spec: Derived, args: tuple[Any, ...]) -> Any:
        """The value of a step kept by delta."""

    def now(self) -> int:
        """The instant of this decision, ns."""

    def wake_at(self, instant: int) -> None:
        """The decision may come out differently from ``instant`` (ns) on."""

    def changed(self, siblings: tuple[str, ...]) -> Changed:
        """A mark: the present value is kept unless one of ``siblings`` differs."""

    def seen(self, obj: Any, source: str, path: FieldPath) -> int:
        """Since when the cache has held the value at ``path`` of ``obj``, ns."""

    def history(self, site: str, value: Any, span: int) -> Sequence[tuple[int, Any]]:
        """What ``value`` was within the last ``span`` (ns), newest last: since when (ns), and what. ``site``: where
        it is asked."""

    def refused(self) -> list[dict[str, Any]]:
        """The refusals of this key's previous firing."""


class Scope:
    """Names of one decision; subclassed per program, with a :class:`Lazy` for each name."""

    ctx: Context


class Lazy:
    """A name of a scope. No data descriptor: once the value is there, Python finds it without asking here."""

    __slots__ = ("_fill", "_name")

    def __init__(self, name: str, fill: Callable[[Any], Any]) -> None:
        self._name, self._fill = name, fill

    def __get__(self, scope: Scope, _owner: type) -> Any:
        value = scope.__dict__[self._name] = self._fill(scope)
        return value


@dataclass(slots=True, eq=False)
class RelationSpec:
    """How related objects are found.

    ``mode``: ``all``; ``value`` (``theirs`` of an object meets ``ours``); ``name``; ``labels`` (a selector over their
    labels); ``selectedBy``
    (their selector over the primary's labels). ``ours``, ``namespace``, ``selector`` take (scope, *args).
    """

    name: str
    kind: str
    mode: Literal["all", "value", "name", "labels", "selectedBy"]
    params: tuple[str, ...] = ()
    theirs: Callable[[dict[str, Any]], Any] | None = None  # object -> value, list of values, or None
    theirs_text: str = ""  # equal texts share an index
    ours: Fn | None = None
    namespace: Fn | None = None
    selector: Fn | None = None
    selector_path: FieldPath = ()
    where: Expr | None = None  # over `it`
    where_text: str = ""
    wakes: Literal["all", "none", "blocked"] = "all"
    every: int = 0  # ns between two looks, where changes wake nobody; 0: they do
    owner: Literal["controller", "owner", ""] = ""
    near: bool = False  # objects with a namespace are related only within the primary's (if it has one)
    single: bool = False


@dataclass(slots=True)
class Finalizer:
    """The name that holds a deleted primary back, and when it may go."""

    name: str
    until: Fn


@dataclass(frozen=True, slots=True)
class Admission:
    """On which requests an admission rule set runs, and when: the least ``order`` first."""

    order: int
    operations: frozenset[str]
    subresource: str


@dataclass(slots=True, eq=False)
class Program:
    """One rule set, compiled. Immutable once built."""

    name: str
    component: str
    events_from: str  # who its Events come from
    doc: str
    source: Source
    text_hash: str
    primary: str  # the variable
    kind: str  # "apps/v1/ReplicaSet", or "*"
    by: Callable[[dict[str, Any]], Any] | None  # one reconcile per value of this: the primary is a list of objects
    first: tuple[Callable[..., Any], ...]  # (None, params, primary) -> value: the least goes first in the queue
    where: Expr | None  # over the primary; over `it` beside `by`
    where_text: str
    compiler: Compiler  # with the functions of libraries, for conditions
    definitions: Mapping[str, FnDef]  # bodies of every function that it may call, of libraries too
    calls: Mapping[str, str]  # functions of libraries that it calls, directly or not: head -> text
    relations: dict[str, RelationSpec]
    derived: list[Derived]
    rules: list[CompiledRule]
    scope: type[Scope]
    params: Mapping[str, Any]  # as CEL values
    param_shapes: Mapping[str, Shape]
    reads: dict[str, tuple[FieldPath, ...]]  # by source; what expressions read
    kept: dict[str, tuple[FieldPath, ...]]  # by source; what heads write, and so must notice when others do
    finalizer: Finalizer | None = None
    leaves: frozenset[str] = frozenset()  # kinds of the objects on which something may lie that must be undone
    admission: Admission | None = None  # runs on requests, instead of reconciling

    def kinds(self) -> frozenset[str]:
        """Every kind of which the objects must be in the cache."""
        own = () if self.admission is not None else (self.kind,)  # of requests, the objects come with them
        return self.leaves | {*own, *(relation.kind for relation in self.relations.values())}

    @property
    def undoes(self) -> bool:
        """Whether something may have to be undone once it runs no more."""
        return self.finalizer is not None or bool(self.leaves) or any(rule.lasting for rule in self.rules)

    def __repr__(self) -> str:
        return f"Program({self.name!r})"
