"""The informer's cache: objects by key, every index that some rule set declared, and who must be woken by a change.

``apply`` is the only way in, one call per watch event, in the order of the store. It holds no rules and decides
nothing: it
answers with the keys of the primaries that may now come out differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import EvaluationError
from ruleplane.lang import cel
from ruleplane.matcher.bound import Bound, BoundRelation
from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.changes import differs
from ruleplane.matcher.closures import getter
from ruleplane.matcher.index import Bucket, Index
from ruleplane.matcher.placing import placing
from ruleplane.matcher.static import split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.program import Program, RelationSpec
    from ruleplane.matcher.build import Matcher
    from ruleplane.matcher.clause import Clause
    from ruleplane.model.kind import Registry

EVERY = "*"  # the pseudo-kind of relations and primaries of any kind


class KindCache:
    """Objects of one kind by ``namespace/name`` (of every kind: by ``kind ref|namespace/name``)."""

    def __init__(self, ref: str, *, namespaced: bool) -> None:
        self.ref, self.namespaced = ref, namespaced
        self.objects: dict[str, dict[str, Any]] = {}
        self.indexes: list[Index] = []
        self.primaries: list[Bound] = []
        self.alert: list[BoundRelation] = []  # relations that wake blocked primaries
        self.named: dict[str, dict[BoundRelation, dict[str, None]]] = {}
        self.seen: dict[tuple[str, ...], dict[str, tuple[Any, int]]] = {}
        self.clauses: dict[str, Clause] = {}
        self.residuals: dict[str, Callable[[dict[str, Any]], bool]] = {}
        self.matched: tuple[Any, frozenset[str]] = (None, frozenset())


class Cache:
    """What one component knows of the cluster."""

    def __init__(self, registry: Registry, *, engine: str = "auto") -> None:
        self.registry = registry
        self.kinds: dict[str, KindCache] = {}
        self.bounds: list[Bound] = []
        self._engine = engine
        self._matcher: Matcher | None = None

    def kind(self, ref: str) -> KindCache:
        """The cache of one kind, made on first use."""
        found = self.kinds.get(ref)
        if found is None:
            known = self.registry.get(ref)
            found = self.kinds[ref] = KindCache(ref, namespaced=known.namespaced if known is not None else True)
        return found

    def get(self, ref: str, key: str) -> dict[str, Any] | None:
        """One object by ``namespace/name``."""
        kind = self.kinds.get(ref)
        return kind.objects.get(key) if kind is not None else None

    # --- programs -----------------------------------------------------------------------------------------------------

    def bind(self, program: Program) -> Bound:
        """Add a program: its indexes are filled from what is here."""
        bound = Bound(program, self, len(self.bounds))
        self.bounds.append(bound)
        if program.where is not None:
            bound.where = self._where(bound.kind, f"p{bound.number}", program.where, program.primary)
        for spec in program.relations.values():
            kind = self.kind(spec.kind)
            relation = BoundRelation(bound, spec, kind, self._index(kind, spec))
            bound.relations[spec.name] = relation
            if spec.wakes == "blocked":
                kind.alert.append(relation)
        bound.kind.primaries.append(bound)
        if bound.where is not None:
            bound.members = {key: None for key, obj in bound.kind.objects.items() if bound.where(obj)}
        return bound

    def unbind(self, bound: Bound) -> None:
        """Take a program out; what it watched stays cached."""
        for key in list(bound.looked):
            bound.subscribe(key, ())
        bound.kind.primaries.remove(bound)
        for relation in bound.relations.values():
            if relation in relation.kind.alert:
                relation.kind.alert.remove(relation)
        self.bounds[bound.number] = bound  # numbers are not given again

    def close(self) -> None:
        """Give back what the matcher holds."""
        if self._matcher is not None:
            self._matcher.close()
            self._matcher = None

    def _index(self, kind: KindCache, spec: RelationSpec) -> Index | None:
        if spec.mode == "name" and spec.where is None:
            return None
        name = f"{spec.mode}:{spec.theirs_text}:{'.'.join(spec.selector_path)}:{spec.where_text}"
        for index in kind.indexes:
            if index.name == name:
                return index
        where = None if spec.where is None else self._where(kind, name, spec.where, "it")
        index = Index(name, placing(spec), where)
        kind.indexes.append(index)
        for key, obj in kind.objects.items():
            index.update(key, obj)
        return index

    def _where(self, kind: KindCache, name: str, condition: Expr, variable: str) -> Callable[[dict[str, Any]], bool]:
        """A test of the static condition ``name``: durable-rules' answer, and the rest of it in CEL."""
        static = split(condition, variable)
        kind.clauses[name] = static.clause
        if static.residual is not None:
            rest = cel.Compiler(cel.STANDARD).compile(static.residual, (), (variable,))
            kind.residuals[name] = lambda obj: _holds(rest, obj)
        self.close()  # built again, with this clause, at the next question
        kind.matched = (None, frozenset())

        def test(obj: dict[str, Any]) -> bool:
            return name in self._match(kind, obj)

        return test

    def _match(self, kind: KindCache, obj: dict[str, Any]) -> frozenset[str]:
        known, names = kind.matched
        if known is obj:
            return names
        if self._matcher is None:
            clauses: Mapping[str, Mapping[str, Clause]] = {k.ref: k.clauses for k in self.kinds.values() if k.clauses}
            self._matcher = build_matcher(clauses, engine=self._engine)  # type: ignore[arg-type]
        met = self._matcher.match(kind.ref, getter(obj))
        residuals = kind.residuals
        names = frozenset(name for name in met if name not in residuals or residuals[name](obj))
        kind.matched = (obj, names)
        return names

    # --- changes ------------------------------------------------------------------------------------------------------

    def apply(
        self,
        ref: str,
        key: str,
        new: dict[str, Any] | None,
        wake: Callable[[Bound, str, bool], None],
        *,
        now: int = 0,
        writer: tuple[Bound, str] | None = None,
    ) -> None:
        """Object ``key`` of kind ``ref`` is now ``new`` (None: gone). ``wake(bound, primary key, own)`` is called for
        each
        primary that may come out differently; ``own``: it wrote this itself. ``now``: ns, for ``seen``."""
        every = self.kinds.get(EVERY)
        if every is not None:
            self._change(every, f"{ref}|{key}", _metadata_only(new), wake, now, writer)
        kind = self.kinds.get(ref)
        if kind is not None:
            self._change(kind, key, new, wake, now, writer)

    def _change(
        self,
        kind: KindCache,
        key: str,
        new: dict[str, Any] | None,
        wake: Callable[[Bound, str, bool], None],
        now: int,
        writer: tuple[Bound, str] | None,
    ) -> None:
        objects = kind.objects
        old = objects.get(key)
        if new is None:
            if old is None:
                return
            del objects[key]
        else:
            objects[key] = new
        for path, held in kind.seen.items():
            _since(path, held, key, new, now)
        crossed: list[Bucket] = []
        touched: list[Bucket] = []
        for index in kind.indexes:
            entered_or_left, stays = index.update(key, new)
            crossed += entered_or_left
            touched += stays
        for bound in kind.primaries:
            self._wake_primary(bound, key, old, new, wake, writer)
        _wake_lookers(kind, key, old, new, crossed, touched, wake, writer)

    def _wake_primary(
        self,
        bound: Bound,
        key: str,
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
        wake: Callable[[Bound, str, bool], None],
        writer: tuple[Bound, str] | None,
    ) -> None:
        own = writer is not None and writer[0] is bound and writer[1] == key
        if bound.where is not None:
            was = key in bound.members
            if new is not None and bound.where(new):
                bound.members[key] = None
            elif was:
                del bound.members[key]
            else:
                return
            if was is not (key in bound.members):
                wake(bound, key, own)
                return
        if old is None or new is None or differs(old, new, bound.reads if own else bound.full):
            wake(bound, key, own)

    # --- since when ---------------------------------------------------------------------------------------------------

    def since(self, ref: str, key: str, path: tuple[str, ...], now: int) -> int:
        """Since when (ns) this cache has held the present value at ``path``; asked for the first time: since
        ``now``."""
        kind = self.kind(ref)
        held = kind.seen.setdefault(path, {})
        obj = kind.objects.get(key)
        if key not in held and obj is not None:
            _since(path, held, key, obj, now)
        return held[key][1] if key in held else now


def _metadata_only(obj: dict[str, Any] | None) -> dict[str, Any] | None:
    """What rules on every kind see: they must not come to depend on fields that only some kinds have."""
    if obj is None:
        return None
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": obj["metadata"]}


def _wake_lookers(
    kind: KindCache,
    key: str,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    crossed: list[Bucket],
    touched: list[Bucket],
    wake: Callable[[Bound, str, bool], None],
    writer: tuple[Bound, str] | None,
) -> None:
    """Wake who looks at buckets entered or left, at buckets it stays in, at the name; and blocked primaries."""
    for bucket in crossed:
        if bucket.subscribers:
            _tell(bucket.subscribers, None, None, wake, writer)
    for bucket in touched:
        if bucket.subscribers:
            _tell(bucket.subscribers, old, new, wake, writer)
    named = kind.named.get(key)
    if named:
        _tell(named, old, new, wake, writer)
    for relation in kind.alert:
        blocked = relation.bound.blocked
        if blocked and (old is None or new is None or differs(old, new, relation.reads)):
            for primary in list(blocked):
                wake(relation.bound, primary, False)


def _since(
    path: tuple[str, ...], held: dict[str, tuple[Any, int]], key: str, new: dict[str, Any] | None, now: int
) -> None:
    if new is None:
        held.pop(key, None)
        return
    value: Any = new
    for name in path:
        value = value.get(name) if value.__class__ is dict else None
    if key not in held or held[key][0] != value:
        held[key] = (value, now)


def _holds(rest: Callable[..., Any], obj: dict[str, Any]) -> bool:
    try:
        return rest(None, obj) is True
    except EvaluationError:
        return False  # a condition that cannot be evaluated on an object does not hold for it


def _tell(
    table: dict[BoundRelation, dict[str, None]],
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    wake: Callable[[Bound, str, bool], None],
    writer: tuple[Bound, str] | None,
) -> None:
    """Wake the primaries of each relation, if it entered or left (no ``old``) or a field that they read changed."""
    for relation, keys in table.items():
        bound = relation.bound
        if old is not None and new is not None:
            if not differs(old, new, relation.full):
                continue
            only_kept = relation.narrow and not differs(old, new, relation.reads)
        else:
            only_kept = False
        mine = writer[1] if writer is not None and writer[0] is bound else None
        for primary in list(keys):
            if primary != mine:
                wake(bound, primary, False)
            elif not only_kept:
                wake(bound, primary, True)
