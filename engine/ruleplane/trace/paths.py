"""Which fields a write changed, and whether one path speaks of another.

A path is text: names joined by dots, an element of a list by its key, anything that is not a plain name in brackets:

    spec.nodeName
    status.conditions[type=Ready].status
    metadata.labels[app.kubernetes.io/name]

Called by whoever records a write (the listener on the API's writes, the reconcile loop), and by ``why``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruleplane.model.schema import SchemaNode

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_SEGMENT = re.compile(r"\.?([^.\[\]]+)|\[([^\[\]]*)\]")
# every write stamps these: they say nothing about what was wanted
_STAMPS = frozenset({"resourceVersion", "managedFields"})


def changed_paths(
    previous: dict[str, Any] | None, current: dict[str, Any] | None, node: SchemaNode | None = None
) -> tuple[str, ...]:
    """The topmost fields that differ between two values of one object, in the order of the current value's fields.

    Lists whose elements the schema keys are compared element by element, other lists as one value. A creation or
    deletion (one side ``None``) gives no paths: it is about every field.

    >>> changed_paths({"spec": {"a": 1}}, {"spec": {"a": 2, "b": {"c": 3}}})
    ('spec.a', 'spec.b')
    """
    if previous is None or current is None:
        return ()
    found: list[str] = []
    _compare(previous, current, node, "", found)
    return tuple(found)


def _compare(old: dict[str, Any], new: dict[str, Any], node: SchemaNode | None, prefix: str, found: list[str]) -> None:
    for name, value in new.items():
        before = old.get(name)
        if before is value or before == value or (prefix == "metadata" and name in _STAMPS):
            continue
        path, below = join(prefix, name), _child(node, name)
        if isinstance(value, dict) and isinstance(before, dict):
            _compare(before, value, below, path, found)
        elif isinstance(value, list) and isinstance(before, list):
            _compare_lists(before, value, below, path, found)
        else:
            found.append(path)
    found += [join(prefix, name) for name in old if name not in new and not (prefix == "metadata" and name in _STAMPS)]


def _compare_lists(old: list[Any], new: list[Any], node: SchemaNode | None, path: str, found: list[str]) -> None:
    keys = _keys(node)
    before, after = _by_key(old, keys), _by_key(new, keys)
    if not keys or before is None or after is None:
        found.append(path)
        return
    element = node.items if node is not None else None
    start = len(found)
    for key, value in after.items():
        if key not in before:
            found.append(f"{path}[{key}]")
        elif before[key] != value:
            _compare(before[key], value, element, f"{path}[{key}]", found)
    found += [f"{path}[{key}]" for key in before if key not in after]
    if len(found) == start:  # the same elements in another order
        found.append(path)


def _child(node: SchemaNode | None, name: str) -> SchemaNode | None:
    return (node.field(name) or node.values) if node is not None else None


def _keys(node: SchemaNode | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node.list_type == "map" and node.list_keys:
        return tuple(node.list_keys)
    return (node.patch_merge_key,) if node.patch_merge_key else ()


def _by_key(elements: list[Any], keys: tuple[str, ...]) -> dict[str, dict[str, Any]] | None:
    """Elements by ``type=Ready``; ``None`` where an element is no object or two have one key."""
    found: dict[str, dict[str, Any]] = {}
    for element in elements:
        if not isinstance(element, dict):
            return None
        found[",".join(f"{key}={element[key]}" for key in keys if key in element)] = element
    return found if len(found) == len(elements) else None


def join(prefix: str, name: str) -> str:
    """The path of field ``name`` below ``prefix``.

    >>> join("metadata.labels", "app.kubernetes.io/name")
    'metadata.labels[app.kubernetes.io/name]'
    """
    if _PLAIN.fullmatch(name):
        return f"{prefix}.{name}" if prefix else name
    return f"{prefix}[{name}]"


def split(path: str) -> tuple[str, ...]:
    """The segments of a path; ValueError says where it cannot be read.

    >>> split(".status.conditions[type=Ready].status")
    ('status', 'conditions', 'type=Ready', 'status')
    """
    segments: list[str] = []
    at = 0
    while at < len(path):
        match = _SEGMENT.match(path, at)
        if match is None:
            raise ValueError(f"field path {path!r} cannot be read at character {at + 1} ({path[at:]!r})")
        segments.append(match[1] if match[1] is not None else match[2])
        at = match.end()
    return tuple(segments)


def covers(written: str, asked: tuple[str, ...]) -> bool:
    """Whether writing the path ``written`` set (part of) the field ``asked`` (segments).

    >>> covers("spec", ("spec", "nodeName")), covers("spec.nodeName", ("spec",)), covers("spec.a", ("spec", "b"))
    (True, True, False)
    """
    return all(mine == theirs or _index_of(mine, theirs) for mine, theirs in zip(split(written), asked, strict=False))


def _index_of(mine: str, theirs: str) -> bool:
    """``containers[0]`` is asked by position and written by key: any element may be meant."""
    return theirs.isdigit() and "=" in mine


def lookup(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path; ``None`` where there is none.

    >>> lookup({"conditions": [{"type": "Ready", "status": "True"}]}, ("conditions", "type=Ready", "status"))
    'True'
    """
    for segment in path:
        if isinstance(value, dict):
            value = value.get(segment)
        elif isinstance(value, list):
            value = _element(value, segment)
        else:
            return None
    return value


def _element(elements: list[Any], segment: str) -> Any:
    if segment.isdigit():
        return elements[int(segment)] if int(segment) < len(elements) else None
    wanted = dict(part.partition("=")[::2] for part in segment.split(","))
    for element in elements:
        if isinstance(element, dict) and all(str(element.get(key)) == value for key, value in wanted.items()):
            return element
    return None
