"""The admission rule sets of a cluster: who is asked about which request, in which order.

The API asks here about every write (``api.admission.Reviewer``); a kind that no rule set is for costs one look-up.
Rule sets come and go while requests are served: each request is reviewed by those that there are when it begins. They
are given by ``Loop.add``, beside those that reconcile; what a review does is ``review.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.lang.admission import EXEMPT
from ruleplane.reconcile.review import RuleReview
from ruleplane.reconcile.tell import EVENT

if TYPE_CHECKING:
    from ruleplane.api.admission import Request
    from ruleplane.api.context import Context
    from ruleplane.api.transaction import Transaction
    from ruleplane.api.verbs import Api
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.program import Admission, Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.kind import Kind
    from ruleplane.reconcile.loop import Loop

EVERY = "*"


@dataclass(slots=True)
class RuleSetAsked:
    """One admission rule set, its rules by phase."""

    bound: Bound
    program: Program
    admission: Admission
    mutating: tuple[CompiledRule, ...]
    judging: tuple[CompiledRule, ...]

    def concerns(self, obj: dict[str, Any], old: dict[str, Any] | None) -> bool:
        """Whether the rule set is for this object, as it would be or as it is: nobody slips out of its `where`."""
        where = self.bound.where
        return where is None or where(obj) or (old is not None and old is not obj and where(old))


class AdmissionRules:
    """Of one loop, over the API that it writes to."""

    def __init__(self, loop: Loop, api: Api) -> None:
        self.loop, self._api = loop, api
        self._sets: dict[Bound, RuleSetAsked] = {}
        self._table: dict[tuple[str, str, str], tuple[RuleSetAsked, ...]] = {}
        self._salt = 0

    # --- which there are ----------------------------------------------------------------------------------------------

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Those that are asked."""
        return tuple(self._sets)

    def check(self, program: Program) -> None:
        """Raise SourceError where the rule set could never be asked, or never answer."""
        source, variable, admission = program.source, program.primary, program.admission
        assert admission is not None, program
        kind = self._api.registry.get(program.kind)
        if program.kind != EVERY and kind is None:
            raise source.error(
                f"requests for {program.kind} do not pass admission: it lives on its node",
                ("spec", "for", variable, "kind"),
            )
        if kind is not None and not self._api.reviewed(kind, admission.subresource):
            raise source.error(
                f"requests for {kind.plural}/{admission.subresource} do not pass admission",
                ("spec", "for", variable, "subresource"),
            )
        for name, spec in program.relations.items():
            if spec.single and self._api.registry.get(spec.kind) is None:
                message = f"{name}: an object of {spec.kind} cannot be read together with a request"
                raise source.error(message, ("spec", "watch"))
        if program.kind in (EVENT, EVERY):
            for rule in program.rules:
                if rule.events is not None:
                    raise source.error(
                        "what is told is such an object too: it would never end", (*rule.path, "event"), key=True
                    )

    def add(self, program: Program) -> Bound:
        """Ask this rule set about every request from now on; :meth:`check` it before."""
        bound = self.loop.cache.lend(program)
        self._put(bound)
        return bound

    def replace(self, bound: Bound, program: Program) -> None:
        """Ask this rule set instead of another that is for the same kind."""
        self.loop.cache.rebind(bound, program)
        self._put(bound)

    def remove(self, bound: Bound) -> None:
        """Ask it no more."""
        del self._sets[bound]
        self._sort()
        self.loop.cache.unbind(bound)

    def _put(self, bound: Bound) -> None:
        program = bound.program
        assert program.admission is not None, program
        mutating = tuple(rule for rule in program.rules if rule.mutates)
        judging = tuple(rule for rule in program.rules if not rule.mutates)
        self._sets[bound] = RuleSetAsked(bound, program, program.admission, mutating, judging)
        self._sort()

    def _sort(self) -> None:
        table: dict[tuple[str, str, str], list[RuleSetAsked]] = {}
        for asked in sorted(self._sets.values(), key=lambda one: (one.admission.order, one.program.name)):
            for operation in asked.admission.operations:
                table.setdefault((asked.program.kind, operation, asked.admission.subresource), []).append(asked)
        self._table = {key: tuple(found) for key, found in table.items()}

    # --- who is asked -------------------------------------------------------------------------------------------------

    def asks(self, kind: Kind, operation: str, subresource: str) -> bool:
        """Whether some rule set is for such requests."""
        table = self._table
        if not table or kind.group == EXEMPT:
            return False
        return (kind.ref, operation, subresource) in table or (EVERY, operation, subresource) in table

    def review(self, request: Request, ctx: Context, txn: Transaction) -> RuleReview:
        """Ask those that there are now."""
        asked = self._table.get((request.kind.ref, request.operation, request.subresource), ())
        general = self._table.get((EVERY, request.operation, request.subresource), ())
        if asked and general:
            asked = tuple(sorted((*asked, *general), key=lambda one: (one.admission.order, one.program.name)))
        return RuleReview(self, request, ctx, txn, asked or general)

    def next_salt(self) -> int:
        """What makes the names that one pass generates differ from those of every other."""
        self._salt += 1
        return self._salt
