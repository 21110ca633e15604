"""Sets of fields as ``FieldsV1`` writes them, kept as the very JSON objects that are stored.

A set is a trie of path elements: ``f:<field>``, ``k:{"name":"web"}`` for an element of a keyed list, ``v:"x"`` for one
of a set. An empty object is a member; ``"."`` says that a node with children is a member too. So
``{"f:spec": {"f:ports": {".": {}, 'k:{"port":80}': {}}}}`` holds ``spec.ports`` and ``spec.ports[port=80]``. The empty
set is ``{}`` at the root.

Guarantees: no operation changes its arguments; each returns an argument itself where that is the answer, and keeps the
parts that do not change, so that sets stay shared between thousands of objects.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson

FieldSet: TypeAlias = dict[str, Any]

MEMBER: FieldSet = {}
SELF = "."


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """The fields of either."""
    if left is right or not right:
        return left
    if not left:
        return right
    return _union(left, right)


def _union(left: FieldSet, right: FieldSet) -> FieldSet:
    """Of two nodes, either of which may be a bare member."""
    if left is right:
        return left
    if not left and right:
        return right if SELF in right else {SELF: MEMBER, **right}
    if not right:
        return left if not left or SELF in left else {SELF: MEMBER, **left}
    out: FieldSet | None = None
    for element, theirs in right.items():
        ours = left.get(element)
        both = theirs if ours is None else _union(ours, theirs)
        if both is not ours:
            out = dict(left) if out is None else out
            out[element] = both
    return left if out is None else out


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """The fields of ``left`` that are not in ``right`` (a field's children are fields of their own)."""
    if left is right:
        return {}
    if not left or not right:
        return left
    return _difference(left, right) or {}


def _difference(left: FieldSet, right: FieldSet) -> FieldSet | None:
    """Of two nodes; None where nothing is left."""
    if not left:
        return None if not right or SELF in right else left
    if not right:
        right = {SELF: MEMBER}
    out: FieldSet | None = None
    for element, theirs in right.items():
        ours = left.get(element)
        if ours is None:
            continue
        rest = None if element == SELF else _difference(ours, theirs)
        if rest is not ours:
            out = dict(left) if out is None else out
            if rest is None:
                del out[element]
            else:
                out[element] = rest
    if out is None:
        return left
    if not out:
        return None
    return MEMBER if len(out) == 1 and SELF in out else out


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """The fields of both."""
    if left is right or not left:
        return left
    if not right:
        return right
    return _intersection(left, right) or {}


def _intersection(left: FieldSet, right: FieldSet) -> FieldSet | None:
    if left is right:
        return left
    member = (not left or SELF in left) and (not right or SELF in right)
    out: FieldSet = {}
    for element, ours in left.items():
        theirs = right.get(element)
        if element != SELF and theirs is not None:
            both = _intersection(ours, theirs)
            if both is not None:
                out[element] = both
    if not out:
        return MEMBER if member else None
    return {SELF: MEMBER, **out} if member else out


def only(fields: FieldSet, path: tuple[str, ...]) -> FieldSet:
    """The part of a set at or under a path of elements.

    >>> only({"f:spec": {"f:a": {}}, "f:status": {"f:b": {}}}, ("f:status",))
    {'f:status': {'f:b': {}}}
    """
    node: FieldSet | None = fields
    for element in path:
        node = node.get(element) if node is not None else None
    if node is None:
        return {}
    for element in reversed(path):
        node = {element: node}
    return node


def without(fields: FieldSet, path: tuple[str, ...]) -> FieldSet:
    """The set less what lies at or under a path.

    >>> without({"f:spec": {"f:a": {}}, "f:status": {"f:b": {}}}, ("f:status",))
    {'f:spec': {'f:a': {}}}
    """
    head, *rest = path
    node = fields.get(head)
    if node is None:
        return fields
    out = dict(fields)
    kept = without(node, tuple(rest)) if rest and node else None
    if kept:
        out[head] = kept
    elif rest and not node:
        return fields
    else:
        del out[head]
    return out


def paths(fields: FieldSet, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every member, as a tuple of elements, parents first."""
    out: list[tuple[str, ...]] = []
    for element in sorted(fields):
        node = fields[element]
        path = before if element == SELF else (*before, element)
        if element == SELF or not node:
            out.append(path)
        else:
            out.extend(paths(node, path))
    return out


def path_text(path: tuple[str, ...]) -> str:
    """A path as conflict messages show it.

    >>> path_text(("f:spec", "f:containers", 'k:{"name":"web"}', "f:image"))
    '.spec.containers[name="web"].image'
    """
    out = []
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            out.append(f".{rest}")
        elif kind == "k":
            keys = ",".join(f"{name}={orjson.dumps(value).decode()}" for name, value in orjson.loads(rest).items())
            out.append(f"[{keys}]")
        elif kind == "v":
            out.append(f"[={rest}]")
        else:
            out.append(f"[{rest}]")
    return "".join(out)
