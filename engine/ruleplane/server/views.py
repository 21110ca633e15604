"""How objects look in an answer: themselves, their metadata alone, or rows of a table.

:mod:`ruleplane.server.reading` and ``writing`` call it with what a verb returned. Stored bytes are passed on as they
are wherever the client wants the object itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.errors import BadRequest
from ruleplane.model.kind import Kind
from ruleplane.server.respond import answer, partial, raw_list, raw_object
from ruleplane.server.table import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp.web import Response

    from ruleplane.api.verbs import Page
    from ruleplane.api.watching import Change
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Registry
    from ruleplane.server.app import Ask
    from ruleplane.store.base import Entry

Json = dict[str, Any]

_INCLUDED = ("Metadata", "Object", "None")


class Views:
    """Makes the bytes of answers."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        self._tables = Tables()
        self._generation = registry.generation

    def object(self, ask: Ask, kind: Kind, entry: Entry) -> bytes:
        """One object, in the form that was asked for."""
        view = ask.form.view
        if not view:
            return raw_object(entry, kind)
        if view == "Table":
            return self._table(ask, _kind_of(entry, kind), [entry], entry.value["metadata"].get("resourceVersion", ""))
        return orjson.dumps(partial(entry.value, ask.form))

    async def list(self, ask: Ask, kind: Kind, page: Page) -> Response:
        """A page of objects, in the form that was asked for."""
        form, metadata = ask.form, page.metadata()
        if form.view == "Table":
            raw = self._table(
                ask,
                kind,
                page.entries,
                metadata["resourceVersion"],
                continue_=page.continue_token,
                remaining=page.remaining,
            )
        elif form.view:
            items = [orjson.dumps(partial(entry.value, form)) for entry in page.entries]
            raw = raw_list("PartialObjectMetadataList", f"{form.group}/{form.version}", items, metadata)
        else:
            raw = raw_list(kind.list_kind, kind.api_version, _raws(page.entries, kind), metadata)
        return answer(raw, form, pretty=ask.pretty)

    def line(self, ask: Ask, kind: Kind) -> Callable[[Change], bytes]:
        """The function that makes a watch's lines."""
        form = ask.form
        if not form.view:
            return lambda change: b'{"type":"%b","object":%b}\n' % (change[0].encode(), raw_object(change[1], kind))
        if form.view == "Table":
            return self._table_line(ask, kind)
        return lambda change: _line(change[0], partial(change[1].value, form))

    def _table_line(self, ask: Ask, kind: Kind) -> Callable[[Change], bytes]:
        first = True

        def line(change: Change) -> bytes:
            nonlocal first
            type_, entry = change
            version = entry.value["metadata"]["resourceVersion"]
            raw = self._table(ask, kind, () if type_ == "BOOKMARK" else (entry,), version, definitions=first)
            first = False  # the columns are told once
            return b'{"type":"%b","object":%b}\n' % (type_.encode(), raw)

        return line

    def _table(self, ask: Ask, kind: Kind, entries: Iterable[Entry], resource_version: str, **more: Any) -> bytes:
        include = ask.query.text("includeObject") or "Metadata"
        if include not in _INCLUDED:
            raise BadRequest(f'unrecognized includeObject value: "{include}"')
        if self._generation != self._registry.generation:  # a custom kind's columns may be others now
            self._generation, self._tables = self._registry.generation, Tables()
        return self._tables.table(
            kind,
            entries,
            self._clock.now(),
            include_object=include,
            resource_version=resource_version,
            api_version=f"{ask.form.group}/{ask.form.version}",
            **more,
        )


def _kind_of(entry: Entry, kind: Kind) -> Kind:
    """The kind whose columns an answer has: a subresource may speak another kind than its object."""
    value = entry.value
    if value.get("kind") == kind.kind:
        return kind
    group, _, version = value["apiVersion"].rpartition("/")
    return Kind(group, version, value["kind"], "", kind.namespaced)


def _raws(entries: list[Entry], kind: Kind) -> list[bytes]:
    return [raw_object(entry, kind) for entry in entries]


def _line(type_: str, value: Json) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (type_.encode(), orjson.dumps(value))
