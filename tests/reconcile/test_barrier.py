"""Read your writes: what a key waits to see before it is decided again."""

import pytest

from ruleplane.errors import NotFound, ServiceUnavailable
from ruleplane.matcher.cache import Cache
from ruleplane.model.builtin import builtin_registry
from ruleplane.reconcile.barrier import Barrier
from ruleplane.reconcile.effect import Effect
from ruleplane.reconcile.send import Sent
from ruleplane.specs.drive import drive

POD = "v1/Pod"
KEY = (None, "default/web")


class Server:
    """Answers reads with what there is, or with an error."""

    def __init__(self):
        self.objects, self.error, self.asked = {}, None, 0

    async def get(self, kind, namespace, name):
        self.asked += 1
        if self.error is not None:
            raise self.error
        try:
            return self.objects[f"{namespace}/{name}"]
        except KeyError:
            raise NotFound(name) from None


class Entry:
    def __init__(self, revision, **metadata):
        self.revision, self.value = revision, {"metadata": metadata}


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def cache():
    made = Cache(builtin_registry(), engine="closures")
    made.kind(POD)
    return made


@pytest.fixture
def barrier(cache, server):
    return Barrier(cache, lambda kind: server)


def show(cache, name, revision=1, uid="u", **metadata):
    obj = {"metadata": {"name": name, "uid": uid, "resourceVersion": str(revision), **metadata}}
    cache.apply(POD, f"default/{name}", obj, lambda *_: None)


def hide(cache, name):
    cache.apply(POD, f"default/{name}", None, lambda *_: None)


def test_an_object_not_seen_yet_is_not_taken_for_one_that_is_gone_again(barrier, cache):
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)]))
    show(cache, "b", 6)
    barrier.shown(POD, "default/b", 6)
    assert not is_open(barrier)


def is_open(barrier):
    return drive(barrier.open(KEY))


def unknown(verb, name, uid=""):
    kind = builtin_registry().get(POD)
    return Effect(verb, kind, "default", name, ["r"], uid=uid)


def test_nothing_written_nothing_awaited(barrier):
    assert is_open(barrier)


def test_a_write_is_awaited_until_its_revision_shows(barrier, cache):
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)]))
    assert not is_open(barrier)
    show(cache, "a", 6)
    assert barrier.shown(POD, "default/a", 6) == [KEY]
    assert not is_open(barrier)
    show(cache, "a", 8)
    assert is_open(barrier)


def test_a_write_that_shows_already_is_not_awaited(barrier, cache):
    show(cache, "a", 7)
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)]))
    assert is_open(barrier)
    assert barrier.shown(POD, "default/a", 7) == []


def test_a_created_object_that_is_gone_again_is_not_awaited_for_ever(barrier, cache):
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)]))
    show(cache, "a", 7)
    hide(cache, "a")
    barrier.shown(POD, "default/a", 8)
    assert is_open(barrier)


@pytest.mark.parametrize(
    "change", [hide, lambda cache, name: show(cache, name, uid="other"), lambda c, n: show(c, n, deletionTimestamp="t")]
)
def test_a_deletion_is_awaited_until_the_object_is_gone_going_or_another(barrier, cache, change):
    show(cache, "a")
    barrier.expect(KEY, Sent(gone=[(POD, "default/a", "u")]))
    assert not is_open(barrier)
    change(cache, "a")
    assert is_open(barrier)


def test_a_kind_that_nobody_caches_is_not_awaited(barrier):
    barrier.expect(KEY, Sent(expected=[("v1/Secret", "default/a", "u", 7)], gone=[("v1/Secret", "default/b", "u")]))
    assert is_open(barrier)


def test_a_creation_without_answer_that_happened_is_awaited(barrier, cache, server):
    server.objects["default/a"] = Entry(9)
    barrier.expect(KEY, Sent(unknown=[unknown("create", "a")]))
    assert not is_open(barrier)
    show(cache, "a", 9)
    assert is_open(barrier)
    assert server.asked == 1


def test_a_creation_without_answer_that_never_happened_is_decided_again(barrier, server):
    barrier.expect(KEY, Sent(unknown=[unknown("create", "a")]))
    assert is_open(barrier)
    assert server.asked == 1


@pytest.mark.parametrize("left", [None, Entry(9, deletionTimestamp="t")])
def test_a_deletion_without_answer_that_happened_is_awaited(barrier, cache, server, left):
    show(cache, "a", 3)
    if left is not None:
        server.objects["default/a"] = left
    barrier.expect(KEY, Sent(unknown=[unknown("delete", "a", "u")]))
    assert not is_open(barrier)
    hide(cache, "a")
    assert is_open(barrier)


def test_as_long_as_the_server_does_not_answer_nothing_is_decided(barrier, server):
    server.error = ServiceUnavailable("down")
    barrier.expect(KEY, Sent(unknown=[unknown("create", "a")]))
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            is_open(barrier)
    server.error = None
    assert is_open(barrier)
    assert server.asked == 3


def test_a_primary_that_is_gone_awaits_nothing(barrier):
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)], made={"r": (POD, "default/a", "u", "7")}))
    barrier.forget(KEY)
    assert is_open(barrier)
    assert barrier.halted(KEY) == {}


def test_who_was_told_of_an_older_state_is_told_of_the_next_one_too(barrier, cache):
    show(cache, "a", 5)
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)], gone=[(POD, "default/b", "u")]))
    show(cache, "b", 3)
    show(cache, "a", 6)
    assert barrier.shown(POD, "default/a", 6) == [KEY]
    assert not is_open(barrier)
    show(cache, "a", 7)
    assert barrier.shown(POD, "default/a", 7) == [KEY]


def test_what_came_and_went_unseen_is_not_awaited_once_the_kind_is_shown_up_to_there(barrier):
    barrier.expect(KEY, Sent(expected=[(POD, "default/a", "u", 7)]))
    assert barrier.busy
    assert barrier.reached(POD, 6) == [KEY]
    assert not is_open(barrier)
    assert barrier.reached("v1/Secret", 9) == []
    assert barrier.reached(POD, 9) == [KEY]
    assert not barrier.busy
    assert is_open(barrier)
