"""Clients' writes, as records: a listener on the API's writes.

``api.observers.append(RequestListener(...))``. A write that a firing made is left to the loop, which records it with
its rule; only what a subresource call changed, which the loop cannot know, is handed to the recorder. The API is not
imported (it stands on the same floor): what a write looks like is said here as a protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.model.trace import RequestRecord, object_ref
from ruleplane.trace.paths import changed_paths

if TYPE_CHECKING:
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas
    from ruleplane.store.base import Entry
    from ruleplane.trace.recorder import Recorder


class _User(Protocol):
    @property
    def name(self) -> str: ...


class _Call(Protocol):
    @property
    def actor(self) -> str: ...
    @property
    def user(self) -> _User: ...
    @property
    def firing(self) -> int: ...


class Write(Protocol):
    """One write that happened: ``api.call.Written``."""

    @property
    def call(self) -> _Call:
        """Who asked."""

    @property
    def verb(self) -> str:
        """``create``, ``update``, ``patch``, ``apply``, ``delete`` or ``post``."""

    @property
    def kind(self) -> Kind:
        """Of the object."""

    @property
    def entry(self) -> Entry | None:
        """What is there now."""

    @property
    def previous(self) -> Entry | None:
        """What was there before."""

    @property
    def revision(self) -> int:
        """The store's revision of the write."""

    @property
    def subresource(self) -> str:
        """``""`` for the object itself."""


class RequestListener:
    """Called after every write."""

    def __init__(self, recorder: Recorder, schemas: Schemas, clock: Clock) -> None:
        self._recorder, self._schemas, self._clock = recorder, schemas, clock

    def __call__(self, write: Write) -> None:
        """Record the write, unless a firing made it."""
        call = write.call
        if call.firing and write.verb != "post":
            return
        entry = write.entry or write.previous
        if entry is None:
            return
        metadata = entry.value["metadata"]
        ref = object_ref(write.kind.ref, metadata.get("namespace", ""), metadata["name"])
        if call.firing:
            self._recorder.posted(call.firing, ref, self.paths(write))
            return
        self._recorder.request(
            RequestRecord(
                self._recorder.next_id(),
                self._clock.now(),
                call.user.name,
                call.actor,
                write.verb,
                ref,
                metadata.get("uid", ""),
                write.subresource,
                write.revision,
                self.paths(write),
            )
        )

    def paths(self, write: Write) -> tuple[str, ...]:
        """The fields that a write changed; none for a creation or deletion, which are about all."""
        if write.entry is None or write.previous is None:
            return ()
        before: dict[str, Any] = write.previous.value
        return changed_paths(before, write.entry.value, self._schemas.node(write.kind))
