"""Deciding: ``(program, key, cache, now) -> Decision``. Pure: no request is sent, no clock is read, nothing is
remembered
but what the primary looked at.

All rules of a set see one snapshot: the cache does not change while a pass runs. An error of one rule on one object
is told
for that rule; the other rules go on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruleplane.clock import rfc3339
from ruleplane.errors import ApiError, EvaluationError
from ruleplane.lang import heads
from ruleplane.lang.changed import Changed
from ruleplane.matcher.groups import group_value
from ruleplane.reconcile.choose import run_choose
from ruleplane.reconcile.effect import ContradictionError, Decision, Notice, resolve
from ruleplane.reconcile.ensure import run_ensure
from ruleplane.reconcile.history import carried, held
from ruleplane.reconcile.retract import element_id, guard, release, retract
from ruleplane.reconcile.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.lang.delta import Derived
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.program import RelationSpec, Scope
    from ruleplane.matcher.bound import Bound, BoundRelation, Target
    from ruleplane.model.kind import Registry
    from ruleplane.model.schema import SchemaNode, Schemas
    from ruleplane.reconcile.choose import Memos
    from ruleplane.reconcile.effect import Effect, Made
    from ruleplane.reconcile.history import Held, Past
    from ruleplane.reconcile.retract import Stage


FAILED = "RuleFailed"
_PLACE = re.compile(r"[^\n]*?:\d+:\d+(?=: )")  # file:line:column, as SourceError writes it


class Pass:
    """One running decision: what expressions may ask (``lang.program.Context``), and what the heads add up to."""

    listed_uids: set[str] | None = None
    element = ""  # of `each`, while the head of a rule with `while` is run
    touched: list[Any] | None = None  # buckets looked at, while a verdict is being made
    _marked = False  # changed() has been asked: wishes may hold marks

    def __init__(
        self,
        bound: Bound,
        key: str,
        primary: Any,
        now: int,
        registry: Registry,
        schemas: Schemas,
        memos: Memos,
        refused: list[dict[str, Any]],
        salt: int,
        made: dict[str, Made],
        stage: Stage = "living",
        past: Past | None = None,
    ) -> None:
        self.bound, self.key, self.primary = bound, key, primary
        own = primary["metadata"] if bound.groups is None else {}
        self.namespace: str = own.get("namespace", "")
        self.identity: str = own.get("uid") or f"{bound.program.name}/{key}"  # what the names of what it makes go by
        self.group = group_value(key) if bound.groups is not None else None
        self.registry, self.schemas, self.memos = registry, schemas, memos
        self.salt, self.made = salt, made
        self.stage = stage
        self.exists = bound.there(key) is not None
        self.held: dict[str, set[str]] = {}  # rule with `while` -> the elements for which it holds
        self.unsure: set[str] = set()  # rules with `while` of which an expression failed: nothing of them is undone
        self.listed: list[Any] = []  # what each `ensure` found among its `objects`
        self.decision = Decision()
        self.wishes = Wishes(self)
        self._now = now
        self._refused = refused
        self._past: Past = past or {}
        self._asked: dict[str, tuple[int, Held]] = {}  # where history() was asked in this pass
        self.looked: dict[tuple[BoundRelation, Target], None] = {}
        self.unheard: dict[tuple[BoundRelation, Target], None] = {}  # looked at too, but a change there wakes nobody
        scope = bound.program.scope()
        scope.ctx = self
        scope.__dict__[bound.program.primary] = primary
        self.scope: Scope = scope

    # --- what expressions ask -----------------------------------------------------------------------------------------

    def relation(self, spec: RelationSpec, _scope: Scope, args: tuple[Any, ...]) -> Any:
        """The related objects of a relation."""
        return self.bound.relations[spec.name].view(self, args)

    def derived(self, spec: Derived, args: tuple[Any, ...]) -> Any:
        """The value of a step kept by delta."""
        return self.bound.relations[spec.relation].derived(self, spec, args)

    def look(self, relation: BoundRelation, target: Target) -> None:
        """Note that the decision depends on ``target``."""
        if self.touched is not None and not isinstance(target, str):
            self.touched.append(target)
        if relation.spec.every:
            self.wake_at((self._now // relation.spec.every + 1) * relation.spec.every)
        elif relation.spec.wakes == "all":
            self.looked[relation, target] = None
            return
        self.unheard[relation, target] = None

    def now(self) -> int:
        """The instant of this decision, ns."""
        return self._now

    def wake_at(self, instant: int) -> None:
        """The decision may come out differently from ``instant`` on."""
        at = self.decision.wake_at
        if not at or instant < at:
            self.decision.wake_at = instant

    def seen(self, obj: Any, _source: str, path: tuple[str, ...]) -> int:
        """Since when the cache has held the value at ``path`` of ``obj``."""
        if not isinstance(obj, dict) or "metadata" not in obj:
            raise EvaluationError("seen() takes a field of an object in the cache")
        metadata = obj["metadata"]
        key = f"{metadata.get('namespace', '')}/{metadata['name']}"
        return self.bound.cache.since(f"{obj['apiVersion']}/{obj['kind']}", key, path, self._now, self.bound)

    def history(self, site: str, value: Any, span: int) -> Held:
        """What ``value`` was within the last ``span`` (ns); ``site``: where it is asked."""
        found = self._asked.get(site)
        if found is None:
            _, before = self._past.get(site, (span, ()))
            found = self._asked[site] = span, held(before, value, self._now, span)
        entries = found[1]
        if len(entries) > 1:
            self.wake_at(entries[1][0] + span)  # the oldest falls out
        return entries

    def changed(self, siblings: tuple[str, ...]) -> Changed:
        """A mark that :meth:`resolved` replaces."""
        self._marked = True
        return Changed(siblings, rfc3339(self._now))

    def refused(self) -> list[dict[str, Any]]:
        """The refusals of this key's previous firing."""
        return self._refused

    def resolved(self, node: SchemaNode | None, have: Any, want: Any) -> Any:
        """``want`` without marks of `changed`, as they come out where ``have`` is. Most passes make none, and their
        wishes need no look."""
        return resolve(node, have, want) if self._marked else want

    def end(self) -> None:
        """Let go of everything: a pass refers to itself, through its scope and its wishes, and whoever holds an effect
        of it would hold all of it until the collector comes."""
        self.__dict__.clear()

    # --- running rules ------------------------------------------------------------------------------------------------

    def run(self, rules: Sequence[CompiledRule] | None = None) -> Decision:
        """All rules of the set (or these) that may hold, what is to be undone, then their wishes as requests."""
        decision = self._run(rules)
        if self._past or self._asked:
            decision.past = carried(self._past, self._asked, self._now)
        return decision

    def _run(self, rules: Sequence[CompiledRule] | None) -> Decision:
        decision = self.decision
        if self.stage == "guard":
            guard(self)
            return decision
        for rule in self.bound.program.rules if rules is None else rules:
            try:
                if self._rule(rule):
                    decision.rules.append(rule.name)
            except (EvaluationError, ApiError, ContradictionError) as error:
                self.failed(rule.name, str(error))
                if rule.lasting:
                    self.unsure.add(rule.name)
        if self.bound.footprint is not None:
            retract(self)
        self.wishes.settle()
        release(self)
        if self.stage in ("finalizing", "over") and decision.effects:
            decision.more = True  # what follows from their being done is nobody's change to wait for
        return decision

    def failed(self, rule: str, message: str) -> None:
        """A rule cannot act: its trace says why, and an Event on the primary that it is so. Values stay out of the
        Event: who may read Events may not read every object."""
        self.decision.errors.append((rule, message))
        program = self.bound.program
        if self.exists and self.bound.groups is None and program.admission is None:
            place = _PLACE.match(message)
            where = f" at {place[0]}" if place is not None else ""
            text = f"rule {rule} of rule set {program.name} failed{where}: its trace says why"
            self.decision.notices.append(Notice(rule, FAILED, text, "Warning", self.primary))

    def _rule(self, rule: CompiledRule) -> bool:
        scope = self.scope
        may = self.stage == ("finalizing" if rule.finalize else "living")
        clear = rule.lasting and rule.head.__class__ is heads.Keep and self.exists
        if may and rule.when is not None and not rule.when_each:
            may = rule.when(scope) is True
        if not may and not clear:
            return False
        if rule.each is None:
            self._head(rule, (), holds=may)
            return may
        held = False
        for element in rule.each(scope):
            holds = may and (not rule.when_each or rule.when is None or rule.when(scope, element) is True)
            held |= holds
            if holds or clear:
                self._head(rule, (element,), holds=holds)
        return held

    def _head(self, rule: CompiledRule, args: tuple[Any, ...], *, holds: bool) -> None:
        """What a rule wants; of one that no longer ``holds``: that none of its elements is kept."""
        head = rule.head
        if rule.lasting and holds:
            self.element = element_id(args[0]) if args else ""
            self.held.setdefault(rule.name, set()).add(self.element)
        wishes = self.wishes
        match head:
            case heads.Ensure():
                run_ensure(self, rule, head, args)
                return
            case heads.Choose():
                run_choose(self, rule, head, args)
                return
            case heads.Apply():
                effect = wishes.apply(rule, head, args)
            case heads.Keep():
                effect = wishes.keep(rule, head, args, none=not holds)
            case heads.Post():
                effect = wishes.post(rule, head, args)
            case heads.Delete():
                wishes.delete(rule, head, args)
                return
            case _:  # only Events; the heads of admission are run by its own pass
                effect = None
        if rule.events is not None and rule.events.done and holds:
            if effect is not None:
                notices = self.notices(rule, rule.events.done, args)
                effect.done = lambda _obj: notices
            elif head is None:
                self.decision.notices += self.notices(rule, rule.events.done, args)

    def notices(self, rule: CompiledRule, told: tuple[heads.Told, ...], args: tuple[Any, ...]) -> list[Notice]:
        """The Events of a rule, their texts evaluated."""
        scope = self.scope
        out = []
        for one in told:
            about = one.about(scope, *args[: one.about_takes]) if one.about is not None else self.primary
            host = one.host(scope, *args[: one.about_takes]) if one.host is not None else ""
            texts = one.reason(scope, *args), one.message(scope, *args), one.type(scope, *args)
            out.append(Notice(rule.name, *texts, about, host))
        return out

    def add(self, effect: Effect) -> None:
        """One more request that stands for itself."""
        self.decision.effects.append(effect)
