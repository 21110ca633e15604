"""One object in several versions of its kind: only what it says of its version differs (conversion strategy ``None``).

An object is kept in the version in which its kind is stored (``Kind.stored``); one that was written before that was
changed is still kept in another. So every reader of custom kinds goes through :func:`seen_as`, every writer through
:func:`to_store`. Built-in kinds have one version, and pass untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json


def seen_as(kind: Kind, entry: Entry) -> Entry:
    """The entry as an object of this version; itself where it is one."""
    if not kind.custom or entry.value.get("apiVersion") == kind.api_version:
        return entry
    value = {**entry.value, "apiVersion": kind.api_version}
    return Entry(entry.key, value, entry.revision, entry.created, entry.version)


def all_seen_as(kind: Kind, entries: list[Entry]) -> list[Entry]:
    """See :func:`seen_as`."""
    return [seen_as(kind, entry) for entry in entries] if kind.custom else entries


def to_store(kind: Kind, value: Json) -> Json:
    """The object as it is kept."""
    return {**value, "apiVersion": kind.stored} if kind.stored else value
