"""From objects to sets of fields: which fields an object has, and which of them a change touches or removes.

Follows structured-merge-diff: maps and keyed lists are looked into, atomic ones and scalars are one field; a list
element is a field itself, too; a map or list that is new is one as well, unless its Go type is always there
(``valueFields`` in ``rules/apiserver/strategies.yaml``, and required fields).
https://github.com/kubernetes-sigs/structured-merge-diff
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.api.field_set import MEMBER, SELF, FieldSet
from ruleplane.api.merge import key_default
from ruleplane.api.strategies import settings
from ruleplane.errors import BadRequest

if TYPE_CHECKING:
    from ruleplane.model.schema import SchemaNode

# who wrote these is not tracked
IGNORED = frozenset(("apiVersion", "kind"))
IGNORED_METADATA = frozenset(
    (
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    )
)

# what look-alike objects share, so that ten thousand of them hold one copy; forgotten when there are too many
_MOST = 50_000
_elements: dict[tuple[SchemaNode | None, Any], FieldSet] = {}
_names: dict[tuple[Any, ...], str] = {}


def applied_fields(node: SchemaNode | None, config: dict[str, Any]) -> FieldSet:
    """The fields that an applied configuration states (maps and lists are not fields themselves)."""
    return _root(node, config, frozenset(), new=False)


def created_fields(node: SchemaNode | None, value: dict[str, Any], skipped: frozenset[str]) -> FieldSet:
    """The fields that the creation of this object wrote; top-level fields in ``skipped`` do not count."""
    return _root(node, value, skipped, new=True)


def _root(node: SchemaNode | None, value: dict[str, Any], skipped: frozenset[str], *, new: bool) -> FieldSet:
    out: FieldSet = {}
    for name, item in value.items():
        if name in IGNORED or name in skipped:
            continue
        sub = _child(node, name)
        if name == "metadata":
            item = {key: kept for key, kept in item.items() if key not in IGNORED_METADATA}
            if not item:
                continue
        out[f"f:{name}"] = _owned(node, name, sub, item) if new else _stated(sub, item, known=True)
    return {element: fields for element, fields in out.items() if fields is not None}


def _stated(node: SchemaNode | None, value: Any, *, known: bool) -> FieldSet | None:
    """The fields of a value as stated by an applier; None where there are none (an empty keyed list)."""
    kind = value.__class__
    if kind is dict and value and not is_atomic_map(node):
        out: FieldSet = {}
        for name, item in value.items():
            field = node.field(name) if node is not None else None
            sub = field or (node.values if node is not None else None)
            fields = _stated(sub, item, known=field is not None)
            if fields is not None:
                out[f"f:{name}"] = fields
        if not known and out:
            out[SELF] = MEMBER
        return out or None
    if kind is list and node is not None and node.list_type in ("map", "set"):
        element, keyed = node.items, node.list_type == "map"
        out = {}
        for item in value:
            fields = _stated(element, item, known=True) if keyed else MEMBER
            out[element_name(node, item)] = {SELF: MEMBER, **fields} if fields else MEMBER
        return out or None
    return MEMBER


def _owned(parent: SchemaNode | None, name: str, node: SchemaNode | None, value: Any) -> FieldSet:
    """The fields of a value that is new at ``name`` of ``parent``, itself included unless it is always there."""
    fields = added_fields(node, value)
    if not fields or name in settings().value_fields or (parent is not None and name in parent.required):
        return fields
    return {SELF: MEMBER, **fields}


def added_fields(node: SchemaNode | None, value: Any) -> FieldSet:
    """The fields under a value that is new; ``{}`` where the value is one field."""
    kind = value.__class__
    if kind is dict and value and not is_atomic_map(node):
        return {f"f:{name}": _owned(node, name, _child(node, name), item) for name, item in value.items()}
    if kind is list and value and node is not None:
        if node.list_type == "map":
            element = node.items
            out: FieldSet = {}
            for item in value:
                out[element_name(node, item)] = _element(element, item)
            return out
        if node.list_type == "set":
            return {element_name(node, item): MEMBER for item in value}
    return MEMBER


def _element(node: SchemaNode | None, item: Any) -> FieldSet:
    """The fields of a new element of a keyed list, itself included; one object for all elements of one shape."""
    if item.__class__ is not dict or is_atomic_map(node):
        return MEMBER
    key = (node, shape(node, item))
    fields = _elements.get(key)
    if fields is None:
        if len(_elements) >= _MOST:
            _elements.clear()
        fields = _elements[key] = {SELF: MEMBER, **added_fields(node, item)} if item else MEMBER
    return fields


def _gone(node: SchemaNode | None, value: Any) -> FieldSet:
    """Every field of a value that is removed, and each map and list on the way."""
    kind = value.__class__
    if kind is dict and value and not is_atomic_map(node):
        out: FieldSet = {f"f:{name}": _gone(_child(node, name), item) for name, item in value.items()}
    elif kind is list and value and node is not None and node.list_type in ("map", "set"):
        out = {element_name(node, item): _gone(node.items, item) for item in value}
    else:
        return MEMBER
    out[SELF] = MEMBER
    return out


def changed_fields(node: SchemaNode | None, old: dict[str, Any], new: dict[str, Any]) -> tuple[FieldSet, FieldSet]:
    """Two sets: the fields that are new or have another value, and those that are gone."""
    touched: FieldSet = {}
    removed: FieldSet = {}
    for name in new.keys() | old.keys():
        if name in IGNORED:
            continue
        before, after = old.get(name), new.get(name)
        if before is after:
            continue
        if name == "metadata":
            before = {key: item for key, item in (before or {}).items() if key not in IGNORED_METADATA}
            after = {key: item for key, item in (after or {}).items() if key not in IGNORED_METADATA}
        _compare(node, name, _child(node, name), before, after, touched, removed)
    return touched, removed


def _compare(
    parent: SchemaNode | None,
    name: str,
    node: SchemaNode | None,
    before: Any,
    after: Any,
    touched: FieldSet,
    removed: FieldSet,
) -> None:
    """Note under ``f:name`` what differs between two values of one field."""
    if before is None:
        if after is not None:
            touched[f"f:{name}"] = _owned(parent, name, node, after)
        return
    if after is None:
        removed[f"f:{name}"] = _gone(node, before)
        return
    kind = after.__class__
    if kind is before.__class__ and (kind is dict or kind is list):
        pair = _compare_inside(node, before, after)
        if pair is not None:
            if pair[0]:
                touched[f"f:{name}"] = pair[0]
            if pair[1]:
                removed[f"f:{name}"] = pair[1]
            return
    if before != after:
        touched[f"f:{name}"] = MEMBER


def _compare_inside(node: SchemaNode | None, before: Any, after: Any) -> tuple[FieldSet, FieldSet] | None:
    """As :func:`changed_fields`, of two maps or lists; None where they count as one field."""
    touched: FieldSet = {}
    removed: FieldSet = {}
    if after.__class__ is dict:
        if is_atomic_map(node):
            return None
        for name, item in after.items():
            have = before.get(name)
            if have is not item:
                _compare(node, name, _child(node, name), have, item, touched, removed)
        for name, have in before.items():
            if have is not None and name not in after:
                removed[f"f:{name}"] = _gone(_child(node, name), have)
        return touched, removed
    if node is None or node.list_type not in ("map", "set"):
        return None
    _compare_elements(node, before, after, touched, removed)
    return touched, removed


def _compare_elements(
    node: SchemaNode, before: list[Any], after: list[Any], touched: FieldSet, removed: FieldSet
) -> None:
    old = {element_name(node, item): item for item in before}
    new = {element_name(node, item): item for item in after}
    element = node.items
    for key, item in new.items():
        have = old.get(key)
        if have is item:
            continue
        if have is None:
            touched[key] = _element(element, item)
            continue
        inner = _compare_inside(element, have, item) if item.__class__ is dict else None
        if inner is None:
            if have != item:
                touched[key] = MEMBER
            continue
        if inner[0]:
            touched[key] = inner[0]
        if inner[1]:
            removed[key] = inner[1]
    for key, have in old.items():
        if key not in new:
            removed[key] = _gone(element, have)


def is_atomic_map(node: SchemaNode | None) -> bool:
    """Whether a map of this type is one field."""
    return node is not None and node.map_type == "atomic"


def element_name(node: SchemaNode, item: Any) -> str:
    """The path element of a list's element: ``k:{"name":"web"}`` or ``v:"x"``.

    Raises:
        BadRequest: an element of a keyed list lacks a key that has no default.
    """
    if item.__class__ is dict:
        key: tuple[Any, ...] = (node, *[item.get(name) for name in node.list_keys])
    else:
        key = (node, item.__class__, item)
    try:
        name = _names.get(key)
    except TypeError:  # a key that is no scalar: validation tells
        return _element_name(node, item)
    if name is None:
        if len(_names) >= _MOST:
            _names.clear()
        name = _names[key] = _element_name(node, item)
    return name


def _element_name(node: SchemaNode, item: Any) -> str:
    if node.list_type == "set":
        return f"v:{orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()}"
    keys: dict[str, Any] = {}
    for name in sorted(node.list_keys):
        value = item.get(name) if item.__class__ is dict else None
        keys[name] = value if value is not None else key_default(name)
    if None in keys.values():
        if len(keys) == 1 or item.__class__ is not dict:
            raise BadRequest(
                f"associative list with keys has an element that omits key field {next(iter(keys))!r} "
                "(and doesn't have default value)"
            )
        keys = {name: value for name, value in keys.items() if value is not None}
    return f"k:{orjson.dumps(keys).decode()}"


def _child(node: SchemaNode | None, name: str) -> SchemaNode | None:
    return None if node is None else node.field(name) or node.values


# --- shapes ---------------------------------------------------------------------------------------------------------


def shape(node: SchemaNode | None, value: dict[str, Any]) -> tuple[Any, ...]:
    """A hashable that is equal for objects of one kind exactly if :func:`created_fields` is: the names on every level,
    and the keys of list elements; much cheaper than the set itself."""
    parts: list[Any] = [*value]
    for name, item in value.items():
        kind = item.__class__
        if kind is dict:
            parts.append(name)
            if item:
                sub = None if node is None else node.field(name) or node.values
                parts.append(0 if sub is not None and sub.map_type == "atomic" else shape(sub, item))
        elif kind is list:
            parts.append(name)
            if item:
                sub = None if node is None else node.field(name) or node.values
                parts.append(_list_shape(sub, item))
    return tuple(parts)


def _list_shape(node: SchemaNode | None, items: list[Any]) -> Any:
    if node is None or node.list_type not in ("map", "set"):
        return 0
    if node.list_type == "set":
        return tuple([element_name(node, item) for item in items])
    element, keys = node.items, node.list_keys
    parts: list[Any] = []
    for item in items:
        parts.extend([item.get(key) for key in keys])
        parts.append(shape(element, item))
    return tuple(parts)
