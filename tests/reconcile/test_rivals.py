"""When two firings fight over a field, and when it only changes hands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ruleplane.clock import SECOND
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.model.trace import EffectRecord
from ruleplane.reconcile import rivals as module
from ruleplane.reconcile.effect import Decision, Effect
from ruleplane.reconcile.queue import BASE, CAP
from ruleplane.reconcile.rivals import WINDOW, Rivals
from ruleplane.reconcile.send import Sent
from ruleplane.specs.virtual import VirtualCluster

REGISTRY = builtin_registry()
SCHEMAS = Schemas.builtin()


class Rules:
    """As much of a bound rule set as a message needs."""

    groups = None

    def __init__(self, name):
        self.program = SimpleNamespace(name=name, kind="v1/ConfigMap")


RED, BLUE, GREEN = ((Rules(name), "default/sky") for name in ("red", "blue", "green"))


class Ring:
    """Decisions on one object, one after the other, as the loop has them."""

    def __init__(self):
        self.rivals, self.now, self.firing = Rivals(SCHEMAS), 0, 0
        self.told = []  # by Events

    def turn(self, key, *, body=None, uid="u", paths=None, after=0, errors=(), **effect):
        """A pass that wants ``body`` (None: nothing of it); what it failed with, and until when it is to wait."""
        self.now += after
        self.firing += 1
        wanted = []
        if body is not None:
            kind = REGISTRY.get(effect.pop("kind", "v1/ConfigMap"))
            paths = paths or tuple(f"data.{name}" for name in body["data"])
            wanted = [Effect("patch", kind, "default", "sky", ["paint"], body=body, uid=uid, paths=paths, **effect)]
        decision = Decision(wanted, errors=list(errors))
        self.rivals.hold(key, decision, self.now)
        records = [EffectRecord("paint", "patch", "ref", uid, paths=one.paths) for one in decision.effects]
        sent = Sent(records)
        self.rivals.note(key, self.firing, decision, sent, self.now)
        self.told += sent.notices
        return SimpleNamespace(
            errors=[message for _, message in decision.errors],
            sent=bool(decision.effects),
            at=decision.not_before,
        )

    def paint(self, key, colour, **more):
        return self.turn(key, body={"data": {"colour": colour}}, **more)


@pytest.fixture
def ring():
    return Ring()


def fight(ring):
    """Up to where it is one: red has written, blue, red again."""
    for key, colour in ((RED, "red"), (BLUE, "blue"), (RED, "red")):
        assert not ring.paint(key, colour).errors


def test_a_return_of_each_is_a_fight_and_the_second_one_waits(ring):
    fight(ring)
    held = ring.paint(BLUE, "blue")
    assert not held.sent
    assert held.at == BASE
    (message,) = held.errors
    assert "ConfigMap default/sky: data.colour goes to and fro" in message
    assert "between blue/paint (firing 2) and red/paint (firing 1)" in message
    assert not ring.told


def test_after_the_delay_it_is_written_and_told_and_the_other_waits_twice_as_long(ring):
    fight(ring)
    ring.paint(BLUE, "blue")
    written = ring.paint(BLUE, "blue", after=BASE)
    assert written.sent
    assert written.errors
    assert [(notice.type, notice.reason) for notice in ring.told] == [("Warning", "FieldContested")]
    assert ring.told[0].about["metadata"]["uid"] == "u"
    assert written.at > ring.now + 2 * BASE  # it comes back after the other's turn
    held = ring.paint(RED, "red")
    assert not held.sent
    assert held.at == ring.now + 2 * BASE


def test_the_delay_grows_up_to_its_cap_and_the_words_stay(ring):
    fight(ring)
    turns = [(BLUE, "blue"), (RED, "red")] * 12
    for key, colour in turns:
        held = ring.paint(key, colour)
        assert not held.sent
        assert ring.paint(key, colour, after=held.at - ring.now).sent
    held = ring.paint(BLUE, "blue")
    assert held.at - ring.now == CAP
    assert len({notice.message for notice in ring.told}) == 2


def test_who_lets_the_others_value_be_ends_it(ring):
    fight(ring)
    ring.turn(BLUE)
    assert not ring.paint(BLUE, "blue").errors  # later, for a new reason
    assert not ring.paint(RED, "red").errors


def test_an_error_elsewhere_lets_nothing_be(ring):
    fight(ring)
    ring.turn(BLUE, errors=[("other", "no such key")])
    assert not ring.paint(BLUE, "blue").sent


def test_a_return_of_one_alone_is_none_however_often(ring):
    for _ in range(5):
        assert not ring.paint(RED, "red").errors
        assert not ring.turn(BLUE).errors  # sees it and agrees
        assert not ring.paint(BLUE, "blue", after=40 * SECOND).errors


def test_other_values_are_a_hand_over(ring):
    for n in range(6):
        for key in (RED, BLUE):
            assert not ring.paint(key, f"{key[0].program.name} {n}").errors


def test_what_was_overwritten_long_ago_is_not_put_back(ring):
    for _ in range(4):
        assert not ring.paint(RED, "red", after=WINDOW + 1).errors
        assert not ring.paint(BLUE, "blue", after=WINDOW + 1).errors


def test_what_somebody_else_has_set_between_is_put_back_without_a_fight(ring):
    for _ in range(5):  # only red writes: what it overwrites is a person's
        assert not ring.paint(RED, "red").errors


def test_other_fields_of_the_object_are_no_matter(ring):
    for n in range(4):
        assert not ring.turn(RED, body={"data": {"colour": "red" if n % 2 else "pink"}}).errors
        assert not ring.turn(BLUE, body={"data": {"shade": "dark" if n % 2 else "light"}}).errors


def test_a_field_that_one_sets_and_the_other_removes(ring):
    # who finds no data writes all of it: the paths differ, and mean one field
    for key, body, paths in (
        (RED, {"data": {"colour": "red"}}, ("data",)),
        (BLUE, {"data": {"colour": None}}, ("data.colour",)),
        (RED, {"data": {"colour": "red"}}, ("data",)),
    ):
        assert not ring.turn(key, body=body, paths=paths).errors
    assert not ring.turn(BLUE, body={"data": {"colour": None}}).sent


def test_elements_of_lists_are_told_apart_by_their_keys(ring):
    def condition(key, of, status):
        body = {"status": {"conditions": [{"type": of, "status": status}]}}
        paths = (f"status.conditions[type={of}].status",)
        return ring.turn(key, body=body, paths=paths, kind="v1/Pod", subresource="status")

    for _ in range(3):
        assert not condition(RED, "Ready", "True").errors
        assert not condition(BLUE, "Shiny", "False").errors
    for key, status in ((BLUE, "False"), (RED, "True")):
        assert not condition(key, "Ready", status).errors
    held = condition(BLUE, "Ready", "False")
    assert "status.conditions[type=Ready].status goes to and fro" in held.errors[0]


def test_three_that_take_turns_fight_too(ring):
    turns = [(RED, "red"), (BLUE, "blue"), (GREEN, "green")]
    assert not any(ring.paint(*turn).errors for turn in turns)
    assert not ring.paint(*turns[0]).errors
    assert "blue/paint (firing 2) and red/paint (firing 4)" in ring.paint(*turns[1]).errors[0]


def test_two_keys_of_one_rule_set_are_told_with_their_keys(ring):
    one, other = ((RED[0], f"default/{name}") for name in "ab")
    for key, colour in ((one, "1"), (other, "2"), (one, "1")):
        assert not ring.paint(key, colour).errors
    message = ring.paint(other, "2").errors[0]
    assert "red/paint for v1/ConfigMap/default/b (firing 2) and red/paint for v1/ConfigMap/default/a" in message


def test_several_fields_of_one_request_are_told_at_once(ring):
    def turn(key, *values):
        return ring.turn(key, body={"data": dict(zip("abc", values, strict=True))})

    for key, values in ((RED, "123"), (BLUE, "456"), (RED, "123")):
        assert not turn(key, *values).errors
    held = turn(BLUE, *"456")
    assert len(held.errors) == 1
    assert "data.a (and 2 more of its fields)" in held.errors[0]


def test_rules_that_are_gone_free_who_fought_with_them(ring):
    fight(ring)
    assert not ring.paint(BLUE, "blue").sent
    assert ring.rivals.forget(RED[0]) == [BLUE]
    assert ring.paint(BLUE, "blue").sent
    assert ring.rivals.forget(BLUE[0]) == []
    assert not ring.rivals._writes
    assert not ring.rivals._contests
    assert not ring.rivals._claimed


def test_what_is_remembered_is_bounded_and_others_follow(ring, monkeypatch):
    monkeypatch.setattr(module, "OBJECTS", 2)
    for uid in "abc":
        ring.paint(RED, "red", uid=uid)
    assert set(ring.rivals._writes) == {"a", "b"}
    ring.paint(RED, "pink", uid="a", after=module.REST)
    for _ in "ab":  # one look at a time
        ring.paint(RED, "red", uid="c", after=1)
    assert set(ring.rivals._writes) == {"a", "c"}


def test_contests_of_long_ago_are_forgotten(ring, monkeypatch):
    monkeypatch.setattr(module, "FOUGHT", 2)

    def contest(uid, after=0):
        ring.paint((RED[0], uid), "red", uid=uid, after=after)
        ring.paint((BLUE[0], uid), "blue", uid=uid)

    for uid in "abc":
        contest(uid)
    assert list(ring.rivals._contests) == ["b", "c"]
    contest("d", after=WINDOW + 1)
    assert list(ring.rivals._contests) == ["d"]
    assert list(ring.rivals._claimed) == [(RED[0], "d")]


# --- installed rule sets ----------------------------------------------------------------------------------------------

PAINTER = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: NAME}
spec:
  component: examples
  for: {c: {kind: v1/ConfigMap, where: has(c.data)}}
  rules:
    - name: paint
      when: "'NAME' in c.data"
      apply: {to: "${c}", metadata: {labels: {colour: NAME}}}
"""


@pytest.fixture
def cluster():
    cluster = VirtualCluster([])
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sky"}, "data": {"red": "", "blue": ""}}
    )
    cluster.apply(PAINTER.replace("NAME", "red"))
    cluster.apply(PAINTER.replace("NAME", "blue"))
    cluster.advance(60)
    yield cluster
    cluster.close()


def health(cluster, name):
    status = cluster.get("ruleset", name)["status"]
    return next(one["status"] for one in status["conditions"] if one["type"] == "Healthy")


def colour(cluster):
    return cluster.get("configmap", "sky")["metadata"]["labels"]["colour"]


def test_the_status_of_both_rule_sets_tells_it_as_long_as_it_lasts(cluster):
    for name, other in (("red", "blue"), ("blue", "red")):
        status = cluster.get("ruleset", name)["status"]
        (error,) = status["lastErrors"]
        assert (error["rule"], error["object"]) == ("paint", "v1/ConfigMap/default/sky")
        assert f"metadata.labels.colour goes to and fro between {name}/paint (firing " in error["message"]
        assert f" and {other}/paint (firing " in error["message"]
        assert status["errors"] > 1
    for _ in range(20):
        cluster.advance(60)
        assert [health(cluster, name) for name in ("red", "blue")] == ["False", "False"]


@pytest.mark.parametrize("winner", ["red", "blue"])
def test_an_edit_that_ends_it_frees_the_other_at_once(cluster, winner):
    loser = "blue" if winner == "red" else "red"
    cluster.advance(1800)
    cluster.apply(PAINTER.replace("'NAME' in", "'nothing' in").replace("NAME", loser))
    cluster.settle()
    assert colour(cluster) == winner
    cluster.advance(700)
    assert [health(cluster, name) for name in ("red", "blue")] == ["True", "True"]


def test_a_deletion_frees_the_other_at_once(cluster):
    cluster.advance(1800)
    cluster.delete("ruleset", "red")
    cluster.settle()
    assert colour(cluster) == "blue"
