"""Stores what rules have to tell: notices become Events of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import ApiError, NotFound
from ruleplane.model.trace import EffectRecord, object_ref
from ruleplane.reconcile.eventlog import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.reconcile.effect import Notice
    from ruleplane.reconcile.send import Verbs

EVENT = "v1/Event"  # the one kind that `event` heads write


class Teller:
    """Writes Events; that one cannot be stored is never a reason to fail."""

    def __init__(self, route: Callable[[Kind], Verbs], registry: Registry) -> None:
        self._route, self._registry = route, registry
        self.log = EventLog()

    async def tell(self, notices: list[Notice], source: str, call: Call, now: int) -> list[EffectRecord]:
        """Store them; the records say what came of each."""
        kind = self._registry.get(EVENT)
        if kind is None:
            return []
        records = []
        for notice in notices:
            event, again = self.log.record(notice, source, now)
            stored = event if event is not None else again
            if stored is None:
                continue
            metadata = stored["metadata"]
            record = EffectRecord(notice.rule, "event", object_ref(kind.ref, metadata["namespace"], metadata["name"]))
            record.message = f"{notice.reason}: {notice.message}"
            records.append(record)
            try:
                entry = await self._store(kind, event, stored, call)
                record.revision, record.uid = entry.revision, entry.value["metadata"]["uid"]
            except ApiError as error:
                self.log.lost(notice, source)
                record.outcome, record.message = "error", f"{record.message} ({error.message})"
        return records

    async def _store(self, kind: Kind, event: dict[str, Any] | None, stored: dict[str, Any], call: Call) -> Any:
        metadata = stored["metadata"]
        verbs = self._route(kind)
        if event is not None:
            return await verbs.create(kind, metadata["namespace"], event, call)
        counted = {"count": stored["count"], "lastTimestamp": stored["lastTimestamp"]}
        try:
            return await verbs.patch(kind, metadata["namespace"], metadata["name"], counted, "fields", call)
        except NotFound:  # expired meanwhile
            return await verbs.create(kind, metadata["namespace"], stored, call)
