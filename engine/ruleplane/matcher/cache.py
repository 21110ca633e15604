"""The informer's cache: objects by key, every index that some rule set declared, and who must be woken by a change.

``apply`` is the only way in, one call per watch event, in the order of the store. It holds no rules and decides
nothing: it
answers with the keys of the primaries that may now come out differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.matcher.bound import Bound, BoundRelation
from ruleplane.matcher.changes import differs
from ruleplane.matcher.conditions import Conditions
from ruleplane.matcher.footprint import Footprint
from ruleplane.matcher.groups import Groups
from ruleplane.matcher.index import Bucket, Index
from ruleplane.matcher.placing import placing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.delta import Derived
    from ruleplane.lang.program import Program, RelationSpec
    from ruleplane.model.kind import Registry

_ABSENT = object()
EVERY = "*"  # the pseudo-kind of relations and primaries of any kind


class KindCache:
    """Objects of one kind by ``namespace/name`` (of every kind: by ``kind ref|namespace/name``)."""

    def __init__(self, ref: str, *, namespaced: bool, engine: str = "auto") -> None:
        self.ref, self.namespaced = ref, namespaced
        self.objects: dict[str, dict[str, Any]] = {}
        self.indexes: list[Index] = []
        self.primaries: list[Bound] = []
        self.alert: list[BoundRelation] = []  # relations that wake blocked primaries
        self.footprints: list[tuple[Bound, Footprint]] = []
        self.named: dict[str, dict[BoundRelation, dict[str, None]]] = {}
        self.seen: dict[tuple[str, ...], dict[str, tuple[Any, int]]] = {}
        self.seekers: dict[tuple[str, ...], dict[Bound, None]] = {}  # path of `seen` -> who asks
        self.conditions = Conditions(ref, engine)
        self.claims: dict[str, int] = {}  # index or condition by name ("": the objects) -> how many programs use it


class Cache:
    """What one component knows of the cluster."""

    def __init__(self, registry: Registry, *, engine: str = "auto") -> None:
        self.registry = registry
        self.kinds: dict[str, KindCache] = {}
        self.bounds: list[Bound] = []
        self._engine = engine

    def kind(self, ref: str) -> KindCache:
        """The cache of one kind, made on first use."""
        found = self.kinds.get(ref)
        if found is None:
            known = self.registry.get(ref)
            found = self.kinds[ref] = KindCache(
                ref, namespaced=known.namespaced if known is not None else True, engine=self._engine
            )
        return found

    def get(self, ref: str, key: str) -> dict[str, Any] | None:
        """One object by ``namespace/name``."""
        kind = self.kinds.get(ref)
        return kind.objects.get(key) if kind is not None else None

    # --- programs -----------------------------------------------------------------------------------------------------

    def bind(self, program: Program) -> Bound:
        """Add a program: its indexes are filled from what is here."""
        bound = Bound(program, self.kind(program.kind), self)
        self.bounds.append(bound)
        try:
            self._attach(bound)
        except BaseException:
            self.unbind(bound)  # no half of it stays
            raise
        return bound

    def lend(self, program: Program) -> Bound:
        """Relations for a program whose primaries are not in the cache (requests): nothing wakes it."""
        kind = KindCache(program.kind, namespaced=True, engine=self._engine)  # its own: holds conditions, no objects
        bound = Bound(program, kind, self)
        self._attach(bound)
        return bound

    def rebind(self, bound: Bound, program: Program) -> None:
        """Let a bound program go on under another text, for the same kind. What both declare alike stays as it is, and
        so does whatever others hold by this Bound; what the old one looked at is forgotten."""
        claims, relations, derived = bound.claims, bound.relations, bound.program.derived
        self._detach(bound)
        bound.become(program)
        self._attach(bound)
        self._release(claims)
        _drop_steps(relations, derived)

    def unbind(self, bound: Bound) -> None:
        """Take a program out, and with it every index, condition and kind that no other program uses."""
        claims, relations, derived = bound.claims, bound.relations, bound.program.derived
        self._detach(bound)
        if bound in self.bounds:  # else it was lent
            self.bounds.remove(bound)
        self._release(claims)
        _drop_steps(relations, derived)
        for kind in self.kinds.values():
            for path in [path for path, seekers in kind.seekers.items() if seekers.pop(bound, _ABSENT) is None]:
                if not kind.seekers[path]:
                    del kind.seekers[path], kind.seen[path]

    def fill(self, ref: str, objects: Mapping[str, dict[str, Any]]) -> None:
        """The objects of a kind that nobody has used so far, before a program is bound that does."""
        assert ref not in self.kinds, ref
        kind = self.kind(ref)
        if ref == EVERY:
            kind.objects.update((key, cut) for key, obj in objects.items() if (cut := _metadata_only(obj)) is not None)
        else:
            kind.objects.update(objects)

    def close(self) -> None:
        """Give back what the matchers hold."""
        for kind in self.kinds.values():
            kind.conditions.close()

    def _attach(self, bound: Bound) -> None:
        program, kind = bound.program, bound.kind
        kind.primaries.append(bound)
        self._claim(bound, kind, "")
        holds = None
        if program.where is not None:
            variable = program.primary if program.by is None else "it"
            name = f"{variable}={program.where_text}"
            self._claim(bound, kind, name)
            bound.where = kind.conditions.add(name, program.where, variable, program.compiler)
            holds = kind.conditions.fast(name)
        if program.by is not None:
            bound.groups = Groups(program.by, bound.where)
            bound.groups.fill(kind.objects, holds)
        elif holds is not None:
            bound.members = {key: None for key, obj in kind.objects.items() if holds(obj)}
        for spec in program.relations.values():
            related = self.kind(spec.kind)
            self._claim(bound, related, "")
            relation = BoundRelation(bound, spec, related, self._index(bound, related, spec))
            bound.relations[spec.name] = relation
            if spec.wakes == "blocked":
                related.alert.append(relation)
        if program.leaves:
            bound.footprint = Footprint(bound, program)
            for ref in sorted(program.leaves):
                left = self.kind(ref)
                self._claim(bound, left, "")
                left.footprints.append((bound, bound.footprint))
                for key, obj in left.objects.items():
                    bound.footprint.update(left, key, obj)

    def _detach(self, bound: Bound) -> None:
        """Nobody is woken for it any more; what it claims is still there."""
        bound.unsubscribe()
        bound.kind.primaries.remove(bound)
        for relation in bound.relations.values():
            if relation in relation.kind.alert:
                relation.kind.alert.remove(relation)
        for ref in bound.program.leaves:
            left = self.kind(ref)
            left.footprints = [entry for entry in left.footprints if entry[0] is not bound]

    def _claim(self, bound: Bound, kind: KindCache, name: str) -> bool:
        """Note that the program uses this; whether it is the first to do so."""
        kind.claims[name] = kind.claims.get(name, 0) + 1
        bound.claims.append((kind, name))
        return kind.claims[name] == 1

    def _release(self, claims: list[tuple[KindCache, str]]) -> None:
        for kind, name in claims:
            kind.claims[name] -= 1
            if kind.claims[name]:
                continue
            del kind.claims[name]
            if name:
                kind.indexes = [index for index in kind.indexes if index.name != name]
                kind.conditions.remove(name)
            if not kind.claims:
                kind.conditions.close()
                if self.kinds.get(kind.ref) is kind:
                    del self.kinds[kind.ref]

    def _index(self, bound: Bound, kind: KindCache, spec: RelationSpec) -> Index | None:
        if spec.mode == "name" and spec.where is None:
            return None
        name = f"{spec.mode}:{spec.theirs_text}:{'.'.join(spec.selector_path)}:{spec.where_text}"
        if not self._claim(bound, kind, name):
            return next(index for index in kind.indexes if index.name == name)
        where = None if spec.where is None else kind.conditions.add(name, spec.where, "it", bound.program.compiler)
        index = Index(name, placing(spec), where)
        kind.indexes.append(index)
        index.rest(kind.objects, None if where is None else kind.conditions.fast(name))
        return index

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
        every: bool = True,
    ) -> None:
        """Object ``key`` of kind ``ref`` is now ``new`` (None: gone). ``wake(bound, primary key, own)`` is called for
        each primary that may come out differently; ``own``: it wrote this itself. ``now``: ns, for ``seen``; ``every``
        is False for what was applied already in another version."""
        all_kinds = self.kinds.get(EVERY) if every else None
        if all_kinds is not None:
            self._change(all_kinds, f"{ref}|{key}", _metadata_only(new), wake, now, writer)
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
        alert = [(relation, relation.places(key)) for relation in kind.alert if relation.bound.blocked]
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
            if not index.resting:
                entered_or_left, stays = index.update(key, new)
                crossed += entered_or_left
                touched += stays
        for bound in kind.primaries:
            self._wake_primary(bound, key, old, new, wake, writer)
        _wake_lookers(kind, key, old, new, crossed, touched, wake, writer)
        for relation, places in alert:
            if relation.alarms(key, places, old, new):
                for primary in list(relation.bound.blocked):
                    wake(relation.bound, primary, False)
        for bound, footprint in kind.footprints:
            _wake_left(bound, footprint, kind, key, new, wake, writer)

    def _wake_primary(
        self,
        bound: Bound,
        key: str,
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
        wake: Callable[[Bound, str, bool], None],
        writer: tuple[Bound, str] | None,
    ) -> None:
        if bound.groups is not None:
            for group, moved in bound.groups.update(key, new):
                own = writer is not None and writer[0] is bound and writer[1] == group
                if moved or old is None or new is None or differs(old, new, bound.reads if own else bound.full):
                    wake(bound, group, own)
            return
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

    def since(self, ref: str, key: str, path: tuple[str, ...], now: int, bound: Bound) -> int:
        """Since when (ns) this cache has held the present value at ``path``; asked for the first time: since
        ``now``. It is noted for as long as a program that asked is bound."""
        kind = self.kind(ref)
        kind.seekers.setdefault(path, {})[bound] = None
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
    """Wake who looks at buckets entered or left, at buckets it stays in, or at the name."""
    for bucket in crossed:
        if bucket.subscribers:
            _tell(bucket.subscribers, None, None, wake, writer)
    for bucket in touched:
        if bucket.subscribers:
            _tell(bucket.subscribers, old, new, wake, writer)
    named = kind.named.get(key)
    if named:
        _tell(named, old, new, wake, writer)


def _wake_left(
    bound: Bound,
    footprint: Footprint,
    kind: KindCache,
    key: str,
    new: dict[str, Any] | None,
    wake: Callable[[Bound, str, bool], None],
    writer: tuple[Bound, str] | None,
) -> None:
    """Wake the primary, there or not, on whose account something is found to lie on this object; but not for what its
    own decision has just put there."""

    def tell(primary: str) -> None:
        if writer is None or writer[0] is not bound or writer[1] != primary:
            wake(bound, primary, False)

    footprint.update(kind, key, new, tell)


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


def _drop_steps(relations: Mapping[str, BoundRelation], derived: list[Derived]) -> None:
    """Forget the steps that a text kept by delta over buckets: nobody reads them again."""
    for relation in relations.values():
        if relation.index is not None:
            steps = [step for step in derived if step.relation == relation.spec.name]
            relation.index.drop_steps([*steps, *([relation.residual] if relation.residual is not None else [])])


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
