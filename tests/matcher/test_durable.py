"""The traps of durable-rules, one test each, and what happens when it fails."""

import logging
import random
import sys

import pytest

from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.clause import Always, And, Compare, Contains, Event, Has, In, Not, Or
from ruleplane.matcher.closures import getter
from ruleplane.matcher.durable import MAX_REBUILDS, DurableMatcher
from ruleplane.matcher.engine import MAX_ALTERNATIVES, MAX_IDLE, EngineFault, EngineUnavailable
from ruleplane.matcher.memo import Memo
from support import clauses as made

pytest.importorskip("durable_rules_engine")


@pytest.fixture
def durable():
    """A function that builds a matcher of one kind, K, without memory, closed at the end."""
    matchers = []

    def build(clauses, memo=0):
        matchers.append(build_matcher({"K": clauses}, engine="durable", memo=memo))
        return matchers[-1]

    yield build
    for matcher in matchers:
        matcher.close()


def found(matcher, obj, event=""):
    return matcher.match("K", getter(obj, event))


def test_every_clause_that_matches_is_named_in_order(durable):
    matcher = durable({"z": Compare(("a",), "==", 1), "m": Always(), "a": Compare(("a",), "<", 9), "n": Has(("b",))})
    assert found(matcher, {"a": 1}) == ("z", "m", "a")


def test_types_do_not_coerce(durable):
    values = {"int": 5, "string": "5", "true": True, "one": 1, "word": "true", "null": None, "nil": "null"}
    matcher = durable({name: Compare(("a",), "==", value) for name, value in values.items()})
    for name, value in values.items():
        assert found(matcher, {"a": value}) == (name,)


def test_integers_equal_floats(durable):
    matcher = durable(
        {"int": Compare(("a",), "==", 1), "float": Compare(("a",), "==", 1.0), "less": Compare(("a",), "<", 1.5)}
    )
    assert found(matcher, {"a": 1}) == found(matcher, {"a": 1.0}) == ("int", "float", "less")


def test_unequal_needs_the_field(durable):
    matcher = durable(
        {"other": Compare(("a",), "!=", 1), "not": Not(Compare(("a",), "==", 1)), "absent": Not(Has(("a",)))}
    )
    assert found(matcher, {}) == ("absent",)
    assert found(matcher, {"a": None}) == ("other", "not")


def test_a_clause_of_absence_does_not_match_the_engines_own_state(durable):
    matcher = durable({"absent": And((Not(Has(("a",))), Not(Has(("b",)))))})
    assert found(matcher, {"a": 1}) == ()
    assert found(matcher, {}) == ("absent",)
    assert found(matcher, {"a": 1, "b": 1}) == ()


def test_a_disjunction_of_two_true_branches_counts_once(durable):
    matcher = durable({"or": Or((Has(("a",)), Has(("b",)), Compare(("a",), "==", 1)))})
    assert found(matcher, {"a": 1, "b": 1}) == ("or",)


def test_a_dot_in_a_name_is_not_a_step(durable):
    matcher = durable({"dotted": Has(("a.b", "c")), "other": Has(("a", "b.c")), "steps": Has(("a", "b", "c"))})
    assert found(matcher, {"a.b": {"c": 1}}) == ("dotted",)
    assert found(matcher, {"a": {"b": {"c": 1}}}) == ("steps",)
    assert found(matcher, {"a": {"b.c": 1}}) == ("other",)


def test_fields_named_like_the_engines_own_are_ordinary(durable):
    names = ["id", "sid", "$m", "$s", "c", "f0"]
    matcher = durable({name: Compare((name,), "==", "x") for name in names})
    assert found(matcher, dict.fromkeys(names, "x")) == tuple(names)


def test_names_of_one_hash_are_two_fields(durable):
    # "costarring"/"liquid" and "declinate"/"macallums" collide under 32-bit FNV-1a
    names = ["costarring", "liquid", "declinate", "macallums"]
    matcher = durable({name: Compare((name,), "==", "x") for name in names})
    for name in names:
        assert found(matcher, {name: "x"}) == (name,)


def test_values_of_one_hash_are_two_values(durable):
    matcher = durable({"is": Compare(("a",), "==", "costarring"), "other": Compare(("a",), "!=", "costarring")})
    assert found(matcher, {"a": "liquid"}) == ("other",)


@pytest.mark.parametrize(
    "value", ["x" * 70_000, 2**63, -(2**70), 10**40, 1e-7, 1e300, float("inf"), 'a"\\b', "\0", "é\n"]
)
def test_values_that_the_engine_cannot_carry_are_compared_exactly(durable, value):
    near = value + "x" if isinstance(value, str) else value / 2 if isinstance(value, float) else value - 1
    matcher = durable(
        {"is": Compare(("a",), "==", value), "is-not": Compare(("a",), "!=", value), "there": Has(("a",))}
    )
    assert found(matcher, {"a": value}) == ("is", "there")
    other = ("is-not", "there") if near != value else ("is", "there")
    assert found(matcher, {"a": near}) == other
    assert matcher.stats.rebuilds == 0


def test_orders_past_64_bits_and_between_types_are_exact(durable):
    matcher = durable(
        {
            "big": Compare(("a",), ">", 2**63 - 1),
            "text": Compare(("a",), ">", "b"),
            "small": Compare(("a",), "<=", 1e-7),
        }
    )
    assert found(matcher, {"a": 2**63}) == ("big",)
    assert found(matcher, {"a": 2**63 - 1}) == ()
    assert found(matcher, {"a": "ba"}) == ("text",)
    assert found(matcher, {"a": 1e-8}) == ("small",)
    assert found(matcher, {"a": False}) == ()


def test_lists_and_membership(durable):
    matcher = durable({"in": In(("a",), ("x", 1)), "out": Not(In(("a",), ("x", 1))), "holds": Contains(("l",), "x")})
    assert found(matcher, {"a": 1.0, "l": ["y", "x"]}) == ("in", "holds")
    assert found(matcher, {"a": True, "l": []}) == ("out",)
    assert found(matcher, {"l": "x"}) == ()


def test_events_are_told_apart(durable):
    matcher = durable({event: Event(event) for event in ("ADDED", "MODIFIED", "DELETED")})
    assert found(matcher, {}, "MODIFIED") == ("MODIFIED",)
    assert found(matcher, {}) == ()


def test_more_alternatives_than_the_engine_has_room_for_are_spread(durable):
    clauses = {f"c{n}": Or(tuple(Compare(("a", str(m)), ">=", n) for m in range(7))) for n in range(60)}
    matcher = durable(clauses)
    assert matcher.stats.rule_sets == 60 // (MAX_ALTERNATIVES // 7) + 1
    assert found(matcher, {"a": {"3": 29, "4": 58}}) == tuple(f"c{n}" for n in range(59))
    assert found(matcher, {"a": {"3": -1}}) == ()


def test_a_clause_of_too_many_alternatives_is_decided_by_closures(durable):
    pairs = tuple(Or((Compare((f"a{n}",), "==", 1), Compare((f"b{n}",), "==", 1))) for n in range(7))
    matcher = durable({"wide": And(pairs), "plain": Has(("a0",))}, memo=8)
    assert matcher.stats.plain == 1
    every = {f"a{n}": 1 for n in range(7)}
    assert found(matcher, every) == ("wide", "plain")
    assert found(matcher, every | {"a3": 2}) == ("plain",)
    assert found(matcher, every | {"a3": 2, "b3": 1}) == ("wide", "plain")


def test_more_fields_than_a_message_takes_are_spread(durable):
    clauses = {f"c{n}": And(tuple(Has((f"f{n}-{m}",)) for m in range(90))) for n in range(3)}
    matcher = durable(clauses)
    assert matcher.stats.rule_sets == 2
    assert found(matcher, {f"f1-{m}": 0 for m in range(90)}) == ("c1",)


def test_a_thousand_names_of_one_clause_are_one_rule(durable):
    matcher = durable({f"c{n}": Compare(("a",), "==", 1) for n in range(1000)})
    assert matcher.stats.rule_sets == 1
    assert len(found(matcher, {"a": 1})) == 1000


def test_clauses_that_are_always_or_never_true_ask_the_engine_nothing(durable):
    matcher = durable({"always": Or((Has(("a",)), Always())), "never": Not(Always())})
    assert found(matcher, {}) == ("always",)
    assert (matcher.stats.asserts, matcher.stats.rule_sets) == (0, 0)


def test_an_answer_is_remembered_by_what_clauses_ask_and_not_by_the_object(durable):
    matcher = durable({"bound": Has(("node",)), "mine": Compare(("node",), "==", "n1")}, memo=100)
    for number in range(300):
        expected = ("bound", "mine") if number % 3 == 1 else ("bound",) if number % 3 else ()
        obj = {"uid": str(number)} | (
            {"node": f"n{number % 3}" if number % 3 == 1 else f"m{number}"} if number % 3 else {}
        )
        assert found(matcher, obj) == expected
    assert (matcher.stats.asserts, matcher.stats.hits) == (3, 297)


def test_full_rule_sets_agree_with_closures_over_thousands_of_events():
    for seed in range(12):
        rng = random.Random(seed)
        clauses = {f"c{n}": made.clause(rng, depth=1 + seed % 4) for n in range(150)}
        durable = build_matcher({"K": clauses}, engine="durable", memo=0)
        oracle = build_matcher({"K": clauses}, engine="closures")
        for _ in range(150):
            get = getter(made.instance(rng), made.event(rng))
            assert durable.match("K", get) == oracle.match("K", get)
        assert durable.stats.rebuilds == 0
        durable.close()


# --- faults ---------------------------------------------------------------------------------------------------------


class Engine:
    """The real extension; function ``fail`` fails ``times`` times, raising or with ``answer``; ``then`` is next."""

    def __init__(self, fail="", times=0, answer=None):
        self._real = pytest.importorskip("durable_rules_engine")
        self.error = self._real.error
        self.fail, self.times, self.answer = fail, times, answer
        self.then = ""
        self.live = set()

    def __getattr__(self, name):
        return lambda *args: self._call(name, args)

    def _call(self, name, args):
        if name == self.fail and self.times > 0:
            self.times -= 1
            if self.then:
                self.fail, self.then, self.times = self.then, "", 1
            if self.answer is None or name == "create_ruleset":
                raise self.error("303")
            return self.answer
        result = getattr(self._real, name)(*args)
        if name == "create_ruleset":
            self.live.add(result)
        if name == "delete_ruleset":
            self.live.remove(args[0])
        return result


TWO = {"K": {"one": Compare(("a",), "==", 1), "there": Has(("a",))}}


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        ("assert_fact", None),
        ("assert_fact", (2, 1)),
        ("start_action_for_state", None),
        ("complete_and_start_action", None),
        ("retract_fact", None),
        ("retract_fact", (1, 1)),
    ],
)
def test_after_any_failure_the_answer_is_right_and_the_rule_set_new(function, answer, caplog):
    engine = Engine(function, 1, answer)
    matcher = DurableMatcher(TWO, engine, memo=0)
    before = set(engine.live)
    assert found(matcher, {"a": 1}) == ("one", "there")
    assert matcher.stats.rebuilds == 1
    assert len(engine.live) == 1
    assert engine.live != before
    assert found(matcher, {"a": 2}) == ("there",)
    assert found(matcher, {}) == ()
    assert (matcher.stats.rebuilds, matcher.stats.rule_sets, matcher.stats.plain) == (1, 1, 0)
    assert "built again" in caplog.text
    matcher.close()


def test_closures_take_over_from_a_rule_set_that_keeps_failing(caplog):
    engine = Engine("assert_fact", 10**6)
    matcher = DurableMatcher(TWO, engine, memo=0)
    for _ in range(10):
        assert found(matcher, {"a": 1}) == ("one", "there")
    assert (matcher.stats.rebuilds, matcher.stats.rule_sets, matcher.stats.plain) == (MAX_REBUILDS + 1, 0, 2)
    assert engine.live == set()
    assert "closures take over 2 clauses" in caplog.text


def test_closures_take_over_when_a_rule_set_cannot_be_built_again():
    engine = Engine("assert_fact", 1, (2, 1))
    matcher = DurableMatcher(TWO, engine, memo=0)
    engine.then = "create_ruleset"
    assert found(matcher, {"a": 1}) == ("one", "there")
    assert found(matcher, {"a": 2}) == ("there",)
    assert (matcher.stats.rebuilds, matcher.stats.rule_sets, matcher.stats.plain) == (1, 0, 2)
    assert engine.live == set()


def test_rules_that_the_engine_refuses_are_an_error():
    with pytest.raises(EngineFault, match="error 303 on creating"):
        DurableMatcher(TWO, Engine("create_ruleset", 1), memo=0)


def test_rule_sets_are_used_again_because_deleting_them_leaks():
    engine = Engine()
    for _ in range(5):
        matcher = DurableMatcher(TWO, engine, memo=0)
        assert found(matcher, {"a": 1}) == ("one", "there")
        matcher.close()
        matcher.close()
    assert len(engine.live) == 1


def test_idle_rule_sets_are_bounded():
    engine = Engine()
    for number in range(MAX_IDLE + 5):
        DurableMatcher({"K": {"c": And(tuple(Has((str(n),)) for n in range(number + 1)))}}, engine, memo=0).close()
    assert len(engine.live) == MAX_IDLE


def test_two_matchers_of_the_same_clauses_do_not_share_a_rule_set():
    engine = Engine()
    first, second = DurableMatcher(TWO, engine, memo=0), DurableMatcher(TWO, engine, memo=0)
    assert len(engine.live) == 2
    first.close()
    assert found(second, {"a": 1}) == ("one", "there")
    second.close()


def test_a_closed_matcher_answers_no_more():
    matcher = DurableMatcher(TWO, Engine(), memo=0)
    matcher.close()
    with pytest.raises(RuntimeError, match="closed"):
        found(matcher, {})


def test_without_the_extension_closures_match_and_say_so_once(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with caplog.at_level(logging.WARNING):
        matcher = build_matcher(TWO)
    assert matcher.stats.engine == "closures"
    assert found(matcher, {"a": 1}) == ("one", "there")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "PyEval_CallObject" in caplog.text


def test_without_the_extension_durable_on_demand_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(EngineUnavailable, match="pip install"):
        build_matcher(TWO, engine="durable")


def test_with_the_extension_auto_is_durable():
    matcher = build_matcher(TWO)
    assert matcher.stats.engine == "durable"
    matcher.close()


def test_a_memo_forgets_what_is_not_asked_for():
    memo: Memo[int] = Memo(2)
    for number in range(3):
        memo.put(str(number), number)
    assert [memo.get(str(number)) for number in range(3)] == [0, 1, 2]
    for number in range(3, 20):
        memo.put(str(number), number)
        assert memo.get("2") == 2
        assert len(memo) <= 4
    assert memo.get("0") is None
    memo.clear()
    assert len(memo) == 0
