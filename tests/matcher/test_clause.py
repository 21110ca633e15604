"""What clauses mean, and what is refused."""

import pytest

from ruleplane.matcher.clause import (
    EVENT_PATH,
    MISSING,
    NEVER,
    Always,
    And,
    Compare,
    Contains,
    Event,
    Flag,
    Has,
    In,
    Not,
    Or,
    all_of,
    any_of,
    normalise,
    paths,
)

A = Compare(("a",), "==", 1)
B = Compare(("b",), "==", 2)


def test_negation_is_pushed_down_to_the_comparisons():
    assert normalise(Not(And((A, Or((B, Not(A))))))) == Or(
        (Compare(("a",), "!=", 1), And((Compare(("b",), "!=", 2), A)))
    )


@pytest.mark.parametrize(
    ("op", "opposite"), [("==", "!="), ("<", ">="), ("<=", ">"), (">", "<="), (">=", "<"), ("!=", "==")]
)
def test_each_operator_has_its_opposite(op, opposite):
    assert normalise(Not(Compare(("a",), op, 1))) == Compare(("a",), opposite, 1)


def test_leaves_without_an_opposite_keep_their_not():
    for leaf in (Has(("a",)), In(("a",), (1,)), Contains(("a",), 1)):
        assert normalise(Not(leaf)) == Not(leaf)
        assert normalise(Not(Not(leaf))) == leaf


def test_a_flag_and_an_event_become_comparisons():
    assert normalise(Flag(("a",))) == Compare(("a",), "==", True)
    assert normalise(Not(Flag(("a",)))) == Compare(("a",), "==", False)
    assert normalise(Not(Event("ADDED"))) == Compare(EVENT_PATH, "!=", "ADDED")


def test_what_says_nothing_is_dropped_and_what_decides_stays():
    assert normalise(And((A, Always(), And((A, B))))) == And((A, B))
    assert normalise(And((A, Not(Always())))) == NEVER
    assert normalise(Or((A, Always()))) == Always()
    assert normalise(Or(())) == NEVER
    assert normalise(And(())) == Always()
    assert normalise(Or((A, NEVER))) == A


def test_true_and_one_are_not_the_same_clause():
    one, true = Compare(("a",), "==", 1), Compare(("a",), "==", True)
    assert one != true
    assert normalise(Or((one, true))) == Or((one, true))
    assert len({one, true, Compare(("a",), "==", 1)}) == 2


def test_junctions_of_one_are_that_one_and_nested_ones_are_flat():
    assert all_of(A) == A
    assert any_of(A) == A
    assert all_of(A, And((B, A))) == And((A, B, A))
    assert any_of(A, And((B,))) == Or((A, And((B,))))


def test_the_paths_of_a_clause_are_those_that_it_reads():
    clause = And((A, Not(Or((Has(("x", "y")), Event("ADDED"), Always())))))
    assert paths(clause) == {("a",), ("x", "y"), EVENT_PATH}


def test_all_names_but_the_last_are_firm_unless_told():
    assert Has(("a", "b", "c")).firm == 2
    assert Has(("a", "b", "c"), 0).firm == 0
    with pytest.raises(ValueError, match=r"at most 1 names of a\.b"):
        Has(("a", "b"), 2)


@pytest.mark.parametrize(
    "bad", [lambda: Compare(("a",), "~", 1), lambda: Compare(("a",), "<", None), lambda: Compare((), "==", 1)]
)
def test_a_comparison_without_meaning_is_refused(bad):
    with pytest.raises(ValueError, match=r"none of|no order|a path is"):
        bad()


def test_only_json_scalars_are_compared_with():
    with pytest.raises(TypeError, match="not list"):
        In(("a",), (1, []))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NaN"):
        Compare(("a",), "==", float("nan"))
    with pytest.raises(ValueError, match="BOOKMARK"):
        Event("BOOKMARK")


def test_nothing_is_inside_missing():
    assert MISSING.get("a").get("b", 1) is MISSING
    assert not MISSING
    assert repr(MISSING) == "MISSING"
