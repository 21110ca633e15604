"""What two conditions say of each other."""

from __future__ import annotations

import pytest

from ruleplane.lang.cel import parse
from ruleplane.lang.check.facts import atoms, contradiction, impossible

EXCLUDE = [
    ("a", "!a"),
    ("x == 'a'", "x == 'b'"),
    ("x == 'a'", "x != 'a'"),
    ("'a' == x", "x in ['b', 'c']"),
    ("x in ['a']", "!(x in ['a', 'b'])"),
    ("size(x) == 0", "size(x) > 0"),
    ("n < 3", "n >= 3"),
    ("n > 2", "n == 1"),
    ("3 > n", "n > 2"),
    ("has(o.x) && b", "c && !has(o.x)"),
    ("o.n >= o.m", "o.n < o.m"),
    ("!(a || b)", "b"),
    ("a && b", "!(a && b)"),
    ("(a || b) && c", "!a && !b"),
    ("!!a", "!a"),
    ("x.?y.orValue(false)", "!x.?y.orValue(false)"),
]
MEET = [
    ("a", "b"),
    ("x == 'a'", "y == 'b'"),
    ("x == 1", "x == 1"),
    ("n < 3", "n > 1"),
    ("n < 3.5", "n > 3.0"),
    ("x != 'a'", "x != 'b'"),
    ("a || b", "!a"),
    ("!(a && b)", "a"),
    ("x in ['a', 'b']", "x == 'a'"),
    ("n <= 3", "n >= 3"),
]


@pytest.mark.parametrize(("one", "other"), EXCLUDE)
def test_two_conditions_that_exclude_each_other_are_seen(one, other):
    assert contradiction(atoms([parse(one)]), atoms([parse(other)]))
    assert contradiction(atoms([parse(other)]), atoms([parse(one)]))


@pytest.mark.parametrize(("one", "other"), MEET)
def test_two_conditions_that_may_meet_are_let_be(one, other):
    assert not contradiction(atoms([parse(one)]), atoms([parse(other)]))
    assert not contradiction(atoms([parse(other)]), atoms([parse(one)]))


@pytest.mark.parametrize("text", ["false", "a && !a", "x == 1 && x == 2", "n > 5 && n < 3", "a && false"])
def test_a_condition_that_cannot_hold_is_seen(text):
    assert impossible(atoms([parse(text)])) is not None


@pytest.mark.parametrize("text", ["true", "a || !a", "n > 2 && n < 4", "has(o.x) && o.x == 1"])
def test_a_condition_that_can_hold_is_let_be(text):
    assert impossible(atoms([parse(text)])) is None
