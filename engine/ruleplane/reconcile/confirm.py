"""Confirmation: before an object is deleted, or changes its owner, what the decision looked at is read afresh.

A cache that follows an API server may be behind, each kind by as much as its watch is. Most writes can bear that: they
are guarded by uid and resourceVersion, or are mended by the next pass. What was deleted too much is gone.

    decide -> a deletion among the effects -> read what was looked at, from the API itself -> into the cache
           -> decide again, on that -> nothing more to read -> send

Guarantees: every deletion and every change of owners that is sent was wanted by a decision all of whose objects were
read after the key was taken up. What such a read tells stays in the cache; the watch is no longer believed where it
tells older things. A read that fails leaves everything as it is, and the key is tried again later.

Not here: a cache beside its store, which is never behind (no Confirmation is made for it). Called by the loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ruleplane.api.listing import Query
from ruleplane.errors import Conflict
from ruleplane.matcher.cache import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.api.listing import Page
    from ruleplane.matcher.bound import Bound, BoundRelation
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.reconcile.decide import Pass
    from ruleplane.reconcile.effect import Effect
    from ruleplane.reconcile.intake import Intake

ROUNDS = 10  # of reading and deciding: then what is looked at changes faster than it is read


class Look(NamedTuple):
    """One request: the object of that name, or all of a namespace ("": of all namespaces)."""

    kind: Kind
    namespace: str
    name: str = ""

    def covers(self, other: Look) -> bool:
        """Whether its answer tells what the other's would."""
        if self.kind.ref != other.kind.ref or self.namespace not in ("", other.namespace):
            return False
        return not self.name or (self.name == other.name and self.namespace == other.namespace)


class Lists(Protocol):
    """The one verb that is needed of an API."""

    async def list(self, kind: Kind, namespace: str, query: Query) -> Page:
        """The objects of a kind in one namespace or ("") in all, as they are now."""


class Confirmation:
    """Reads afresh for one loop. ``every``: the kinds that the cache follows where a rule set takes any; ``behind``:
    whether the cache may be behind now."""

    def __init__(
        self,
        intake: Intake,
        registry: Registry,
        route: Callable[[Kind], Lists],
        every: Callable[[], Iterable[Kind]],
        behind: Callable[[], bool] = lambda: True,
    ) -> None:
        self._intake, self._registry, self._route = intake, registry, route
        self._every, self._behind = every, behind

    async def confirmed(self, run: Pass, again: Callable[[], Pass | None], read: dict[Look, int]) -> Pass | None:
        """The decision that may be sent: ``run``, or what ``again`` decides on what was read; noted in ``read``, with
        the revisions. Raises ApiError where something cannot be read, Conflict where it does not come to rest."""
        found: Pass | None = run
        rounds = 0
        while found is not None and (unread := self.unread(found, read)):
            if rounds == ROUNDS:
                what = f"what {run.bound.program.name} would delete for {run.key}"
                raise Conflict(f"{what} changes faster than it can be read")
            rounds += 1
            await self.read(unread, read)
            found = again()
        return found

    def unread(self, run: Pass, read: dict[Look, int]) -> list[Look]:
        """What must be read before the effects of a pass may be sent, of which ``read`` has been read already."""
        grave = [effect for effect in run.decision.effects if _is_grave(effect)]
        if not grave or not self._behind():
            return []
        looks: dict[Look, None] = {}
        for look in (*self._primary(run.bound, run.key), *self._related(run), *map(_target, grave)):
            if not any(other.covers(look) for other in (*read, *looks)):
                looks = {other: None for other in looks if not look.covers(other)}
                looks[look] = None
        return list(looks)

    async def read(self, looks: Iterable[Look], read: dict[Look, int]) -> None:
        """Read these into the cache, and note in ``read`` as of which revision. Raises ApiError."""
        for look in looks:
            names = f"metadata.name={look.name}" if look.name else ""
            page = await self._route(look.kind).list(look.kind, look.namespace, Query(field_selector=names))
            self._intake.learn(look.kind, look.namespace, look.name, page.entries, page.revision)
            read[look] = page.revision

    def _primary(self, bound: Bound, key: str) -> list[Look]:
        if bound.groups is not None:
            return self._all(bound.program.kind, "")
        ref, _, rest = key.rpartition("|")
        kind = self._registry.get(ref or bound.program.kind)
        namespace, _, name = rest.partition("/")
        return [Look(kind, namespace, name)] if kind is not None and name else []  # "#…" stands for one that is gone

    def _related(self, run: Pass) -> Iterable[Look]:
        for relation, target in (*run.looked, *run.unheard):
            if isinstance(target, str):
                kind = self._registry.get(relation.spec.kind)
                namespace, _, name = target.partition("/")
                if kind is not None:
                    yield Look(kind, namespace, name)
            else:
                yield from self._all(relation.spec.kind, run.namespace if _is_near(relation) else "")

    def _all(self, ref: str, namespace: str) -> list[Look]:
        named = self._registry.get(ref)
        kinds = self._every() if ref == EVERY else [named] if named is not None and "watch" in named.verbs else []
        return [Look(kind, namespace if kind.namespaced else "") for kind in kinds]


def _is_grave(effect: Effect) -> bool:
    """Whether an effect cannot be mended: the object goes, or another answers for it."""
    if effect.verb == "patch":
        return "ownerReferences" in (effect.body.get("metadata") or {})
    return effect.verb == "delete" or (effect.verb == "post" and effect.kind.removes(effect.subresource))


def _target(effect: Effect) -> Look:
    return Look(effect.kind, effect.namespace, effect.name)


def _is_near(relation: BoundRelation) -> bool:
    """Whether all that is related lies in the primary's own namespace."""
    return relation.kind.namespaced and relation.spec.near
