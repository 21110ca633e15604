"""Follow objects: a cursor that yields what happened to the objects that a query means.

Flow: (the present state as ``ADDED``, if the client asked for it) -> every later change, in order and exactly once; an
object that starts matching is ``ADDED``, one that stops is ``DELETED``. A ``BOOKMARK`` says up to which revision
everything was told. The HTTP edge streams ``take()`` and turns Expired into an ``ERROR`` event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.api.conversion import seen_as
from ruleplane.api.listing import EVERYTHING, Query, check_query, parse_version, select, too_large
from ruleplane.errors import Compacted, Expired, FutureRevision
from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.context import Context
    from ruleplane.api.selectors import Selection
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json, Watch, WatchEvent

Change: TypeAlias = tuple[str, Entry]

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


async def watch(
    ctx: Context, kind: Kind, namespace: str, query: Query = EVERYTHING, notify: Callable[[], None] | None = None
) -> Watching:
    """A cursor over the objects of a kind, in one namespace or ("") in all; ``notify`` is called from within writes.

    Raises:
        BadRequest: a selector that cannot be understood.
        Invalid: parameters that contradict each other.
        Expired: the revision asked for is compacted; Timeout: it has not been written yet.
    """
    selection = select(ctx, kind, query)
    check_query(query, watch=True)
    since = parse_version(query.resource_version)
    prefix = kind.prefix(namespace or selection.namespace)
    if selection.name and (namespace or selection.namespace or not kind.namespaced):
        prefix = kind.key(namespace or selection.namespace, selection.name)
    initial: list[Change] = []
    with_state = query.send_initial_events if query.send_initial_events is not None else since == 0
    if with_state:
        if since > ctx.store.revision:
            raise too_large(FutureRevision(since, ctx.store.revision))
        found = await ctx.store.list(prefix)
        since = found.revision
        initial = [("ADDED", seen_as(kind, entry)) for entry in found.entries if selection.test(entry.value)]
    elif since == 0:
        since = ctx.store.revision
    try:
        cursor = ctx.store.watch(prefix, since, notify or _nobody)
    except Compacted as error:
        raise _too_old(error) from None
    except FutureRevision as error:
        raise too_large(error) from None
    if with_state and query.send_initial_events and query.allow_bookmarks:
        initial.append(bookmark(kind, since, initial_events_end=True))
    return Watching(kind, cursor, selection, initial)


class Watching:
    """A watch in progress."""

    __slots__ = ("_cursor", "_everything", "_initial", "_selection", "kind")

    def __init__(self, kind: Kind, cursor: Watch, selection: Selection, initial: list[Change]) -> None:
        self.kind = kind
        self._cursor = cursor
        self._selection = selection
        self._everything = selection.everything
        self._initial = initial

    def take(self, limit: int = 0) -> list[Change]:
        """What happened since the last take: ``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``, each with its entry
        (of a deleted object the last state, at the revision of the deletion). At most ``limit`` events are read if
        positive; the initial ones always come at once.

        Raises:
            Expired: the reader fell behind compaction and must list again.
        """
        initial = self._initial
        if initial:
            self._initial = []
            return initial
        try:
            events = self._cursor.take(limit)
        except Compacted as error:
            raise _too_old(error) from None
        if self._everything:
            changes: list[Change] = [(event.type, event.entry or deleted(event)) for event in events]
            return [(type_, seen_as(self.kind, entry)) for type_, entry in changes] if self.kind.custom else changes
        out: list[Change] = []
        for event in events:
            change = self._change(event)
            if change is not None:
                out.append((change[0], seen_as(self.kind, change[1])))
        return out

    def _change(self, event: WatchEvent) -> Change | None:
        """What this event is to someone who sees only what matches."""
        entry, previous, test = event.entry, event.previous, self._selection.test
        before = previous is not None and test(previous.value)
        if entry is not None and test(entry.value):
            return ("MODIFIED" if before else "ADDED"), entry
        return ("DELETED", deleted(event)) if before else None

    @property
    def revision(self) -> int:
        """Up to where everything has been told."""
        return self._cursor.revision

    def bookmark(self) -> Change:
        """Says up to where everything has been told."""
        return bookmark(self.kind, self._cursor.revision)

    def close(self) -> None:
        """Stop. Idempotent."""
        self._cursor.close()


def bookmark(kind: Kind, revision: int, *, initial_events_end: bool = False) -> Change:
    """A ``BOOKMARK`` at a revision."""
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if initial_events_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    value: Json = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return "BOOKMARK", Entry("", value, revision, revision, 1)


def deleted(event: WatchEvent) -> Entry:
    """The object as it was last, at the revision at which it went (or stopped matching)."""
    previous = event.previous
    assert previous is not None  # nothing goes that was not there
    metadata = {**previous.value["metadata"], "resourceVersion": str(event.revision)}
    return Entry(
        event.key, {**previous.value, "metadata": metadata}, event.revision, previous.created, previous.version
    )


def _too_old(error: Compacted) -> Expired:
    return Expired(f"too old resource version: {error.revision} ({error.compacted})")


def _nobody() -> None:
    """Whom to tell when the caller polls."""
