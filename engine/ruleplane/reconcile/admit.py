"""One pass of an admission rule set over one request: as ``decide``, with `old`, `request`, `deny` and `set`.

A related object that is found by its name is read exactly: the pass asks the request's transaction, or guesses what the
cache has and says so (``asked``), for the review to confirm with the store. Lists are what the cache shows. Pure, as
every pass: who reads the store and runs it again is ``review.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.lang import heads
from ruleplane.reconcile.decide import Pass

if TYPE_CHECKING:
    from ruleplane.api.admission import Request
    from ruleplane.api.transaction import Transaction
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.program import RelationSpec, Scope
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.reconcile.choose import Memos
    from ruleplane.reconcile.effect import Effect


@dataclass(slots=True)
class Denial:
    """Why a rule refuses the request."""

    rule: str
    message: str
    reason: str
    field: str


class AdmissionPass(Pass):
    """Of ``obj`` as it is asked for; ``facts`` is what rules see of the request."""

    def __init__(
        self,
        bound: Bound,
        obj: dict[str, Any],
        request: Request,
        facts: dict[str, Any],
        txn: Transaction,
        now: int,
        registry: Registry,
        schemas: Schemas,
        memos: Memos,
        salt: int,
    ) -> None:
        super().__init__(bound, f"{request.namespace}/{request.name}", obj, now, registry, schemas, memos, [], salt, {})
        self.scope.__dict__["old"] = request.old
        self.scope.__dict__["request"] = facts
        self.txn = txn
        self.asked: dict[str, int] = {}  # store's key -> revision that the cache has of it (0: none)
        self.denials: list[Denial] = []

    def relation(self, spec: RelationSpec, _scope: Scope, args: tuple[Any, ...]) -> Any:
        """The related objects of a relation; by name, the one object exactly."""
        relation = self.bound.relations[spec.name]
        if not spec.single:
            return relation.view(self, args)
        found = relation.named(self, args)
        kind = self.registry.get(spec.kind)
        if found is None or kind is None:
            return None
        key = kind.key(*found)
        if key in self.txn.reads:
            entry = self.txn.reads[key]
            obj = entry.value if entry is not None else None
        else:
            obj = relation.kind.objects.get("/".join(found))
            self.asked[key] = int(obj["metadata"]["resourceVersion"]) if obj is not None else 0
        where = relation.index.where if relation.index is not None else None
        return obj if obj is None or where is None or where(obj) else None

    def _head(self, rule: CompiledRule, args: tuple[Any, ...], *, holds: bool) -> None:
        head = rule.head
        if isinstance(head, heads.Deny):
            field = head.field(self.scope, *args) if head.field is not None else ""
            self.denials.append(Denial(rule.name, head.message(self.scope, *args), head.reason, field))
            if rule.events is not None:
                self.decision.notices += self.notices(rule, rule.events.done, args)
        elif isinstance(head, heads.Set):
            effect = self.wishes.set(rule, head, args)
            if rule.events is not None and effect is not None:
                self._told(effect, rule, args)
        else:
            super()._head(rule, args, holds=holds)

    def _told(self, effect: Effect, rule: CompiledRule, args: tuple[Any, ...]) -> None:
        """Tell the rule's Event, besides what other rules tell of the same write."""
        assert rule.events is not None
        notices, before = self.notices(rule, rule.events.done, args), effect.done
        effect.done = lambda obj: [*(before(obj) if before is not None else ()), *notices]
