"""Records Kubernetes Events: alike ones are counted, similar ones combined, and a chatty source about one object is
cut short.

The three steps and their numbers are those of client-go's event correlator: a source may record 25 Events about one
object at
once and one more every 5 minutes; from the eleventh message of one reason within 10 minutes they are combined; equal
ones raise `count`.
https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND, rfc3339

if TYPE_CHECKING:
    from ruleplane.reconcile.effect import Notice

BURST = 25
REFILL = 300 * SECOND
SIMILAR = 10
WINDOW = 600 * SECOND
REMEMBERED = 4096  # sources and texts: as many as client-go's caches


class EventLog:
    """Turns notices into Event objects to create, or counts to raise."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], tuple[float, int]] = {}
        self._similar: dict[tuple[str, ...], tuple[set[str], int]] = {}
        self._known: dict[tuple[str, ...], dict[str, Any]] = {}
        self._serial = 0

    def admit(self, component: str, uid: str, now: int) -> bool:
        """Whether the source may record one more Event about the object."""
        tokens, at = self._tokens.pop((component, uid), (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - at) / REFILL)
        allowed = tokens >= 1
        self._tokens[component, uid] = (tokens - 1 if allowed else tokens, now)
        _trim(self._tokens)
        return allowed

    def record(self, notice: Notice, component: str, now: int) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """(Event to create, None), or (None, Event whose count to raise), or (None, None) where it is held back."""
        about, metadata = notice.about, notice.about["metadata"]
        uid = metadata.get("uid", "")
        if not self.admit(component, uid, now):
            return None, None
        message = self._combined(notice, component, uid, now)
        key = (component, uid, notice.type, notice.reason, message)
        known = self._known.pop(key, None)
        if known is not None:
            known = {**known, "count": known["count"] + 1, "lastTimestamp": rfc3339(now)}
            self._known[key] = known
            return None, known
        self._serial += 1
        host, time = notice.host, rfc3339(now)
        reference = {"kind": about["kind"], "apiVersion": about["apiVersion"], "name": metadata["name"]}
        for name in ("namespace", "uid", "resourceVersion"):
            if metadata.get(name):
                reference[name] = metadata[name]
        event: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{metadata['name']}.{now + self._serial:x}",
                "namespace": metadata.get("namespace") or "default",
            },
            "involvedObject": reference,
            "reason": notice.reason,
            "message": message,
            "source": {"component": component, **({"host": host} if host else {})},
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
            "type": notice.type,
            "reportingComponent": component,
            "reportingInstance": host,
        }
        self._known[key] = event
        _trim(self._known)
        return event, None

    def lost(self, notice: Notice, component: str) -> None:
        """The Event could not be stored, or is gone: the next like it is created anew."""
        uid = notice.about["metadata"].get("uid", "")
        for key in [key for key in self._known if key[:4] == (component, uid, notice.type, notice.reason)]:
            del self._known[key]

    def _combined(self, notice: Notice, component: str, uid: str, now: int) -> str:
        key = (component, uid, notice.type, notice.reason)
        messages, since = self._similar.pop(key, (set(), now))
        if now - since > WINDOW:
            messages, since = set(), now
        messages.add(notice.message)
        self._similar[key] = (messages, since)
        _trim(self._similar)
        if len(messages) <= SIMILAR:
            return notice.message
        messages.pop()  # any: only their number counts, and it must not grow for ever
        return f"(combined from similar events): {notice.message}"


def _trim(table: dict[Any, Any]) -> None:
    if len(table) > REMEMBERED:
        del table[next(iter(table))]
