"""Watches, on every back end: no gap, no duplicate, in order."""

from __future__ import annotations

import pytest

from ruleplane.errors import Compacted, FutureRevision
from ruleplane.store.base import Delete, Put
from support.stores import Caller, obj


def test_a_watch_tells_creations_changes_and_deletions_with_what_was_before(store: Caller):
    watch = store.watch("core/pods/")
    store.put("core/pods/d/a", 1)
    store.put("core/pods/d/a", 2)
    store.delete("core/pods/d/a")
    store.put("core/pods/d/a", 3)
    assert watch.take() == [
        ("ADDED", "core/pods/d/a", 1, 1, None),
        ("MODIFIED", "core/pods/d/a", 2, 2, 1),
        ("DELETED", "core/pods/d/a", 3, None, 2),
        ("ADDED", "core/pods/d/a", 4, 3, None),
    ]
    assert watch.take() == []


def test_a_watch_from_a_past_revision_begins_right_after_it(store: Caller):
    for n in range(1, 5):
        store.put("core/pods/d/a", n)
    assert [event[2] for event in store.watch("core/pods/", 2).take()] == [3, 4]
    assert store.watch("core/pods/", 4).take() == []


def test_past_and_present_join_without_gap_or_duplicate(store: Caller):
    store.put("core/pods/d/a", 1)
    store.put("core/pods/d/a", 2)
    watch = store.watch("core/pods/", 1)
    store.put("core/pods/d/a", 3)
    assert [event[2] for event in watch.take()] == [2, 3]


def test_a_watch_holds_its_prefix_and_nothing_beside_it(store: Caller):
    watches = {prefix: store.watch(prefix) for prefix in ("", "core/", "core/pods/", "core/pods/d", "core/pods/d/a")}
    for n, key in enumerate(["core/pods/d/a", "core/pods/d/ab", "core/pods/dd/a", "core/podsets/d/a", "apps/x/y/z"]):
        store.put(key, n)
    assert {prefix: [event[3] for event in watch.take()] for prefix, watch in watches.items()} == {
        "": [0, 1, 2, 3, 4],
        "core/": [0, 1, 2, 3],
        "core/pods/": [0, 1, 2],
        "core/pods/d": [0, 1, 2],
        "core/pods/d/a": [0, 1],
    }


def test_a_watch_is_notified_once_until_it_takes(store: Caller):
    watch = store.watch("core/pods/")
    store.put("core/pods/d/a", 1)
    store.put("core/pods/d/a", 2)
    assert watch.notified == 1
    assert len(watch.take()) == 2
    store.put("core/pods/d/a", 3)
    assert watch.notified == 2


def test_a_watch_is_not_notified_of_what_does_not_concern_it(store: Caller):
    watch = store.watch("core/pods/d/")
    store.put("core/pods/e/a")
    store.put("core/nodes//n")
    store.txn()
    store.delete("core/pods/d/none")
    store.put("core/pods/d/a", at=7)
    assert watch.notified == 0


def test_the_whole_transaction_is_there_when_a_watch_is_notified(store: Caller):
    taken: list[list[str]] = []
    watch = store.store.watch("core/pods/", 0, lambda: taken.append([event.key for event in watch.take()]))
    store.txn(Put("core/pods/d/a", obj(1)), Put("core/pods/d/b", obj(2)))
    assert taken == [["core/pods/d/a", "core/pods/d/b"]]
    assert watch.take() == []


def test_a_watch_that_closes_another_while_being_notified_ends_it_at_once(store: Caller):
    first = store.store.watch("core/pods/", 0, lambda: second.watch.close())
    second = store.watch("core/pods/")
    store.put("core/pods/d/a")
    assert len(first.take()) == 1
    assert second.notified == 0


def test_a_write_from_within_a_notification_comes_after_what_caused_it(store: Caller):
    def answer() -> None:
        if store.get("core/pods/d/answer") is None:
            store.put("core/pods/d/answer")

    store.store.watch("core/pods/d/question", 0, answer)
    everything = store.watch("")
    store.put("core/pods/d/question")
    assert [(key, revision) for _, key, revision, *_ in everything.take()] == [
        ("core/pods/d/question", 1),
        ("core/pods/d/answer", 2),
    ]


def test_taking_in_parts_loses_nothing(store: Caller):
    watch = store.watch("core/pods/d/")
    for n in range(1, 6):
        store.put("core/pods/d/a", n)
        store.put("core/pods/e/a", n)
    assert [event[3] for event in watch.take(2)] == [1, 2]
    assert watch.revision == 4
    assert [event[3] for event in watch.take(2)] == [3, 4]
    store.put("core/pods/d/a", 6)
    assert watch.notified == 2
    assert [event[3] for event in watch.take(2)] == [5, 6]
    assert watch.take(2) == []
    assert watch.revision == 11


def test_the_bookmark_of_a_watch_follows_the_store_while_nothing_concerns_it(store: Caller):
    watch = store.watch("core/pods/")
    store.put("core/nodes//n")
    assert watch.revision == 1
    store.put("core/pods/d/a")
    store.put("core/nodes//n")
    assert watch.revision == 1
    watch.take()
    assert watch.revision == 3


def test_a_watch_resumed_at_its_bookmark_misses_nothing(store: Caller):
    watch = store.watch("core/pods/")
    store.txn(Put("core/pods/d/a", obj(1)), Put("core/pods/d/b", obj(2)))
    assert len(watch.take(1)) == 1
    resumed = store.watch("core/pods/", watch.revision)
    assert "core/pods/d/b" in [event[1] for event in resumed.take()]


def test_the_future_cannot_be_watched(store: Caller):
    store.put("core/pods/d/a")
    with pytest.raises(FutureRevision):
        store.watch("core/pods/", 2)


def test_a_closed_watch_takes_nothing_more(store: Caller):
    watch = store.watch("core/pods/")
    store.put("core/pods/d/a")
    watch.watch.close()
    watch.watch.close()
    store.put("core/pods/d/a")
    assert watch.take() == []
    assert watch.notified == 1


def test_a_watch_from_before_the_compacted_revision_is_refused(store: Caller):
    for n in range(1, 5):
        store.put("core/pods/d/a", n)
    store.store.compact(3)
    with pytest.raises(Compacted):
        store.watch("core/pods/", 2)
    assert [event[2] for event in store.watch("core/pods/", 3).take()] == [4]


def test_a_watch_that_compaction_overtook_is_told(store: Caller):
    watch = store.watch("core/pods/")
    for n in range(1, 5):
        store.put("core/pods/d/a", n)
    store.store.compact(1)
    for _ in range(2):
        with pytest.raises(Compacted):
            watch.take()


def test_compaction_up_to_what_a_watch_has_taken_costs_it_nothing(store: Caller):
    watch = store.watch("core/pods/")
    store.put("core/pods/d/a", 1)
    watch.take()
    store.put("core/pods/d/a", 2)
    store.store.compact(1)
    assert [event[2] for event in watch.take()] == [2]


def test_compaction_does_not_touch_a_watch_that_nothing_concerned(store: Caller):
    watch = store.watch("core/pods/quiet/")
    for n in range(1, 5):
        store.put("core/pods/loud/a", n)
    store.store.compact(4)
    assert watch.take() == []
    store.put("core/pods/quiet/a", 5)
    assert [event[2] for event in watch.take()] == [5]


def test_a_deletion_is_told_even_when_compaction_follows(store: Caller):
    store.put("core/pods/d/a", 1)
    watch = store.watch("core/pods/", 1)
    store.delete("core/pods/d/a")
    store.store.compact(1)
    assert watch.take() == [("DELETED", "core/pods/d/a", 2, None, 1)]


def test_hundreds_of_watches_wake_only_where_something_happened(store: Caller):
    watches = [store.watch(f"core/pods/ns{n}/") for n in range(300)]
    store.txn(Put("core/pods/ns7/a", obj(1)), Put("core/pods/ns250/a", obj(2)), Delete("core/pods/ns9/a"))
    assert [n for n, watch in enumerate(watches) if watch.notified] == [7, 250]
