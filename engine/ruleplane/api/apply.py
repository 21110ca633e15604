"""Server-side apply: an applier states the fields that it wants; what it stated before and no longer states goes.

Flow: merge the configuration into the object -> remove what the applier gave up and nobody else owns -> the other
managers whose fields now differ are conflicts (or, by force, lose them) -> the applier owns exactly what it stated.

Guarantees: a field that has the stated value already is shared, not a conflict; an apply that changes neither fields
nor owners returns the object itself. Sets and comparison are in ``fields_of.py`` and ``field_set.py``.
https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.field_set import MEMBER, SELF, difference, intersection, only, path_text, paths, union, without
from ruleplane.api.fields_of import applied_fields, changed_fields, element_name, is_atomic_map
from ruleplane.api.merge import child, same
from ruleplane.api.ownership import BEFORE_FIRST_APPLY, Writer, ordered
from ruleplane.errors import Conflict

if TYPE_CHECKING:
    from ruleplane.api.field_set import FieldSet
    from ruleplane.api.ownership import ManagedFields
    from ruleplane.api.strategies import Strategy
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode
    from ruleplane.store.base import Json


def apply(
    kind: Kind,
    node: SchemaNode | None,
    strategy: Strategy,
    live: Json,
    config: Json,
    manager: str,
    subresource: str,
    time: str,
    *,
    force: bool,
) -> tuple[Json, ManagedFields | None]:
    """The object after ``manager`` applied ``config`` to ``live``, and its managedFields (None: no owner changed).

    Raises:
        Conflict: fields would change that other managers own, and ``force`` is off.
        BadRequest: an element of a keyed list lacks its key.
    """
    writer = Writer(manager, "Apply", kind.api_version, subresource)
    entries = _tracked(kind, node, live, time)
    own = next((entry for entry in entries if writer.owns(entry)), None)
    others = [entry for entry in entries if entry is not own]
    stated = _relevant(applied_fields(node, config), strategy, subresource)
    last: FieldSet = own["fieldsV1"] if own is not None else {}

    owned: FieldSet = stated
    for entry in others:
        owned = union(owned, entry.get("fieldsV1") or {})
    wanted = _wanted(live, config, strategy, subresource)
    new = merge_applied(node, live, wanted)
    given_up = difference(last, owned)
    if given_up:
        new = remove_fields(node, new, given_up, owned) or {}

    touched, removed = changed_fields(node, live, new)
    kept: ManagedFields = []
    conflicts: list[tuple[dict[str, Any], FieldSet]] = []
    for entry in others:
        fields = entry.get("fieldsV1") or {}
        lost = intersection(fields, touched)
        if lost:
            conflicts.append((entry, lost))
        rest = difference(difference(fields, lost), removed)
        if rest:
            kept.append(entry if rest is fields else {**entry, "fieldsV1": rest})
    if conflicts and not force:
        raise _conflict(conflicts)
    object_same = not touched and not removed and same(new, live)
    if own is not None and last == stated and own.get("apiVersion") == kind.api_version:
        if object_same and len(kept) == len(others):
            return live, None
        entry = own if object_same else writer.entry(time, stated)
    else:
        entry = writer.entry(time, stated)
    return (live if object_same else new), ordered([entry, *kept] if stated else kept)


def _tracked(kind: Kind, node: SchemaNode | None, live: Json, time: str) -> ManagedFields:
    """The object's entries; one that was never tracked is owned by whoever came before."""
    entries: ManagedFields | None = live["metadata"].get("managedFields")
    if entries:
        return entries
    fields = applied_fields(node, live)
    return [Writer(BEFORE_FIRST_APPLY, "Update", kind.api_version).entry(time, fields)]


def _relevant(stated: FieldSet, strategy: Strategy, subresource: str) -> FieldSet:
    """What of the stated fields this request can write at all."""
    if not subresource:
        return without(stated, ("f:status",)) if strategy.status else stated
    if subresource == "status":
        return only(stated, ("f:status",))
    fields: FieldSet = {}
    for path in strategy.parts[subresource]:
        fields = union(fields, only(stated, tuple(f"f:{name}" for name in path)))
    return fields


def _wanted(live: Json, config: Json, strategy: Strategy, subresource: str) -> Json:
    """The configuration's fields that this request can write."""
    out = {name: value for name, value in config.items() if name not in ("apiVersion", "kind", "metadata")}
    metadata = dict(config.get("metadata") or {})
    for name in ("name", "namespace", "uid", "resourceVersion", "managedFields", "creationTimestamp", "generation"):
        metadata.pop(name, None)
    if not subresource:
        if strategy.status:
            out.pop("status", None)
        return {**out, "metadata": metadata} if metadata else out
    heads = {"status"} if subresource == "status" else {path[0] for path in strategy.parts[subresource]}
    return {name: value for name, value in out.items() if name in heads}


# --- merging what is applied ----------------------------------------------------------------------------------------


def merge_applied(node: SchemaNode | None, live: Any, config: Any) -> Any:
    """``live`` with the stated values: maps merge, keyed lists by key, sets by value, everything else is replaced."""
    kind = config.__class__
    if kind is dict and live.__class__ is dict and not is_atomic_map(node):
        out: Json | None = None
        for name, want in config.items():
            have = live.get(name)
            value = merge_applied(child(node, name), have, want)
            if value is not have:
                out = dict(live) if out is None else out
                if value is None:
                    out.pop(name, None)
                else:
                    out[name] = value
        return live if out is None else out
    if kind is list and live.__class__ is list and node is not None and node.list_type in ("map", "set"):
        return _merge_list(node, live, config)
    return live if same(live, config) else config


def _merge_list(node: SchemaNode, live: list[Any], config: list[Any]) -> list[Any]:
    """In the order stated; elements that are not stated stay behind the one that they followed."""
    stated = {element_name(node, item): item for item in config}
    have = {element_name(node, item): item for item in live}
    element = node.items
    out: list[Any] = []
    placed: set[str] = set()
    rest = iter(stated)

    def place(name: str) -> None:
        placed.add(name)
        item = stated[name]
        out.append(merge_applied(element, have[name], item) if name in have else item)

    for name, item in have.items():
        if name not in stated:
            out.append(item)
        elif name not in placed:
            for following in rest:
                place(following)
                if following == name:
                    break
    for name in rest:
        place(name)
    return live if len(out) == len(live) and all(map(_is, out, live)) else out


def _is(left: Any, right: Any) -> bool:
    return left is right


def remove_fields(node: SchemaNode | None, value: Json, gone: FieldSet, kept: FieldSet) -> Json | None:
    """``value`` without the fields ``gone``, save what is in or under ``kept``; None if nothing is left."""
    out: Json | None = None
    for element, fields in gone.items():
        if element == SELF:
            continue
        name = element[2:]
        have = value.get(name) if element.startswith("f:") else None
        if have is None:
            continue
        sub = child(node, name)
        theirs = kept.get(element)
        rest: Any = have
        if (not fields or SELF in fields) and theirs is None:
            rest = None
        elif fields and have.__class__ is dict:
            rest = remove_fields(sub, have, fields, theirs or MEMBER)
        elif fields and have.__class__ is list and sub is not None:
            rest = _remove_elements(sub, have, fields, theirs or MEMBER)
        if rest is not have:
            out = dict(value) if out is None else out
            if rest is None:
                del out[name]
            else:
                out[name] = rest
    return value if out is None else out or None


def _remove_elements(node: SchemaNode, items: list[Any], gone: FieldSet, kept: FieldSet) -> list[Any] | None:
    if node.list_type not in ("map", "set"):
        return items
    out: list[Any] = []
    for item in items:
        name = element_name(node, item)
        fields, theirs = gone.get(name), kept.get(name)
        if fields is None:
            out.append(item)
        elif (fields and SELF not in fields) or theirs is not None:
            if item.__class__ is dict and fields:
                keys = {f"f:{key}" for key in node.list_keys}
                inner = {element: under for element, under in fields.items() if element not in keys}
                item = remove_fields(node.items, item, inner, theirs or MEMBER) or item
            out.append(item)
    return out or None


def _conflict(conflicts: list[tuple[dict[str, Any], FieldSet]]) -> Conflict:
    """Every field of every manager that an apply without force would take."""
    told = [(_title(entry), path_text(path)) for entry, fields in conflicts for path in paths(fields)]
    if len(told) == 1:
        text = f"Apply failed with 1 conflict: conflict with {told[0][0]}: {told[0][1]}"
    else:
        lines: dict[str, list[str]] = {}
        for title, path in told:
            lines.setdefault(title, []).append(f"- {path}")
        blocks = [f"conflicts with {title}:\n" + "\n".join(lines[title]) for title in sorted(lines)]
        text = f"Apply failed with {len(told)} conflicts: " + "\n".join(blocks)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {title}", "field": path} for title, path in told
    ]
    return Conflict(text, details={"causes": causes})


def _title(entry: dict[str, Any]) -> str:
    title = f'"{entry.get("manager", "")}"'
    if entry.get("subresource"):
        title += f' with subresource "{entry["subresource"]}"'
    if entry.get("operation") == "Update":
        title += f" using {entry.get('apiVersion', '')}"
    return title
