"""Which of two states of an object is the newer one: the answer to a write, or what the watch tells."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from ruleplane.clock import VirtualClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.reconcile.loop import Loop
from ruleplane.store.base import Entry
from ruleplane.trace.recorder import Recorder

POD = "v1/Pod"
REGISTRY = builtin_registry()
KIND = REGISTRY.get(POD)
KEY = "default/a"


def pod(revision: int, node: str = "", **metadata: Any) -> dict[str, Any]:
    named = {"name": "a", "namespace": "default", "uid": "u", "resourceVersion": str(revision), **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": {"nodeName": node}}


@pytest.fixture
def loop() -> Loop:
    made = Loop(REGISTRY, Schemas.builtin(), lambda _kind: None, VirtualClock(), Random(0), Recorder())  # type: ignore[arg-type, return-value]
    made.cache.kind(POD)
    made.feed(KIND, KEY, pod(5), 5, "ADDED")
    return made


def shown(loop: Loop) -> int:
    obj = loop.cache.get(POD, KEY)
    return 0 if obj is None else int(obj["metadata"]["resourceVersion"])


def test_the_answer_to_a_write_shows_before_the_watch_tells(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, "n"), 7)
    assert shown(loop) == 7


def test_an_older_event_does_not_take_it_back(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, "n"), 7)
    loop.feed(KIND, KEY, pod(6), 6, "MODIFIED")
    assert shown(loop) == 7


def test_an_older_deletion_does_not_take_away_what_was_made_anew(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, uid="another"), 7)
    loop.feed(KIND, KEY, None, 6, "DELETED")
    assert shown(loop) == 7


@pytest.mark.parametrize("revision", [7, 8])
def test_a_deletion_that_is_not_older_wins(loop: Loop, revision: int) -> None:
    loop.take(KIND, KEY, pod(7, "n"), 7)
    loop.feed(KIND, KEY, None, revision, "DELETED")
    assert shown(loop) == 0


def test_once_the_watch_has_told_it_the_watch_is_believed(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, "n"), 7)
    loop.feed(KIND, KEY, pod(7, "n"), 7, "MODIFIED")
    loop.feed(KIND, KEY, pod(9), 9, "MODIFIED")
    assert shown(loop) == 9


def test_an_answer_that_comes_after_the_watch_is_dropped(loop: Loop) -> None:
    loop.feed(KIND, KEY, pod(9), 9, "MODIFIED")
    loop.take(KIND, KEY, pod(7, "n"), 7)
    assert shown(loop) == 9


def test_an_answer_about_what_the_watch_has_seen_deleted_is_dropped(loop: Loop) -> None:
    loop.feed(KIND, KEY, None, 9, "DELETED")
    loop.take(KIND, KEY, pod(7, "n"), 7)
    assert shown(loop) == 0


def test_what_was_made_and_is_in_no_later_list_is_gone(loop: Loop) -> None:
    loop.feed(KIND, KEY, None, 6, "DELETED")
    loop.take(KIND, KEY, pod(7, uid="another"), 7)
    loop.reached(KIND, 6)
    assert shown(loop) == 7
    loop.reached(KIND, 8)
    assert shown(loop) == 0


def test_what_is_being_deleted_is_left_to_the_watch(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, deletionTimestamp="2026-01-01T00:00:00Z"), 7)
    assert shown(loop) == 5


def test_a_kind_that_nobody_looks_at_is_not_kept(loop: Loop) -> None:
    secret = REGISTRY.get("v1/Secret")
    assert secret is not None
    loop.take(secret, KEY, pod(7), 7)
    assert loop.cache.get("v1/Secret", KEY) is None


def test_an_own_write_is_awaited_no_longer_once_it_shows_but_the_watch_still_is(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(7, "n"), 7)
    assert loop.barrier.told(POD) == 5


# --- what is read afresh ----------------------------------------------------------------------------------------------


def read(loop: Loop, revision: int, *objects: dict[str, Any], namespace: str = "", name: str = "") -> None:
    entries = [Entry("", obj, int(obj["metadata"]["resourceVersion"]), 0, 0) for obj in objects]
    loop.intake.learn(KIND, namespace, name, entries, revision)


def test_what_a_fresh_list_has_shows_at_once_and_older_events_do_not_take_it_back(loop: Loop) -> None:
    read(loop, 9, pod(8, "n"))
    assert shown(loop) == 8
    loop.feed(KIND, KEY, pod(7), 7, "MODIFIED")
    assert shown(loop) == 8


def test_what_is_going_is_shown_as_going(loop: Loop) -> None:
    read(loop, 9, pod(8, deletionTimestamp="2026-01-01T00:00:00Z"))
    assert shown(loop) == 8


def test_what_a_fresh_list_lacks_is_gone_and_older_events_do_not_bring_it_back(loop: Loop) -> None:
    read(loop, 9)
    assert shown(loop) == 0
    loop.feed(KIND, KEY, pod(7), 7, "MODIFIED")
    loop.feed(KIND, KEY, None, 8, "DELETED")
    assert shown(loop) == 0
    loop.feed(KIND, KEY, pod(10, uid="another"), 10, "ADDED")
    assert shown(loop) == 10


def test_a_write_that_is_newer_than_the_list_stays(loop: Loop) -> None:
    loop.take(KIND, KEY, pod(12), 12)
    read(loop, 9)
    assert shown(loop) == 12
    read(loop, 9, pod(8))
    assert shown(loop) == 12


def test_a_list_that_is_older_than_the_watch_tells_nothing(loop: Loop) -> None:
    loop.feed(KIND, KEY, None, 9, "DELETED")
    read(loop, 8, pod(7))
    assert shown(loop) == 0


def test_a_list_says_nothing_of_other_namespaces_and_a_name_nothing_of_other_names(loop: Loop) -> None:
    read(loop, 9, namespace="other")
    read(loop, 9, namespace="default", name="b")
    assert shown(loop) == 5


def test_where_all_kinds_are_followed_as_one_a_read_shows_too() -> None:
    made = Loop(REGISTRY, Schemas.builtin(), lambda _kind: None, VirtualClock(), Random(0), Recorder())  # type: ignore[arg-type, return-value]
    every = made.cache.kind("*").objects
    made.feed(KIND, KEY, pod(5), 5, "ADDED")
    read(made, 9, pod(8))
    assert every["v1/Pod|default/a"]["metadata"]["resourceVersion"] == "8"
    read(made, 10, namespace="default")
    assert not every
