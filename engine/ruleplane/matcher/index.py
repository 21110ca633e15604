"""Indexes: one mechanism for every relation. A related object's values place it in buckets; a primary looks buckets
up, and is
subscribed to those that its last evaluation looked up.

    theirs: it.spec.nodeName      Pod a -> bucket "node-1", Pod b -> bucket "node-2"
    ours: node.metadata.name      Node node-1 looks up bucket "node-1": sees a, is woken by a, never by b
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.matcher.nodes import Parent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    from ruleplane.lang.delta import Derived
    from ruleplane.matcher.bound import BoundRelation

    Values: TypeAlias = "Callable[[dict[str, Any]], tuple[Hashable, ...]]"

Subscribers: TypeAlias = "dict[BoundRelation, dict[str, None]]"


class Bucket(Parent):
    """The objects that share a value, who looks at them, and whose verdicts depend on them."""

    __slots__ = ("dependents", "subscribers", "version")

    def __init__(self) -> None:
        super().__init__()
        self.subscribers: Subscribers | None = None
        self.dependents: dict[Any, None] | None = None  # callables to tell that something here changed
        self.version = 0

    def put(self, key: str, obj: Any) -> None:
        """``key`` is here, as ``obj``."""
        old = self.items.get(key)
        self.items[key] = obj
        self._changed(key, obj, old)

    def drop(self, key: str) -> None:
        """``key`` is no longer here."""
        self._changed(key, None, self.items.pop(key))

    def _changed(self, key: str, obj: Any, old: Any) -> None:
        self._sorted = None
        self.version += 1
        if self.children or self.dependents:
            self.announce(key, obj, old)

    def announce(self, key: str, obj: Any, old: Any) -> None:
        """Tell the steps kept over this, and who waits for its next change."""
        self.tell(key, obj, old)
        if self.dependents:
            dependents, self.dependents = self.dependents, None
            for tell in dependents:
                tell()

    def watch(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` once, at the next change of anything here."""
        if self.dependents is None:
            self.dependents = {}
        self.dependents[tell] = None

    @property
    def idle(self) -> bool:
        """Nothing here and nobody looking: may be forgotten."""
        return not self.items and not self.subscribers and not self.dependents


class Index:
    """The objects of one kind (that pass one `where`) by one way of placing them.

    An index may *rest*: nobody has looked at it so far, and it holds nothing. The first look places what is there.
    """

    __slots__ = ("_source", "buckets", "name", "placed", "resting", "values", "where")

    def __init__(self, name: str, values: Values, where: Callable[[dict[str, Any]], bool] | None) -> None:
        self.name = name
        self.values = values
        self.where = where
        self.buckets: dict[Hashable, Bucket] = {}
        self.placed: dict[str, tuple[Hashable, ...]] = {}
        self.resting = False
        self._source: tuple[Mapping[str, dict[str, Any]], Callable[[dict[str, Any]], bool] | None] = ({}, None)

    def rest(self, objects: Mapping[str, dict[str, Any]], where: Callable[[dict[str, Any]], bool] | None) -> None:
        """Be told of no change until somebody looks; then :meth:`fill` of ``objects``, as they are by then."""
        self.resting, self._source = True, (objects, where)

    def _wake(self) -> None:
        if self.resting:
            self.resting = False
            self.fill(*self._source)

    def bucket(self, value: Hashable) -> Bucket:
        """The bucket of a value, made on first use."""
        found = self.buckets.get(value)
        if found is None:
            self._wake()
            found = self.buckets.get(value)
            if found is None:
                found = self.buckets[value] = Bucket()
        return found

    def places(self, key: str) -> tuple[Hashable, ...]:
        """The values of the buckets in which the object lies; () where it is in none."""
        self._wake()
        return self.placed.get(key, ())

    def fill(self, objects: Mapping[str, dict[str, Any]], where: Callable[[dict[str, Any]], bool] | None) -> None:
        """Place what is there already, in an index that nobody looks at yet; ``where`` says what :attr:`where` does."""
        values_of, placed, bucket_of = self.values, self.placed, self.bucket
        for key, obj in objects.items():
            if where is None or where(obj):
                values = values_of(obj)
                if values:
                    placed[key] = values
                    for value in values:
                        bucket_of(value).items[key] = obj

    def drop_steps(self, steps: Collection[Derived]) -> None:
        """Forget these steps in every bucket, and the buckets that nothing is left of."""
        for value, bucket in list(self.buckets.items()):
            children = bucket.children
            if children:
                for step in steps:
                    children.pop(step, None)
                if not children:
                    bucket.children = None
            if bucket.idle:
                del self.buckets[value]

    def update(self, key: str, new: dict[str, Any] | None) -> tuple[list[Bucket], list[Bucket]]:
        """Place an object again (None: gone). Returns the buckets it entered or left, and those it stays in."""
        old_values = self.placed.get(key, ())
        new_values = self.values(new) if new is not None and (self.where is None or self.where(new)) else ()
        if old_values == new_values:
            if not new_values:
                return _NONE, _NONE
            stays = [self.buckets[value] for value in new_values]
            for bucket in stays:  # the common case, written out: most changes move nothing
                items = bucket.items
                old = items[key]
                items[key] = new
                bucket._sorted = None
                bucket.version += 1
                if bucket.children or bucket.dependents:
                    bucket.announce(key, new, old)
            return _NONE, stays
        crossed, stays = [], []
        for value in old_values:
            if value not in new_values:
                bucket = self.buckets[value]
                bucket.drop(key)
                crossed.append(bucket)
                if bucket.idle:
                    del self.buckets[value]
        for value in new_values:
            bucket = self.bucket(value)
            bucket.put(key, new)
            (stays if value in old_values else crossed).append(bucket)
        if new_values:
            self.placed[key] = new_values
        else:
            self.placed.pop(key, None)
        return crossed, stays


_NONE: list[Bucket] = []
