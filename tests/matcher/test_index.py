"""An index holds nothing until somebody looks, and from then on what it would have held all along."""

from hypothesis import given
from hypothesis import strategies as st

from ruleplane.matcher.index import Index

OBJECT = st.fixed_dictionaries({"at": st.sampled_from([(), ("x",), ("y",), ("x", "y")]), "n": st.integers(0, 2)})
CHANGES = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | OBJECT), max_size=20)


def index():
    return Index("", lambda obj: obj["at"], lambda obj: obj["n"] > 0)


def held(one):
    return {value: dict(one.bucket(value).items) for value in "xy"}, {key: one.places(key) for key in "abcd"}


@given(CHANGES, st.integers(0, 20), st.sampled_from(["bucket", "places"]))
def test_a_first_look_finds_what_there_is_and_later_changes_are_followed(changes, at, look):
    kept, resting, objects = index(), index(), {}
    resting.rest(objects, resting.where)
    for number, (key, obj) in enumerate(changes):
        if number == at:
            getattr(resting, look)("x")
        if obj is None:
            objects.pop(key, None)
        else:
            objects[key] = obj
        kept.update(key, obj)
        if not resting.resting:
            resting.update(key, obj)
    assert resting.resting is (len(changes) <= at)
    assert held(resting) == held(kept)


def test_nothing_is_placed_while_nobody_looks():
    placed = []
    one = Index("", lambda obj: placed.append(obj) or ("x",), None)
    one.rest({"a": {}}, None)
    assert not placed
    assert one.bucket("x").items == {"a": {}}
