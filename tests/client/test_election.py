"""One of several runs writes: the lease, on virtual time, over the verbs in process."""

from __future__ import annotations

import pytest

from ruleplane.client.election import LEASE, Election, Terms
from ruleplane.clock import SECOND, VirtualClock
from ruleplane.errors import ServiceUnavailable
from support.api import Server
from support.drive import drive


class Shaky:
    """Verbs that can be cut off, before or after the server has acted."""

    def __init__(self, api):
        self.api, self.down, self.deaf = api, False, False

    async def _call(self, call):
        if self.down:
            call.close()
            raise ServiceUnavailable("no route to host")
        answer = await call
        if self.deaf:
            raise ServiceUnavailable("connection reset")
        return answer

    async def get(self, *args):
        return await self._call(self.api.get(*args))

    async def create(self, *args):
        return await self._call(self.api.create(*args))

    async def patch(self, *args):
        return await self._call(self.api.patch(*args))


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def clock():
    return VirtualClock()


def candidate(server, clock, name):
    verbs = Shaky(server.api)
    made = Election(verbs, server.kind(LEASE), "default", "ruleplane-x", name, clock)
    return made, verbs


def attempt(election):
    return drive(election.attempt())


def lease(server):
    return server.get(LEASE, "ruleplane-x")["spec"]


def test_the_first_candidate_makes_the_lease_and_leads(server, clock):
    first, _ = candidate(server, clock, "first")
    assert not first.leading
    assert attempt(first)
    assert lease(server) == {
        "holderIdentity": "first",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-01T00:00:00.000000Z",
        "renewTime": "2026-01-01T00:00:00.000000Z",
        "leaseTransitions": 0,
    }


def test_a_lease_that_is_renewed_is_left_alone(server, clock):
    first, _ = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    for _ in range(20):
        assert attempt(first)
        assert not attempt(second)
        assert second.holder == "first"
        clock.advance(2 * SECOND)
    assert lease(server)["acquireTime"] == "2026-01-01T00:00:00.000000Z"


def test_a_lease_whose_holder_died_is_taken_after_its_duration_and_not_before(server, clock):
    first, _ = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    assert attempt(first)
    clock.advance(7 * SECOND)
    assert not attempt(second)  # sees the lease for the first time: its duration counts from here
    clock.advance(15 * SECOND - 1)
    assert not attempt(second)
    clock.advance(1)
    assert attempt(second)
    assert (lease(server)["holderIdentity"], lease(server)["leaseTransitions"]) == ("second", 1)


def test_a_clock_that_goes_wrong_on_another_machine_decides_nothing(server, clock):
    behind = VirtualClock("2020-01-01T00:00:00Z")
    first, _ = candidate(server, behind, "first")
    second, _ = candidate(server, clock, "second")
    for _ in range(20):
        assert attempt(first)
        assert not attempt(second)  # although the lease says that it was renewed six years ago
        behind.advance(2 * SECOND)
        clock.advance(2 * SECOND)


def test_who_cannot_renew_stops_leading_before_another_may_begin(server, clock):
    first, verbs = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    assert attempt(first)
    assert not attempt(second)
    verbs.down = True
    clock.advance(10 * SECOND - 1)
    assert attempt(first)
    assert first.trouble == "no route to host"
    clock.advance(1)
    assert not first.leading
    with pytest.raises(ServiceUnavailable, match="default/ruleplane-x is not ours"):
        first.check()
    assert not attempt(second)
    clock.advance(5 * SECOND)
    assert attempt(second)


def test_a_process_that_was_suspended_finds_that_it_does_not_lead(server, clock):
    first, _ = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    assert attempt(first)
    attempt(second)
    clock.advance(3600 * SECOND)
    assert not first.leading  # without having asked anybody
    assert attempt(second)
    assert not attempt(first)


def test_a_renewal_without_answer_counts_from_the_last_that_was_answered(server, clock):
    first, verbs = candidate(server, clock, "first")
    assert attempt(first)
    verbs.deaf = True
    clock.advance(6 * SECOND)
    attempt(first)
    clock.advance(4 * SECOND)
    assert not first.leading


def test_a_lease_given_up_is_taken_at_once(server, clock):
    first, _ = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    assert attempt(first)
    assert not attempt(second)
    drive(first.release())
    assert not first.leading
    assert attempt(second)


def test_giving_up_what_another_holds_changes_nothing(server, clock):
    first, _ = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    attempt(first)
    attempt(second)
    clock.advance(15 * SECOND)
    assert attempt(second)
    drive(first.release())
    assert lease(server)["holderIdentity"] == "second"


def test_of_two_that_take_a_free_lease_at_once_one_leads(server, clock):
    first, verbs = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    other, _ = candidate(server, clock, "other")
    attempt(other)
    attempt(first), attempt(second)
    clock.advance(15 * SECOND)

    async def late(*args):  # between reading and writing the other one is quicker
        entry = await server.api.get(*args)
        assert await second.attempt()
        return entry

    verbs.get = late
    assert not attempt(first)
    assert second.leading
    assert lease(server)["holderIdentity"] == "second"


@pytest.mark.parametrize("terms", [(10, 10, 2), (15, 2, 2), (15, 10, 0)])
def test_terms_that_let_two_lead_are_refused(terms):
    with pytest.raises(ValueError, match="must be longer"):
        Terms(*terms)


def test_who_no_longer_leads_says_why(server, clock):
    first, verbs = candidate(server, clock, "first")
    second, _ = candidate(server, clock, "second")
    assert attempt(first)
    clock.advance(11 * SECOND)  # no request has been answered meanwhile, and none has failed
    assert not first.leading
    assert first.reason == "it could not be renewed within 10 s"
    attempt(second)
    clock.advance(16 * SECOND)
    assert attempt(second)
    attempt(first)
    assert first.reason == "second holds it now"
    verbs.down = True
    attempt(first)
    assert first.reason == "no route to host"
