"""Sets of fields behave as sets; FieldsV1 is only how they are written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ruleplane.api.field_set import difference, intersection, only, path_text, paths, union, without

PATH = st.lists(st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}']), min_size=1, max_size=4).map(tuple)
MEMBERS = st.frozensets(PATH, max_size=6)


def of(members: frozenset[tuple[str, ...]]) -> dict[str, Any]:
    """The set as FieldsV1, straight from its definition."""
    root: dict[str, Any] = {}
    for path in sorted(members):
        node = root
        for at, element in enumerate(path):
            if at and not node and path[:at] in members:
                node["."] = {}
            node = node.setdefault(element, {})
    return root


def members(fields: dict[str, Any]) -> frozenset[tuple[str, ...]]:
    return frozenset(paths(fields))


@given(MEMBERS)
def test_what_is_written_can_be_read(some: frozenset[tuple[str, ...]]) -> None:
    assert members(of(some)) == some


@given(MEMBERS, MEMBERS)
def test_union_difference_and_intersection_are_those_of_sets(
    left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]
) -> None:
    assert members(union(of(left), of(right))) == left | right
    assert members(difference(of(left), of(right))) == left - right
    assert members(intersection(of(left), of(right))) == left & right


@given(MEMBERS, MEMBERS)
def test_arguments_stay_as_they_are(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> None:
    one, other = of(left), of(right)
    union(one, other), difference(one, other), intersection(one, other)
    assert (one, other) == (of(left), of(right))


@given(MEMBERS, MEMBERS)
def test_what_does_not_change_is_shared(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> None:
    whole = union(of(left), of(right))
    assert union(whole, of(right)) is whole
    rest = difference(whole, of(right))
    assert difference(rest, of(right)) is rest


@given(MEMBERS, PATH)
def test_a_set_is_what_lies_under_a_path_and_what_does_not(some: frozenset[tuple[str, ...]], path: Any) -> None:
    fields = of(some)
    under = frozenset(one for one in some if one[: len(path)] == path)
    assert members(only(fields, path)) == under
    assert members(without(fields, path)) == some - under


def test_paths_read_as_in_conflict_messages() -> None:
    assert path_text(("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:name")) == (
        '.spec.ports[port=80,protocol="TCP"].name'
    )
    assert path_text(("f:metadata", "f:finalizers", 'v:"x"')) == '.metadata.finalizers[="x"]'
