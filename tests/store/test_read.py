"""Get and list, now and in the past, on every back end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ruleplane.errors import Compacted, FutureRevision

if TYPE_CHECKING:
    from support.stores import Caller


def fill(store: Caller, keys: str) -> None:
    for n, key in enumerate(keys.split(), start=1):
        store.put(f"core/pods/{key}", n)


def test_what_was_never_written_is_none(store: Caller):
    assert store.get("core/pods/d/a") is None


def test_a_get_at_a_revision_shows_what_was_there(store: Caller):
    store.put("core/pods/d/a", 1)
    store.put("core/pods/d/b", 2)
    store.put("core/pods/d/a", 3)
    store.delete("core/pods/d/a")
    assert [store.get("core/pods/d/a", at) for at in (1, 2, 3, 4)] == [1, 1, 3, None]
    assert store.get("core/pods/d/b", 1) is None


def test_a_list_is_in_key_order_whatever_the_order_of_writing(store: Caller):
    fill(store, "d/c d/a e/a d/b")
    assert list(store.list("core/pods/")) == [
        "core/pods/d/a",
        "core/pods/d/b",
        "core/pods/d/c",
        "core/pods/e/a",
    ]


def test_a_list_holds_its_prefix_and_nothing_beside_it(store: Caller):
    for n, key in enumerate(["core/pods/d/a", "core/pods/dd/a", "core/podsets/d/a", "apps/pods/d/a", "core/pods"]):
        store.put(key, n)
    assert store.list("core/pods/d/") == {"core/pods/d/a": 0}
    assert store.list("core/pods/d") == {"core/pods/d/a": 0, "core/pods/dd/a": 1}
    assert store.list("core/pods") == {"core/pods": 4, "core/pods/d/a": 0, "core/pods/dd/a": 1, "core/podsets/d/a": 2}
    assert store.list("core/nodes/") == {}


def test_a_list_after_writes_and_deletes_shows_neither_too_much_nor_too_little(store: Caller):
    fill(store, "d/a d/b d/c")
    assert len(store.list("core/pods/")) == 3
    store.delete("core/pods/d/b")
    store.put("core/pods/d/bb", 9)
    store.delete("core/pods/d/bb")
    store.put("core/pods/d/b", 8)
    store.delete("core/pods/d/a")
    assert store.list("core/pods/") == {"core/pods/d/b": 8, "core/pods/d/c": 3}


def test_many_new_keys_between_two_lists_are_put_in_order(store: Caller):
    fill(store, "d/b d/d")
    store.list("core/pods/")
    fill(store, " ".join(f"d/a{n:03}" for n in range(100, 0, -1)))
    keys = list(store.list("core/pods/"))
    assert keys == sorted(keys)
    assert len(keys) == 102


def test_a_limit_gives_pages_with_the_next_key_and_what_remains(store: Caller):
    fill(store, "d/a d/b d/c d/d d/e")
    assert store.page("core/pods/", limit=2) == ("a b", "core/pods/d/c", 3, 5)
    assert store.page("core/pods/", limit=2, start="core/pods/d/c") == ("c d", "core/pods/d/e", 1, 5)
    assert store.page("core/pods/", limit=2, start="core/pods/d/e") == ("e", "", 0, 5)
    assert store.page("core/pods/", limit=5) == ("a b c d e", "", 0, 5)


def test_pages_at_one_revision_are_of_one_moment(store: Caller):
    fill(store, "d/a d/b d/c d/d")
    assert store.page("core/pods/", limit=2, revision=4) == ("a b", "core/pods/d/c", 2, 4)
    store.delete("core/pods/d/c")
    store.put("core/pods/d/cc", 9)
    store.put("core/pods/d/d", 10)
    assert store.page("core/pods/", limit=2, revision=4, start="core/pods/d/c") == ("c d", "", 0, 4)
    assert store.list("core/pods/", revision=4)["core/pods/d/d"] == 4


def test_a_start_need_not_exist(store: Caller):
    fill(store, "d/a d/c")
    assert store.page("core/pods/", start="core/pods/d/b") == ("c", "", 0, 2)
    assert store.page("core/pods/", start="") == ("a c", "", 0, 2)
    assert store.page("core/pods/", start="zzz") == ("", "", 0, 2)
    assert store.page("core/pods/", start="aaa") == ("a c", "", 0, 2)


def test_every_past_revision_can_be_listed(store: Caller):
    store.put("core/pods/d/a", 1)
    store.put("core/nodes//n", 2)
    store.put("core/pods/d/a", 3)
    store.delete("core/pods/d/a")
    store.put("core/pods/d/a", 5)
    assert [store.list("", revision=at) for at in (1, 2, 3, 4, 5)] == [
        {"core/pods/d/a": 1},
        {"core/nodes//n": 2, "core/pods/d/a": 1},
        {"core/nodes//n": 2, "core/pods/d/a": 3},
        {"core/nodes//n": 2},
        {"core/nodes//n": 2, "core/pods/d/a": 5},
    ]
    assert store.list("core/pods/", revision=2) == {"core/pods/d/a": 1}


def test_the_future_cannot_be_read(store: Caller):
    store.put("core/pods/d/a")
    for read in (lambda: store.get("core/pods/d/a", 2), lambda: store.list("core/pods/", revision=2)):
        with pytest.raises(FutureRevision, match="revision 2 is in the future"):
            read()


def test_a_listing_says_at_which_revision_it_is_true(store: Caller):
    fill(store, "d/a d/b")
    store.put("core/nodes//n")
    assert store.page("core/pods/") == ("a b", "", 0, 3)
    assert store.page("core/pods/", revision=1) == ("a", "", 0, 1)


def test_after_compaction_the_compacted_revision_is_the_oldest_that_can_be_read(store: Caller):
    store.put("core/pods/d/a", 1)
    store.put("core/pods/d/a", 2)
    store.put("core/pods/d/a", 3)
    store.store.compact(2)
    assert store.store.compacted == 2
    assert store.get("core/pods/d/a", 2) == 2
    assert store.list("core/pods/", revision=2) == {"core/pods/d/a": 2}
    for read in (lambda: store.get("core/pods/d/a", 1), lambda: store.list("core/pods/", revision=1)):
        with pytest.raises(Compacted, match=r"revision 1 has been compacted \(oldest kept: 2\)"):
            read()


def test_current_values_survive_any_compaction(store: Caller):
    fill(store, "d/a d/b d/c")
    store.delete("core/pods/d/b")
    store.store.compact(4)
    assert store.list("core/pods/") == {"core/pods/d/a": 1, "core/pods/d/c": 3}
    assert store.list("core/pods/", revision=4) == {"core/pods/d/a": 1, "core/pods/d/c": 3}


def test_the_future_cannot_be_compacted_and_the_past_not_twice(store: Caller):
    fill(store, "d/a d/b")
    with pytest.raises(FutureRevision):
        store.store.compact(3)
    store.store.compact(2)
    store.store.compact(1)
    assert store.store.compacted == 2
