"""The three results of every clause, and the matcher of closures."""

import pytest

from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.clause import MISSING, Always, And, Compare, Contains, Event, Flag, Has, In, Not, Or
from ruleplane.matcher.closures import getter, verdict_of

OBJECT = {
    "s": "text",
    "one": "1",
    "n": 5,
    "zero": 0,
    "f": 0.5,
    "t": True,
    "nil": None,
    "list": ["a", 1, None],
    "map": {"k": "v", "nil": None, "": 1},
}
ERROR = Compare(("absent",), "==", 1)


def verdict(clause, event=""):
    return verdict_of(clause)(getter(OBJECT, event))


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (Compare(("s",), "==", "text"), True),
        (Compare(("s",), "!=", "text"), False),
        (Compare(("n",), "==", 5.0), True),
        (Compare(("n",), "==", "5"), False),
        (Compare(("one",), "==", 1), False),
        (Compare(("t",), "==", 1), False),
        (Compare(("t",), "==", "true"), False),
        (Compare(("zero",), "==", False), False),
        (Compare(("nil",), "==", None), True),
        (Compare(("nil",), "!=", 0), True),
        (Compare(("list",), "==", 1), False),
        (Compare(("map",), "!=", 1), True),
        (Compare(("absent",), "==", None), None),
        (Compare(("absent",), "!=", 1), None),
        (Compare(("s", "deeper"), "!=", 1), None),
        (Compare(("n",), "<", 5.5), True),
        (Compare(("n",), ">=", 10**30), False),
        (Compare(("f",), ">", 0), True),
        (Compare(("s",), ">", "tex"), True),
        (Compare(("t",), ">", False), True),
        (Compare(("t",), "<", 2), None),
        (Compare(("n",), "<", True), None),
        (Compare(("s",), "<", 2), None),
        (Compare(("nil",), "<", 2), None),
    ],
)
def test_comparisons_are_those_of_cel(clause, expected):
    assert verdict(clause) is expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (Has(("s",)), True),
        (Has(("nil",)), True),
        (Has(("absent",)), False),
        (Has(("map", "k")), True),
        (Has(("map", "")), True),
        (Has(("map", "absent")), False),
        (Has(("absent", "k")), None),
        (Has(("absent", "k"), 0), False),
        (Has(("map", "absent", "k"), 1), False),
        (Has(("map", "absent", "k"), 2), None),
        (Has(("s", "k")), None),
        (Has(("s", "k"), 0), None),
        (Has(("list", "k"), 0), None),
        (Has(("nil", "k"), 0), None),
        (Has(("map", "k", "deeper", "still"), 0), None),
    ],
)
def test_a_field_is_there_or_not_or_has_no_place_to_be(clause, expected):
    assert verdict(clause) is expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (In(("n",), (1, 5.0)), True),
        (In(("n",), ("5", True)), False),
        (In(("n",), ()), False),
        (In(("absent",), ()), None),
        (Contains(("list",), "a"), True),
        (Contains(("list",), True), False),
        (Contains(("list",), None), True),
        (Contains(("map",), "k"), True),
        (Contains(("map",), "v"), False),
        (Contains(("s",), "t"), None),
        (Contains(("absent",), "t"), None),
        (Flag(("t",)), True),
        (Flag(("n",)), None),
        (Flag(("absent",)), None),
    ],
)
def test_membership_and_flags(clause, expected):
    assert verdict(clause) is expected


def test_errors_are_absorbed_by_what_decides_and_by_nothing_else():
    true, false = Always(), Not(Always())
    assert verdict(Or((ERROR, true))) is True
    assert verdict(Or((ERROR, false))) is None
    assert verdict(And((ERROR, false))) is False
    assert verdict(And((ERROR, true))) is None
    assert verdict(Not(ERROR)) is None
    assert verdict(And(())) is True
    assert verdict(Or(())) is False


def test_events_are_known_only_when_told():
    assert verdict(Event("ADDED"), "ADDED") is True
    assert verdict(Event("ADDED"), "DELETED") is False
    assert verdict(Event("ADDED")) is None


def test_a_getter_finds_nothing_in_lists_and_scalars():
    get = getter(OBJECT)
    assert get(("map", "k")) == "v"
    assert get(("map", "nil")) is None
    assert get(("list", "a")) is MISSING
    assert get(("nil", "a", "b")) is MISSING
    assert get(("absent", "a")) is MISSING


def test_names_come_in_the_order_of_their_declaration_and_kinds_do_not_mix():
    matcher = build_matcher(
        {"K": {"z": Always(), "e": ERROR, "a": Flag(("t",))}, "L": {"l": Always()}}, engine="closures"
    )
    assert matcher.match("K", getter(OBJECT)) == ("z", "a")
    assert matcher.match("L", getter(OBJECT)) == ("l",)
    assert matcher.match("M", getter(OBJECT)) == ()
    assert (matcher.stats.engine, matcher.stats.events) == ("closures", 3)
    matcher.close()
