"""The matcher on durable-rules: its discrimination network decides which clauses of a kind one object satisfies.

Per kind the clauses are normalised, equal ones become one rule, and the rules are spread over as many rule sets
(:mod:`.engine`) as its limits ask for. Objects are projected first (:mod:`.encode`); the answer to a projection is
remembered (:mod:`.memo`).

Not a rule engine: what follows from a match is decided by ``reconcile``. Built by :mod:`.build`, called by the waker.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ruleplane.matcher.clause import NEVER, Always, Clause, Get, normalise
from ruleplane.matcher.closures import Stats, Test, verdict_of
from ruleplane.matcher.encode import Projection, alternatives, picker
from ruleplane.matcher.engine import MAX_ALTERNATIVES, MAX_FIELDS, EngineFault, RuleSet
from ruleplane.matcher.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REBUILDS: Final = 3  # of one rule set, before closures decide its clauses for good

_log = logging.getLogger("ruleplane.matcher")


@dataclass(slots=True)
class _Rule:
    """Clauses with one condition in common."""

    clause: Clause
    places: list[int]  # of their names, in order of declaration


@dataclass(slots=True)
class _Shard:
    """As many rules of a kind as one rule set takes."""

    rules: dict[str, _Rule] = field(default_factory=dict)
    fields: frozenset[int] = frozenset()
    alternatives: int = 0
    pick: Any = None
    rule_set: RuleSet | None = None  # None once closures have taken over
    tests: dict[str, Test] = field(default_factory=dict)  # the closures, once needed
    rebuilds: int = 0

    def takes(self, rule: _Rule, fields: frozenset[int]) -> bool:
        """Whether the rule fits; if so it is in."""
        total = self.alternatives + alternatives(rule.clause)
        if total > MAX_ALTERNATIVES or len(self.fields | fields) > MAX_FIELDS:
            return False
        self.rules[f"r{len(self.rules)}"] = rule
        self.alternatives, self.fields = total, self.fields | fields
        return True


class _Kind:
    """The clauses of one kind."""

    def __init__(self, clauses: Mapping[str, Clause]) -> None:
        self.names = tuple(clauses)
        self.always: list[int] = []  # places of the clauses that are true of everything: nothing to ask
        self.plain: list[tuple[int, Test]] = []  # and of those that no rule set can carry
        self.shards: list[_Shard] = []
        rules: dict[Clause, _Rule] = {}
        for place, clause in enumerate(map(normalise, clauses.values())):
            if clause == Always():
                self.always.append(place)
            elif clause != NEVER:
                rules.setdefault(clause, _Rule(clause, [])).places.append(place)
        self.projection = Projection(rules)
        for rule in rules.values():
            self._place(rule)
        for shard in self.shards:
            shard.pick = picker(sorted(shard.fields))

    def _place(self, rule: _Rule) -> None:
        fields = self.projection.numbers(rule.clause)
        if any(shard.takes(rule, fields) for shard in self.shards):
            return
        shard = _Shard()
        if shard.takes(rule, fields):
            self.shards.append(shard)
        else:
            self.plain.extend((place, verdict_of(rule.clause)) for place in rule.places)


class DurableMatcher:
    """``clauses``: kind → name → clause; ``engine``: the extension module; ``memo``: how many answers to remember.

    See :class:`ruleplane.matcher.build.Matcher`. Safe to call from several threads. Raises :class:`EngineFault` when
    the engine does not take the rules.
    """

    def __init__(self, clauses: Mapping[str, Mapping[str, Clause]], engine: Any, memo: int) -> None:
        self.stats = Stats("durable")
        self._closed = False
        self._kinds: dict[str, tuple[_Kind, Memo[tuple[str, ...]]]] = {}
        for kind, named in clauses.items():
            plan = _Kind(named)
            self._kinds[kind] = plan, Memo(memo // 2)
            for shard in plan.shards:
                conditions = {alias: plan.projection.condition(rule.clause) for alias, rule in shard.rules.items()}
                shard.rule_set = RuleSet(engine, conditions)
            self.stats.rule_sets += len(plan.shards)
            self.stats.plain += len(plan.plain)

    def match(self, kind: str, get: Get) -> tuple[str, ...]:
        """The names of the clauses of this kind that match, in the order of their declaration."""
        if self._closed:
            raise RuntimeError("the matcher is closed")
        self.stats.events += 1
        known = self._kinds.get(kind)
        if known is None:
            return ()
        plan, memo = known
        fragments = plan.projection.fragments(get)
        key = "".join(fragments)
        if plan.plain:  # they read fields that the projection does not show
            return _named(plan, self._engine_places(plan, fragments, get) + _true_of(plan.plain, get))
        answer = memo.get(key)
        if answer is None:
            answer = _named(plan, self._engine_places(plan, fragments, get))
            memo.put(key, answer)
        else:
            self.stats.hits += 1
        return answer

    def close(self) -> None:
        """Give up the rule sets. A closed matcher answers no more."""
        self._closed = True
        for plan, memo in self._kinds.values():
            memo.clear()
            for shard in plan.shards:
                if shard.rule_set is not None:
                    shard.rule_set.release()
        self.stats.rule_sets = 0

    def _engine_places(self, plan: _Kind, fragments: tuple[str, ...], get: Get) -> list[int]:
        places: list[int] = []
        for shard in plan.shards:
            for alias in self._aliases(shard, fragments, get):
                places.extend(shard.rules[alias].places)
        return places

    def _aliases(self, shard: _Shard, fragments: tuple[str, ...], get: Get) -> set[str]:
        rule_set = shard.rule_set
        if rule_set is not None:
            try:
                self.stats.asserts += 1
                return rule_set.matches(shard.pick(fragments))
            except EngineFault as fault:
                self._recover(shard, rule_set, fault)
        if not shard.tests:
            shard.tests = {alias: verdict_of(rule.clause) for alias, rule in shard.rules.items()}
        return {alias for alias, test in shard.tests.items() if test(get)}

    def _recover(self, shard: _Shard, rule_set: RuleSet, fault: EngineFault) -> None:
        """Build the rule set again; closures answer this event, and every one once it has failed too often."""
        shard.rebuilds += 1
        self.stats.rebuilds += 1
        if shard.rebuilds <= MAX_REBUILDS:
            _log.warning("durable-rules failed, its rule set is built again: %s", fault)
            try:
                rule_set.rebuild()
            except EngineFault as refusal:
                fault = refusal
            else:
                return
        _log.error("durable-rules failed too often, closures take over %d clauses: %s", len(shard.rules), fault)
        rule_set.delete()
        shard.rule_set = None
        self.stats.rule_sets -= 1
        self.stats.plain += sum(len(rule.places) for rule in shard.rules.values())


def _true_of(tests: list[tuple[int, Test]], get: Get) -> list[int]:
    return [place for place, test in tests if test(get)]


def _named(plan: _Kind, places: list[int]) -> tuple[str, ...]:
    return tuple([plan.names[place] for place in sorted(places + plan.always)])
