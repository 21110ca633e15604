"""The workqueue: once each, the first cause, own writes last, later ones in time."""

from random import Random

import pytest

from ruleplane.clock import SECOND
from ruleplane.model.trace import Cause
from ruleplane.reconcile.queue import BASE, CAP, WorkQueue


@pytest.fixture
def queue():
    return WorkQueue(Random(1))


def cause(detail=""):
    return Cause("watch", detail=detail)


def taken(queue):
    out = []
    while (item := queue.pop()) is not None:
        out.append((item[0][1], item[1].detail))
    return out


def key(name):
    return (None, name)


def test_a_key_is_queued_once_with_its_first_cause(queue):
    queue.add(key("a"), cause("first"))
    queue.add(key("b"), cause())
    queue.add(key("a"), cause("second"))
    assert len(queue) == 2
    assert taken(queue) == [("a", "first"), ("b", "")]
    assert queue.pop() is None


def test_a_key_may_be_queued_again_once_it_was_taken(queue):
    queue.add(key("a"), cause("first"))
    queue.pop()
    queue.add(key("a"), cause("second"))
    assert taken(queue) == [("a", "second")]


def test_keys_woken_by_their_own_writes_wait_for_the_others(queue):
    queue.add(key("own"), cause(), own=True)
    queue.add(key("a"), cause())
    queue.add(key("b"), cause())
    assert [name for name, _ in taken(queue)] == ["a", "b", "own"]


def test_another_reason_moves_an_own_key_forward_and_keeps_it_single(queue):
    queue.add(key("own"), cause("own"), own=True)
    queue.add(key("slow"), cause(), own=True)
    queue.add(key("own"), cause("other"))
    assert taken(queue) == [("own", "own"), ("slow", "")]
    assert len(queue) == 0


def test_of_several_instants_the_earliest_counts(queue):
    queue.at(5 * SECOND, key("a"), cause("late"))
    queue.at(3 * SECOND, key("a"), cause("early"))
    queue.at(9 * SECOND, key("a"), cause("later"))
    assert queue.next_instant() == 3 * SECOND
    assert queue.release(3 * SECOND - 1) == 0
    assert queue.release(9 * SECOND) == 1
    assert taken(queue) == [("a", "early")]
    assert queue.next_instant() == 0


def test_a_cancelled_instant_never_comes(queue):
    queue.at(SECOND, key("a"), cause())
    queue.at(2 * SECOND, key("b"), cause())
    queue.cancel(key("a"))
    assert queue.next_instant() == 2 * SECOND
    queue.release(10 * SECOND)
    assert [name for name, _ in taken(queue)] == ["b"]


def test_failures_are_delayed_twice_as_long_each_time_up_to_a_limit_with_a_tenth_of_jitter(queue):
    delays = [queue.failed(key("a")) for _ in range(30)]
    for number, delay in enumerate(delays):
        plain = min(BASE << number, CAP)
        assert plain <= delay <= plain * 1.1
    assert delays[-1] >= CAP


def test_a_success_starts_the_delays_anew(queue):
    for _ in range(5):
        queue.failed(key("a"))
    queue.succeeded(key("a"))
    assert queue.failed(key("a")) < 2 * BASE


def test_the_same_seed_gives_the_same_delays():
    assert [WorkQueue(Random(3)).failed(key("a")) for _ in range(3)] == [
        WorkQueue(Random(3)).failed(key("a")) for _ in range(3)
    ]


def test_a_program_that_goes_leaves_nothing_behind(queue):
    gone, stays = object(), object()
    for bound in (gone, stays):
        queue.add((bound, "a"), cause())
        queue.add((bound, "b"), cause(), own=True)
        queue.at(SECOND, (bound, "c"), cause())
    queue.forget(gone)
    queue.release(SECOND)
    found = []
    while (item := queue.pop()) is not None:
        found.append(item[0])
    assert {bound for bound, _ in found} == {stays}
    assert sorted(name for _, name in found) == ["a", "b", "c"]


class _Set:
    """Stands for a program in the queue."""

    def __init__(self, name):
        self.name = name


def test_a_ranked_program_gives_its_turns_to_the_least_and_takes_no_others():
    ranked, other = _Set("ranked"), _Set("other")
    ranks = {"low": (9,), "high": (1,), "late": (1,)}
    queue = WorkQueue(Random(0), lambda key: ranks[key[1]] if key[0] is ranked else None)
    for key in ((ranked, "low"), (other, "a"), (ranked, "high"), (other, "b"), (ranked, "late")):
        queue.add(key, Cause("start"))
    order = []
    while (item := queue.pop()) is not None:
        order.append(item[0][1])
    assert order == ["high", "a", "late", "b", "low"]


def test_a_key_that_waits_is_ranked_anew_when_it_is_woken_again():
    ranked = _Set("ranked")
    ranks = {"a": (2,), "b": (1,)}
    queue = WorkQueue(Random(0), lambda key: ranks[key[1]])
    for name in "ab":
        queue.add((ranked, name), Cause("start"))
    ranks["b"] = (3,)
    queue.add((ranked, "b"), Cause("watch"))
    assert [queue.pop()[0][1] for _ in "ab"] == ["a", "b"]
    assert queue.pop() is None
    assert len(queue) == 0


def test_a_ranked_key_that_moves_from_the_second_lane_is_served_once():
    ranked = _Set("ranked")
    queue = WorkQueue(Random(0), lambda key: (1,))
    queue.add((ranked, "a"), Cause("start"), own=True)
    queue.add((ranked, "a"), Cause("watch"))
    assert queue.pop()[0] == (ranked, "a")
    assert queue.pop() is None


def test_a_program_that_goes_takes_its_ranked_keys_along():
    ranked = _Set("ranked")
    queue = WorkQueue(Random(0), lambda key: (1,))
    queue.add((ranked, "a"), Cause("start"))
    queue.forget(ranked)
    assert queue.pop() is None
