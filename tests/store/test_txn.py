"""What a transaction does, on every back end."""

from __future__ import annotations

import pytest

from ruleplane.store.base import Delete, Put
from support.stores import Caller, obj


def test_a_new_store_is_at_revision_0(store: Caller):
    assert store.revision == 0
    assert store.store.compacted == 0


def test_every_write_takes_the_next_revision(store: Caller):
    assert store.put("core/pods/d/a").revision == 1
    assert store.put("core/pods/d/b").revision == 2
    assert store.delete("core/pods/d/a").revision == 3


def test_all_ops_of_a_transaction_share_one_revision(store: Caller):
    store.put("core/pods/d/a", 1)
    result = store.txn(Put("core/pods/d/b", obj(2)), Delete("core/pods/d/a"), Put("core/nodes//n", obj(3)))
    assert result.revision == 2
    assert [entry.key for entry in result.entries if entry] == ["core/pods/d/b", "core/pods/d/a", "core/nodes//n"]
    assert store.list("") == {"core/nodes//n": 3, "core/pods/d/b": 2}


def test_an_entry_knows_its_revision_its_creation_and_its_version(store: Caller):
    store.put("core/pods/d/x")
    for n in range(3):
        store.put("core/pods/d/a", n)
    entry = store.entry("core/pods/d/a")
    assert entry is not None
    assert (entry.revision, entry.created, entry.version) == (4, 2, 3)


def test_a_key_created_again_starts_at_version_1(store: Caller):
    store.put("core/pods/d/a")
    store.delete("core/pods/d/a")
    store.put("core/pods/d/a")
    entry = store.entry("core/pods/d/a")
    assert entry is not None
    assert (entry.revision, entry.created, entry.version) == (3, 3, 1)


def test_the_resource_version_is_stamped_and_the_callers_object_stays_as_it_is(store: Caller):
    value = obj(1)
    store.txn(Put("core/pods/d/x", obj(0)))
    result = store.txn(Put("core/pods/d/a", value))
    assert value == obj(1)
    assert result.entries[0] is not None
    assert result.entries[0].value["metadata"] == {"name": "o1", "resourceVersion": "2"}
    assert b'"resourceVersion":"2"' in result.entries[0].raw


def test_a_value_without_metadata_gets_some(store: Caller):
    store.txn(Put("core/pods/d/a", {"n": 1}))
    entry = store.entry("core/pods/d/a")
    assert entry is not None
    assert entry.value == {"n": 1, "metadata": {"resourceVersion": "1"}}


def test_a_compare_on_revision_0_holds_only_where_nothing_exists(store: Caller):
    assert store.put("core/pods/d/a", 1, at=0).succeeded
    assert not store.put("core/pods/d/a", 2, at=0).succeeded
    assert store.get("core/pods/d/a") == 1
    store.delete("core/pods/d/a")
    assert store.put("core/pods/d/a", 3, at=0).succeeded


def test_a_failed_compare_writes_nothing_and_shows_what_is_there(store: Caller):
    store.put("core/pods/d/a", 1)
    result = store.txn(Put("core/pods/d/b", obj(2)), compares={"core/pods/d/b": 0, "core/pods/d/a": 7})
    assert not result.succeeded
    assert result.revision == store.revision == 1
    assert result.entries[0] is None
    assert result.entries[1] is not None
    assert result.entries[1].revision == 1
    assert store.get("core/pods/d/b") is None


def test_a_compare_on_the_latest_revision_holds_once(store: Caller):
    store.put("core/pods/d/a", 1)
    assert store.put("core/pods/d/a", 2, at=1).succeeded
    assert not store.put("core/pods/d/a", 3, at=1).succeeded
    assert not store.delete("core/pods/d/a", at=1).succeeded
    assert store.delete("core/pods/d/a", at=2).succeeded


def test_deleting_what_is_not_there_takes_no_revision(store: Caller):
    result = store.delete("core/pods/d/a")
    assert result.succeeded
    assert result.revision == 0
    assert result.entries == (None,)


def test_deleting_nothing_beside_a_write_is_shown_as_nothing(store: Caller):
    result = store.txn(Delete("core/pods/d/none"), Put("core/pods/d/a", obj(1)))
    assert result.revision == 1
    assert result.entries[0] is None
    assert result.entries[1] is not None


def test_a_transaction_without_ops_only_compares(store: Caller):
    store.put("core/pods/d/a")
    assert store.txn(compares={"core/pods/d/a": 1}).succeeded
    assert not store.txn(compares={"core/pods/d/a": 2}).succeeded
    assert store.revision == 1


def test_naming_a_key_twice_is_refused_and_nothing_happens(store: Caller):
    with pytest.raises(ValueError, match="names a key twice"):
        store.txn(Put("core/pods/d/a", obj(1)), Delete("core/pods/d/a"))
    assert store.revision == 0


def test_keys_need_no_particular_form(store: Caller):
    for n, key in enumerate(["a", "a/b", "a/b/c", "/", "//", "é/ü/ß", "z\U0010ffff/x/y"]):
        store.put(key, n)
    assert sorted(store.list("")) == sorted(["a", "a/b", "a/b/c", "/", "//", "é/ü/ß", "z\U0010ffff/x/y"])
    assert store.list("a/") == {"a/b": 1, "a/b/c": 2}
    assert store.list("z\U0010ffff") == {"z\U0010ffff/x/y": 6}
