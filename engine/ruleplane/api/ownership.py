"""Who owns which field: ``metadata.managedFields``, kept as Kubernetes keeps it.

Every writer is an entry (manager, operation, version, subresource) with the set of fields that it wrote last. A write
by *update* takes what it touches from everyone else; what is gone is nobody's. Server-side apply is in ``apply.py``.

Sets are shared: ten thousand look-alike objects that one writer made in one second hold one and the same list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ruleplane.api.field_set import FieldSet, difference, union, without
from ruleplane.api.fields_of import applied_fields, changed_fields, created_fields, shape

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode

ManagedFields = list[dict[str, Any]]

MOST_UPDATERS = 10
ANCIENT = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"
_STATUS = frozenset(("status",))
_NOTHING: frozenset[str] = frozenset()


class Writer(NamedTuple):
    """Who writes: the identity of an entry of ``managedFields``. An applier's version is not part of it."""

    manager: str
    operation: str  # "Apply" or "Update"
    api_version: str
    subresource: str = ""

    def owns(self, entry: dict[str, Any]) -> bool:
        """Whether the entry is this writer's."""
        return (
            entry.get("manager") == self.manager
            and entry.get("operation") == self.operation
            and entry.get("subresource", "") == self.subresource
            and (self.operation == "Apply" or entry.get("apiVersion") == self.api_version)
        )

    def entry(self, time: str, fields: FieldSet) -> dict[str, Any]:
        """The entry as stored."""
        out: dict[str, Any] = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        if self.subresource:
            out["subresource"] = self.subresource
        return out


class Ownership:
    """Computes ``managedFields``; one per API, since it remembers what creators own by the shape of what they made."""

    def __init__(self) -> None:
        self._shapes: dict[Any, FieldSet] = {}
        self._created: dict[Any, tuple[str, ManagedFields]] = {}

    def created(
        self, kind: Kind, node: SchemaNode | None, value: dict[str, Any], writer: Writer, time: str, *, status: bool
    ) -> ManagedFields:
        """The entries of a new object. ``status``: its status is a subresource, hence not written by its creator."""
        key = (kind.ref, writer, shape(node, value))
        cached = self._created.get(key)
        if cached is not None and cached[0] == time:
            return cached[1]
        fields = self._shapes.get(key)
        if fields is None:
            if len(self._shapes) > 20_000:
                self._shapes.clear()
                self._created.clear()
            fields = self._shapes[key] = created_fields(node, value, _STATUS if status else _NOTHING)
        entries = [writer.entry(time, fields)] if fields else []
        self._created[key] = (time, entries)
        return entries

    def applied(
        self, node: SchemaNode | None, config: dict[str, Any], manager: str, kind: Kind, time: str, *, status: bool
    ) -> ManagedFields:
        """The entries of a new object that was applied: its applier owns what the configuration states."""
        fields = applied_fields(node, config)
        fields = without(fields, ("f:status",)) if status else fields
        return [Writer(manager, "Apply", kind.api_version).entry(time, fields)] if fields else []

    def updated(
        self, node: SchemaNode | None, old: dict[str, Any], new: dict[str, Any], writer: Writer, time: str
    ) -> ManagedFields:
        """The entries after an update of ``old`` to ``new`` (whose own ``managedFields`` are the ones to start from; an
        object that is not tracked stays so until it is applied)."""
        entries: ManagedFields = new["metadata"].get("managedFields") or []
        if not entries:
            return entries
        touched, removed = changed_fields(node, old, new)
        if not touched and not removed:
            return entries
        return self.taken(entries, touched, removed, writer, time)

    def taken(
        self, entries: ManagedFields, touched: FieldSet, removed: FieldSet, writer: Writer, time: str
    ) -> ManagedFields:
        """The entries after ``writer`` wrote the fields ``touched`` while those ``removed`` ceased to be."""
        out: ManagedFields = []
        own: dict[str, Any] | None = None
        for entry in entries:
            if own is None and writer.owns(entry):
                own = entry
                continue
            before = entry.get("fieldsV1") or {}
            after = difference(difference(before, touched), removed)
            if after:
                out.append(entry if after is before else {**entry, "fieldsV1": after})
        before = own["fieldsV1"] if own is not None else {}
        mine = difference(union(before, touched), removed)
        if mine:
            # only a write that touches something renews the time
            out.append({**own, "fieldsV1": mine} if own is not None and not touched else writer.entry(time, mine))
        return ordered(self._capped(out))

    def _capped(self, entries: ManagedFields) -> ManagedFields:
        """At most ten updaters: the oldest beyond that are merged into one."""
        updaters = [entry for entry in entries if entry["operation"] == "Update" and not entry.get("subresource")]
        if len(updaters) <= MOST_UPDATERS:
            return entries
        updaters.sort(key=lambda entry: str(entry.get("time", "")))
        merged: dict[str, dict[str, Any]] = {}
        gone = updaters[: len(updaters) - MOST_UPDATERS + 1]
        for entry in gone:
            version = entry["apiVersion"]
            before = merged.get(version)
            fields = union(before["fieldsV1"], entry["fieldsV1"]) if before else entry["fieldsV1"]
            merged[version] = Writer(ANCIENT, "Update", version).entry(entry.get("time", ""), fields)
        kept = [entry for entry in entries if not any(entry is other for other in gone)]
        return kept + list(merged.values())


def ordered(entries: ManagedFields) -> ManagedFields:
    """The entries in Kubernetes' order: appliers, then updaters, each by time and name."""
    if len(entries) > 1:
        entries.sort(key=_rank)
    return entries


def _rank(entry: dict[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        entry.get("operation", ""),
        entry.get("time") or "",
        entry.get("manager", ""),
        entry.get("apiVersion", ""),
        entry.get("subresource", ""),
    )


def is_reset(entries: Any) -> bool:
    """Whether a request asks to forget all ownership: ``managedFields: [{}]``."""
    return isinstance(entries, list) and len(entries) == 1 and entries[0] == {}


class Untracked(Ownership):
    """For a store with one writer per field by construction (a node's own): who owns what is not recorded."""

    def created(
        self, kind: Kind, node: SchemaNode | None, value: dict[str, Any], writer: Writer, time: str, *, status: bool
    ) -> ManagedFields:
        """No entries; an object without entries gets none by updates either."""
        return []
