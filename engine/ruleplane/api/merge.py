"""Merging by content: the JSON merge patch, and the rule engine's patch by field.

Both copy only the paths that change and return the *same* object when nothing does, so ``new is old`` is the test for a
write that changes nothing. Values of a patch may become part of the result: they must not be changed afterwards.

Not here: the strategic merge patch with its directives (``strategic.py``) and the merge of server-side apply, which
removes what its manager gave up (``apply.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.strategies import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.model.schema import SchemaNode

ElementKey = tuple[Any, ...]


def bare(value: Any) -> Any:
    """The value without the fields that are null (lists are looked into); the same object if there are none.

    >>> bare({"a": None, "b": [{"c": None, "d": 1}]})
    {'b': [{'d': 1}]}
    """
    if value.__class__ is dict:
        for have in value.values():
            if have is None or have.__class__ is dict or have.__class__ is list:
                break
        else:
            return value
        out: dict[str, Any] | None = None
        for name, have in value.items():
            if have is None:
                out = dict(value) if out is None else out
                del out[name]
            elif have.__class__ is dict or have.__class__ is list:
                kept = bare(have)
                if kept is not have:
                    out = dict(value) if out is None else out
                    out[name] = kept
        return value if out is None else out
    if value.__class__ is list:
        items = [bare(item) for item in value]
        return value if all(map(_is, items, value)) else items
    return value


def merge_patch(old: Any, patch: Any) -> Any:
    """RFC 7386: maps merge, null removes, anything else replaces.

    >>> merge_patch({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'b': {'c': 2, 'd': 3}}
    """
    if patch.__class__ is not dict:
        return patch
    base: dict[str, Any] = old if old.__class__ is dict else {}
    out: dict[str, Any] | None = None if base is old else {}
    for name, want in patch.items():
        if want is None:
            if name in base:
                out = dict(base) if out is None else out
                del out[name]
            continue
        have = base.get(name)
        value = merge_patch(have, want)
        if value is not have and not same(have, value):
            out = dict(base) if out is None else out
            out[name] = value
    return base if out is None else out


def merge_fields(node: SchemaNode | None, old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A patch by field: the named fields get these values, null removes one; lists merge element by element where the
    type says how elements are told apart (list-map keys, else the patch merge key), else they are replaced.

    An element ``{"$patch": "delete", <keys>}`` removes that element.
    """
    out: dict[str, Any] | None = None
    for name, want in patch.items():
        have = old.get(name)
        if want is have:
            if want is None and name in old:
                out = dict(old) if out is None else out
                del out[name]
            continue
        if want is None:
            out = dict(old) if out is None else out
            del out[name]
            continue
        if want.__class__ is dict:
            value = merge_fields(child(node, name), have, want) if have.__class__ is dict else bare(want)
        elif want.__class__ is list:
            value = _merge_list(child(node, name), have if have.__class__ is list else None, want)
        else:
            if want == have and want.__class__ is have.__class__:
                continue
            value = want
        if value is not have:
            out = dict(old) if out is None else out
            out[name] = value
    return old if out is None else out


def _merge_list(node: SchemaNode | None, old: list[Any] | None, patch: list[Any]) -> list[Any]:
    keys = element_keys(node)
    if not keys:
        whole: list[Any] = bare(patch)
        return old if old is not None and same(old, whole) else whole
    element = node.items if node is not None else None
    index = {element_key(keys, item): at for at, item in enumerate(old)} if old else {}
    out: list[Any] | None = None
    removed: set[int] = set()
    for item in patch:
        key = element_key(keys, item)
        at = index.get(key)
        if "$patch" in item:
            if at is not None:
                removed.add(at)
            continue
        if at is None:
            out = list(old or ()) if out is None else out
            index[key] = len(out)
            out.append(bare(item))
            continue
        have = (out if out is not None else old or [])[at]
        value = merge_fields(element, have, item)
        if value is not have:
            out = list(old or ()) if out is None else out
            out[at] = value
    if removed:
        return [item for at, item in enumerate(out if out is not None else old or ()) if at not in removed]
    if out is None:
        return old if old is not None else []
    return out


def child(node: SchemaNode | None, name: str) -> SchemaNode | None:
    """The type of a field, or of a map's value; None where it is not known."""
    if node is None:
        return None
    return node.field(name) or node.values


def element_keys(node: SchemaNode | None) -> tuple[str, ...]:
    """The fields that tell the elements of a list apart; () where the list is one value."""
    if node is None:
        return ()
    if node.list_type == "map":
        return node.list_keys
    if node.patch_merge_key and node.list_type is None:
        return (node.patch_merge_key,)
    return ()


def element_key(keys: Sequence[str], item: Any) -> ElementKey:
    """An element's key. A key field that is absent counts as its default (a port's protocol), else as None."""
    if item.__class__ is not dict:
        return (item,) if item.__hash__ else (repr(item),)
    if len(keys) == 1:
        value = item.get(keys[0])
        return (value if value is not None else key_default(keys[0]),)
    return tuple([value if (value := item.get(key)) is not None else key_default(key) for key in keys])


def key_default(name: str) -> Any:
    """What an absent key field counts as."""
    return settings().key_defaults.get(name)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values (true is not 1)."""
    if left is right:
        return True
    kind = left.__class__
    if kind is not right.__class__:
        return False
    if kind is dict:
        if len(left) != len(right):
            return False
        for name, value in left.items():
            other = right.get(name)
            if other is not value and (other is None or not same(value, other)):
                return False
        return True
    if kind is list:
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _is(left: Any, right: Any) -> bool:
    return left is right
