"""Tables: what ``kubectl get`` receives instead of objects. One row an object, cells made by the kind's columns.

Flow: the edge has entries of a kind (a list's page, one object, one watch event) -> :meth:`Tables.table` -> bytes. In a
watch only the first table carries the definitions of the columns.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ruleplane.server.columns import Columns, Sheet, custom_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry

Json: TypeAlias = dict[str, Any]


@cache
def _columns() -> Columns:
    """The installation's file, read and compiled once a process."""
    return Columns()


class _Now:
    """The scope of one table's cells."""

    __slots__ = ("now",)

    def __init__(self, now: int) -> None:
        self.now = now


class Tables:
    """Makes tables of any kind. The file of columns is read when the first table is asked for."""

    def __init__(self, columns: Columns | None = None) -> None:
        self._columns = columns
        self._sheets: dict[str, Sheet] = {}

    def table(
        self,
        kind: Kind,
        entries: Iterable[Entry],
        now: int,
        *,
        include_object: str = "Metadata",
        resource_version: str = "",
        continue_: str = "",
        remaining: int | None = None,
        definitions: bool = True,
        api_version: str = "meta.k8s.io/v1",
    ) -> bytes:
        """A ``Table`` as JSON. ``now`` (nanoseconds): what ages are counted to. ``include_object``: ``Metadata``,
        ``Object`` or ``None``. ``remaining``: how many objects follow this page (None: not told)."""
        sheet = self._sheet(kind)
        scope = _Now(now)
        cells = sheet.cells
        rows: list[Json]
        if include_object == "Object":
            rows = [{"cells": cells(scope, one.value), "object": orjson.Fragment(one.raw)} for one in entries]
        elif include_object == "None":
            rows = [{"cells": cells(scope, one.value)} for one in entries]
        else:
            rows = [
                {
                    "cells": cells(scope, one.value),
                    "object": {
                        "kind": "PartialObjectMetadata",
                        "apiVersion": api_version,
                        "metadata": one.value["metadata"],
                    },
                }
                for one in entries
            ]
        metadata: Json = {"resourceVersion": resource_version}
        if continue_:
            metadata["continue"] = continue_
        if remaining:
            metadata["remainingItemCount"] = remaining
        return orjson.dumps(
            {
                "kind": "Table",
                "apiVersion": api_version,
                "metadata": metadata,
                "columnDefinitions": sheet.definitions if definitions else [],
                "rows": rows,
            }
        )

    def forget(self, kind: Kind) -> None:
        """The columns of a (custom) kind have changed."""
        self._sheets.pop(kind.ref, None)

    def _sheet(self, kind: Kind) -> Sheet:
        sheet = self._sheets.get(kind.ref)
        if sheet is None:
            columns = self._columns or _columns()
            found = None if kind.columns else columns.sheet(kind.ref)
            sheet = self._sheets[kind.ref] = found or custom_sheet(kind)
        return sheet
