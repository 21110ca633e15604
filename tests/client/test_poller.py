"""What a poller tells of a kind that nobody may watch."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from ruleplane.client.poller import Poller
from ruleplane.errors import ServiceUnavailable
from ruleplane.model.kind import Kind

METRICS = Kind("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", False, verbs=("get", "list"), custom=True)


class Server:
    """Answers with what is to come, page by page; then the run is over."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []

    async def ask(self, method: str, path: str, *, query: dict[str, str], accept: str) -> dict[str, Any]:
        assert (method, path, accept) == ("GET", "/apis/metrics.k8s.io/v1beta1/nodes", "application/json")
        self.asked.append(dict(query))
        if not self.answers:
            raise asyncio.CancelledError
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Told:
    def __init__(self) -> None:
        self.changes: list[tuple[str, str, int]] = []
        self.lists: list[int] = []
        self.slept: list[float] = []

    def changed(self, kind: Kind, key: str, obj: dict[str, Any] | None, revision: int, event: str) -> None:
        assert (obj is None) == (event == "DELETED")
        assert obj is None or (obj["kind"], obj["apiVersion"]) == ("NodeMetrics", "metrics.k8s.io/v1beta1")
        self.changes.append((event, key, revision))

    def reached(self, kind: Kind, revision: int) -> None:
        self.lists.append(revision)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def usage(**cpu: str) -> dict[str, Any]:
    """A list as the metrics server gives it: neither kinds nor resourceVersions."""
    return {"metadata": {}, "items": [{"metadata": {"name": n}, "usage": {"cpu": c}} for n, c in cpu.items()]}


def polled(*answers: Any) -> tuple[Poller, Told, Server]:
    told, server = Told(), Server(*answers)
    poller = Poller(server, METRICS, told, 15.0, Random(0), sleep=told.sleep)  # type: ignore[arg-type]
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(poller.run())
    return poller, told, server


def test_each_list_tells_what_differs_from_the_last() -> None:
    poller, told, _ = polled(usage(a="1", b="2"), usage(a="1", b="3"), usage(b="3", c="1"))
    assert told.changes == [
        ("ADDED", "/a", 1),
        ("ADDED", "/b", 1),
        ("MODIFIED", "/b", 2),
        ("DELETED", "/a", 3),
        ("ADDED", "/c", 3),
    ]
    assert (told.lists, told.slept, len(poller), poller.synced) == ([1, 2, 3], [15.0, 15.0, 15.0], 2, True)


def test_what_was_told_stays_while_the_server_does_not_answer() -> None:
    poller, told, _ = polled(usage(a="1"), ServiceUnavailable("down"), ServiceUnavailable("down"), usage(a="1"))
    assert told.changes == [("ADDED", "/a", 1)]
    assert told.slept[0] == told.slept[-1] == 15.0
    assert 0.8 <= told.slept[1] <= 1.6 <= told.slept[2] <= 3.2
    assert (poller.trouble, poller.failures) == ("", 0)


def test_never_answered_it_is_not_synced_and_says_why() -> None:
    poller, _, _ = polled(*[ServiceUnavailable("the metrics server is down")] * 5)
    assert (poller.synced, poller.failures, poller.trouble) == (False, 5, "the metrics server is down")


def test_a_list_in_pages_is_one_list() -> None:
    first = {**usage(a="1"), "metadata": {"continue": "more"}}
    _, told, server = polled(first, usage(b="1"))
    assert told.changes == [("ADDED", "/a", 1), ("ADDED", "/b", 1)]
    assert server.asked[1]["continue"] == "more"
