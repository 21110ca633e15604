"""Claims about Kubernetes Events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.specs.claims import claim
from ruleplane.specs.selection import Mismatch, Selection

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


def _events(cluster: VirtualCluster, obj: dict[str, Any], reason: str) -> list[dict[str, Any]]:
    uid = obj["metadata"]["uid"]
    return [
        event
        for event in cluster.list("events")
        if event["involvedObject"].get("uid") == uid and (not reason or event["reason"] == reason)
    ]


@claim('an Event {word} on {objects}(?: says "{text}"| contains "{part:text}")?')
def told(cluster: VirtualCluster, word: str, objects: Selection, text: str | None, part: str | None) -> None:
    """Each of them has such an Event."""
    for obj in objects.some(cluster):
        messages = [event["message"] for event in _events(cluster, obj, word)]
        right = [m for m in messages if (text is None or m == text) and (part is None or part in m)]
        if not right:
            every = [f"{event['reason']}: {event['message']}" for event in _events(cluster, obj, "")]
            raise Mismatch(f"its Events are: {'; '.join(every) or 'none'}", [obj])


@claim("there is no Event {word} on {objects}")
def not_told(cluster: VirtualCluster, word: str, objects: Selection) -> None:
    """None of them has such an Event."""
    for obj in objects.some(cluster):
        found = _events(cluster, obj, word)
        if found:
            raise Mismatch(f"there is: {found[0]['message']}", [obj])


@claim("Event {word} was told {number} times? on {objects}")
def counted(cluster: VirtualCluster, word: str, number: str, objects: Selection) -> None:
    """The sum of their counts."""
    for obj in objects.some(cluster):
        have = sum(event.get("count", 1) for event in _events(cluster, obj, word))
        if have != int(number):
            raise Mismatch(f"it was told {have} times", [obj])
