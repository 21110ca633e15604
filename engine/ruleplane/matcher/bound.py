"""A program bound to a cache: its relations' indexes, what wakes it, and which primary looks at which bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.ast import Literal
from ruleplane.lang.delta import Derived
from ruleplane.lang.reads import trie
from ruleplane.matcher.changes import differs
from ruleplane.matcher.members import Joined, View
from ruleplane.matcher.nodes import combine
from ruleplane.model import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ruleplane.lang.program import Program, RelationSpec, Scope
    from ruleplane.matcher.cache import Cache, KindCache
    from ruleplane.matcher.footprint import Footprint
    from ruleplane.matcher.groups import Groups
    from ruleplane.matcher.index import Bucket, Index

Target: TypeAlias = "Bucket | str"  # what a primary looks at: a bucket, or one object by key


class Looker(Protocol):
    """The running decision, as relations see it."""

    scope: Scope

    def look(self, relation: BoundRelation, target: Target) -> None:
        """The decision depends on ``target``."""


def _selected(_scope: Any, obj: dict[str, Any], selector: Any) -> bool:
    return labels.matches(selector, obj["metadata"].get("labels"))


def _selecting(path: tuple[str, ...]) -> Callable[..., bool]:
    def test(_scope: Any, obj: dict[str, Any], own: Any) -> bool:
        found: Any = obj
        for name in path:
            found = found.get(name) if found.__class__ is dict else None
        return labels.matches(found, own)

    return test


class BoundRelation:
    """One relation of one program over one cache."""

    __slots__ = ("bound", "full", "index", "kind", "narrow", "reads", "residual", "spec")

    def __init__(self, bound: Bound, spec: RelationSpec, kind: KindCache, index: Index | None) -> None:
        self.bound, self.spec, self.kind, self.index = bound, spec, kind, index
        program = bound.program
        reads, kept = program.reads.get(spec.name, ()), program.kept.get(spec.name, ())
        self.reads = trie(reads)
        self.full = trie((*reads, *kept))
        self.narrow = bool(kept)
        self.residual = _residual(spec)

    def __repr__(self) -> str:
        return f"{self.bound.program.name}.{self.spec.name}"

    def places(self, key: str) -> tuple[Hashable, ...]:
        """The values of the buckets in which the object lies."""
        return self.index.places(key) if self.index is not None else ()

    def alarms(
        self, key: str, places: tuple[Hashable, ...], old: dict[str, Any] | None, new: dict[str, Any] | None
    ) -> bool:
        """Whether a change of an object that lay in these ``places`` may help who found nobody: it enters or leaves the
        relation, or another place in it, or stays and changes in what is read."""
        if self.index is not None and (places != self.places(key) or not places):
            return places != self.places(key)
        return old is None or new is None or differs(old, new, self.reads)

    def one(self, looker: Looker, args: tuple[Any, ...]) -> Any:
        """The object of a `name` relation, or None."""
        found = self.named(looker, args)
        if found is None:
            return None
        key = "/".join(found)
        looker.look(self, key)
        obj = self.kind.objects.get(key)
        if obj is not None and self.index is not None and not self.index.places(key):
            return None  # its `where` does not hold
        return obj

    def named(self, looker: Looker, args: tuple[Any, ...]) -> tuple[str, str] | None:
        """Namespace and name of the object of a `name` relation; None where there is no name."""
        spec, scope = self.spec, looker.scope
        assert spec.ours is not None, spec
        name = spec.ours(scope, *args)
        if name is None:
            return None
        if not isinstance(name, str):
            raise EvaluationError(f"the relation {spec.name} is found by a name, not by {name!r}")
        return self._namespace(scope, args), name

    def view(self, looker: Looker, args: tuple[Any, ...]) -> Any:
        """The related objects."""
        if self.spec.single:
            return self.one(looker, args)
        views = self._views(looker, args)
        return views[0] if len(views) == 1 else Joined(list(views))

    def derived(self, looker: Looker, spec: Derived, args: tuple[Any, ...]) -> Any:
        """The value of a step kept by delta."""
        views = self._views(looker, args[: len(self.spec.params)])
        values = []
        chain = spec.chain
        for view in views:
            node = view
            for step in chain:
                node = node.node(step, args)
            values.append(node.value())
        if len(values) == 1:
            return values[0]
        return Joined(values) if spec.op == "filter" else combine(spec.op, values)

    def _views(self, looker: Looker, args: tuple[Any, ...]) -> list[Any]:
        buckets, residual_arg = self._buckets(looker.scope, args)
        for bucket in buckets:
            looker.look(self, bucket)
        if residual_arg is None:
            return buckets
        residual = self.residual
        assert residual is not None, self.spec
        return [bucket.node(residual, (residual_arg,)) for bucket in buckets]

    def _buckets(self, scope: Scope, args: tuple[Any, ...]) -> tuple[list[Any], Any]:
        """Buckets, and the argument of the condition that remains on their elements (None: none)."""
        spec, index = self.spec, self.index
        assert index is not None, spec
        if spec.mode == "all":
            return [index.bucket("")], None
        if spec.mode == "value":
            assert spec.ours is not None, spec
            value = spec.ours(scope, *args)
            if isinstance(value, (list, tuple, View)):
                return [index.bucket(item) for item in dict.fromkeys(value)], None
            return [index.bucket(value)] if value is not None else [], None
        namespace = self._namespace(scope, args)
        if spec.mode == "labels":
            assert spec.selector is not None, spec
            selector = spec.selector(scope, *args)
            if selector is None:
                return [], None
            key = labels.bucket_of(selector)
            return [index.bucket((namespace, *key))], selector
        own = scope.ctx.primary["metadata"].get("labels") or {}  # type: ignore[attr-defined]
        found = [index.bucket((namespace, *key)) for key in labels.buckets_of(own)]
        return found, own

    def _namespace(self, scope: Scope, args: tuple[Any, ...]) -> str:
        spec = self.spec
        if spec.namespace is not None:
            value = spec.namespace(scope, *args)
            return value if isinstance(value, str) else ""
        if not self.kind.namespaced:
            return ""
        return scope.ctx.namespace  # type: ignore[attr-defined,no-any-return]


def _residual(spec: RelationSpec) -> Derived | None:
    """The condition that a label bucket alone does not decide, as a step kept by delta."""
    if spec.mode not in ("labels", "selectedBy"):
        return None
    step = Derived(-1, spec.name, None, "filter", Literal(True), "it", ("selector",), 0)
    step.fn = _selected if spec.mode == "labels" else _selecting(spec.selector_path)
    step.projections = (None,)
    step.reads = trie([spec.selector_path or ("metadata", "labels")])
    return step


class Bound:
    """One program over one cache, with what its primaries look at."""

    def __init__(self, program: Program, kind: KindCache, cache: Cache) -> None:
        self.kind, self.cache = kind, cache
        self.become(program)

    def become(self, program: Program) -> None:
        """Stand for this program from now on, with nothing looked at yet."""
        self.program = program
        reads, kept = program.reads.get(program.primary, ()), program.kept.get(program.primary, ())
        self.reads = trie(reads)
        self.full = trie((*reads, *kept))
        self.where: Callable[[dict[str, Any]], bool] | None = None
        self.members: dict[str, None] = {}  # primaries that pass `where`; unused without one
        self.groups: Groups | None = None  # instead, where one reconcile is for a group
        self.relations: dict[str, BoundRelation] = {}
        self.looked: dict[str, tuple[tuple[BoundRelation, Target], ...]] = {}
        self.blocked: dict[str, None] = {}  # primaries whose last choice found nobody
        self.claims: list[tuple[KindCache, str]] = []  # what of the cache it uses
        self.footprint: Footprint | None = None  # what was done and must be undone one day
        self.ending = False  # every `while` is false from now on: the program is to be taken out

    def __repr__(self) -> str:
        return f"Bound({self.program.name})"

    def primary(self, key: str) -> Any:
        """The primary of that key (of a group: the list of its members), None where it is gone or not for these
        rules."""
        if self.groups is not None:
            return self.groups.members(key)
        if self.where is not None and key not in self.members:
            return None
        return self.kind.objects.get(key)

    def there(self, key: str) -> Any:
        """The object of that key, whether it is for these rules or not; of a group, its members."""
        if self.groups is not None:
            return self.groups.members(key)
        return self.kind.objects.get(key)

    def stub(self, key: str) -> Any:
        """Stands for a primary that is gone: of it, only kind, namespace and name are known. A group has no members."""
        if self.groups is not None:
            return []
        ref, mark, rest = key.rpartition("|")
        api_version, _, kind = (ref if mark else self.program.kind).rpartition("/")
        namespace, _, name = rest.partition("/")
        metadata = {"namespace": namespace, "name": name} if namespace else {"name": name}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata}

    def every_key(self) -> list[str]:
        """All primaries, and all on whose account something lies about though they are gone, in order."""
        left = self.footprint.keys() if self.footprint is not None else ()
        return sorted({*self.all_keys(), *left})

    def rank(self, key: str) -> tuple[Any, ...] | None:
        """Where the primary stands in the queue, least first; None where these rules give no order."""
        program = self.program
        if not program.first:
            return None
        primary = self.primary(key)
        if primary is None:
            return (_LAST,)
        return tuple([_rank(value, program.params, primary) for value in program.first])

    def all_keys(self) -> list[str]:
        """All primaries, in order."""
        if self.groups is not None:
            return self.groups.keys()
        return sorted(self.members if self.where is not None else self.kind.objects)

    def subscribe(self, key: str, looked: tuple[tuple[BoundRelation, Target], ...]) -> None:
        """Primary ``key`` looks at these, and at nothing else any more."""
        before = self.looked.get(key, ())
        if before == looked:
            return
        for relation, target in before:
            _subscribers(relation, target, remove=key)
        for relation, target in looked:
            _subscribers(relation, target, add=key)
        if looked:
            self.looked[key] = looked
        else:
            self.looked.pop(key, None)

    def unsubscribe(self) -> None:
        """No primary looks at anything any more."""
        for looked in self.looked.values():
            for relation, target in looked:  # a table per relation: dropped whole, not primary by primary
                if not isinstance(target, str):
                    if target.subscribers:
                        target.subscribers.pop(relation, None)
                elif (table := relation.kind.named.get(target)) is not None:
                    table.pop(relation, None)
                    if not table:
                        del relation.kind.named[target]
        self.looked = {}


_LAST = (9, 0)


def _rank(value: Callable[..., Any], params: Any, primary: Any) -> tuple[int, Any]:
    """A value that orders with any other; what cannot be evaluated goes last."""
    try:
        found = value(None, params, primary)
    except EvaluationError:
        return _LAST
    if isinstance(found, (bool, int, float)):
        return 0, found
    if isinstance(found, str):
        return 1, found
    return (2, found.ns) if hasattr(found, "ns") else _LAST


def _subscribers(relation: BoundRelation, target: Target, *, add: str = "", remove: str = "") -> None:
    if isinstance(target, str):
        table = relation.kind.named.setdefault(target, {})
    else:
        if target.subscribers is None:
            target.subscribers = {}
        table = target.subscribers
    keys = table.setdefault(relation, {})
    if add:
        keys[add] = None
        return
    keys.pop(remove, None)
    if not keys:
        del table[relation]
        if isinstance(target, str) and not table:
            del relation.kind.named[target]
