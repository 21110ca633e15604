"""The strategic merge patch: lists merge by the merge key that the field's type declares, and directives say the rest.

Directives: ``$patch: replace|delete`` in a map or list element, ``$retainKeys``, ``$setElementOrder/<field>`` and
``$deleteFromPrimitiveList/<field>``. The order of a merged list is the server's, too: elements of the patch keep the
patch's order, elements that the patch does not name keep theirs, and a new element comes before those.

Guarantees: the same object is returned when nothing changes; neither argument is changed.
https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.merge import bare, child, same
from ruleplane.errors import BadRequest, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.model.schema import SchemaNode

    Items = list[Any]

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def strategic_merge(node: SchemaNode | None, old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """``old`` with the patch applied.

    Raises:
        BadRequest: the patch is not of this format (an unknown directive, an order that contradicts the list, …).
        Invalid: an element of the patch lacks its merge key.
    """
    directive = patch.get(_DIRECTIVE)
    if directive is not None:
        if directive == "replace":
            replaced: dict[str, Any] = _plain(patch)
            return replaced
        if directive == "delete":
            return {}
        raise BadRequest(f"unknown patch type '{directive}' in map: {patch}")
    out = dict(old)
    if _RETAIN in patch:
        _retain(out, patch)
    ordered = _ordered_lists(node, out, patch)
    for name, want in patch.items():
        if name == _RETAIN or name in ordered or name.startswith(_ORDER):
            continue
        if name.startswith(_DELETE):
            _delete_from(out, name.removeprefix(_DELETE), want)
            continue
        if want is None:
            out.pop(name, None)
            continue
        have = out.get(name)
        value = _merge_value(child(node, name), have, want, name)
        if value is not have and not same(value, have):
            out[name] = value
    return old if same(out, old) else out


def _merge_value(node: SchemaNode | None, have: Any, want: Any, name: str) -> Any:
    if want.__class__ is dict and have.__class__ is dict:
        if "replace" in _strategies(node):
            return _plain(want)
        return strategic_merge(node, have, want)
    if want.__class__ is list and have.__class__ is list:
        if "merge" in _strategies(node):
            return _merge_list(node, have, want, name)
        return _plain(want)
    return _plain(want)


def _strategies(node: SchemaNode | None) -> list[str]:
    return node.patch_strategy.split(",") if node is not None and node.patch_strategy else []


def _retain(out: dict[str, Any], patch: dict[str, Any]) -> None:
    """Drop what ``$retainKeys`` does not name."""
    retained = patch[_RETAIN]
    if not isinstance(retained, list):
        raise BadRequest("invalid patch format of retainKeys, patch must be a list")
    kept = set(retained)
    for name, value in patch.items():
        if value is not None and not name.startswith("$") and name not in kept:
            raise BadRequest(f"invalid patch format of retainKeys, {name!r} is in the patch and not in the list")
    for name in [name for name in out if name not in kept]:
        del out[name]


def _ordered_lists(node: SchemaNode | None, out: dict[str, Any], patch: dict[str, Any]) -> set[str]:
    """Merge and order the lists that come with ``$setElementOrder``; the names of those that are done."""
    done: set[str] = set()
    for directive, order in patch.items():
        if not directive.startswith(_ORDER):
            continue
        name = directive.removeprefix(_ORDER)
        have, want = out.get(name), patch.get(name)
        for value in (order, have, want):
            if value is not None and not isinstance(value, list):
                raise BadRequest(f"invalid patch format of setElementOrder list: {name} is not a list")
        if have is None and want is None:
            continue
        field = child(node, name)
        key = _identity(field, order)
        if want is not None:
            _check_order([item for item in want if not _is_directive(item)], order, key)
        merged = (
            _merge_list(field, have or [], want or [], name) if "merge" in _strategies(field) else want or have or []
        )
        out[name] = _arrange(merged, order, have or [], key)
        done.add(name)
    return done


def _merge_list(node: SchemaNode | None, have: Items, want: Items, name: str) -> Items:
    if not have and not want:
        return have
    if not any(item.__class__ is dict for item in (*have, *want)):
        values = list(have)
        values.extend(item for item in want if item not in have)
        return _arrange(values, want, have, _itself)
    merge_key = node.patch_merge_key if node is not None else ""
    if not merge_key:
        raise Invalid(f"cannot merge lists without merge key for {name}")
    key = _by(merge_key)
    element = node.items if node is not None else None
    kept, changes, replace = list(have), [], False
    for item in want:
        directive = item.get(_DIRECTIVE) if isinstance(item, dict) else None
        if directive is None:
            changes.append(item)
        elif directive == "delete":
            gone = key(item)
            kept = [other for other in kept if key(other) != gone]
        elif directive == "replace":
            replace = True
        else:
            raise BadRequest(f"unknown patch type '{directive}' in list: {item}")
    if replace:
        return _plain_list(changes)
    for item in changes:
        wanted = key(item)
        at = next((at for at, other in enumerate(kept) if key(other) == wanted), None)
        if at is None:
            kept.append(_plain(item))
        else:
            kept[at] = strategic_merge(element, kept[at], item)
    return _arrange(kept, changes, have, key)


def _arrange(merged: Items, order: Items, server: Items, key: Callable[[Any], Any]) -> Items:
    """Elements named in ``order`` in that order, the others in the server's, woven by the server's order."""
    rank = [key(item) for item in order]
    place = [key(item) for item in server]
    named = sorted((item for item in merged if key(item) in rank), key=lambda item: rank.index(key(item)))
    others = [item for item in merged if key(item) not in rank]
    others.sort(key=lambda item: place.index(key(item)) if key(item) in place else len(place))
    out: Items = []
    left, right = 0, 0
    while left < len(others) and right < len(named):
        theirs, ours = key(others[left]), key(named[right])
        if theirs in place and ours in place and place.index(theirs) < place.index(ours):
            out.append(others[left])
            left += 1
        else:
            out.append(named[right])
            right += 1
    return out + others[left:] + named[right:]


def _check_order(items: Items, order: Items, key: Callable[[Any], Any]) -> None:
    """The patch's list must be a subsequence of the order that it declares."""
    rest = iter([key(item) for item in order])
    for item in items:
        wanted = key(item)
        if not any(wanted == other for other in rest):
            raise BadRequest(f"The order in patch list:\n{items}\n doesn't match $setElementOrder list:\n{order}\n")


def _identity(node: SchemaNode | None, order: Items) -> Callable[[Any], Any]:
    if order and isinstance(order[0], dict):
        merge_key = node.patch_merge_key if node is not None else ""
        if not merge_key:
            raise BadRequest("invalid patch format of setElementOrder list: its field has no merge key")
        return _by(merge_key)
    return _itself


def _by(merge_key: str) -> Callable[[Any], Any]:
    def key(item: Any) -> Any:
        value = item.get(merge_key) if isinstance(item, dict) else None
        if value is None:
            raise Invalid(f"map: {item} does not contain declared merge key: {merge_key}")
        return value

    return key


def _itself(item: Any) -> Any:
    return item


def _is_marker(name: str) -> bool:
    return name in (_DIRECTIVE, _RETAIN) or name.startswith((_ORDER, _DELETE))


def _is_directive(item: Any) -> bool:
    return isinstance(item, dict) and _DIRECTIVE in item


def _delete_from(out: dict[str, Any], name: str, values: Any) -> None:
    if not isinstance(values, list):
        raise BadRequest("invalid patch format of primitive list, patch must be a list")
    have = out.get(name)
    if isinstance(have, list):
        out[name] = [item for item in have if item not in values]


def _plain(value: Any) -> Any:
    """A value of the patch as it is stored: without nulls and without directives."""
    return _without_directives(bare(value))


def _plain_list(items: Items) -> Items:
    plain: Items = _plain(items)
    return plain


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_directives(item) for name, item in value.items() if not _is_marker(name)}
    if isinstance(value, list):
        return [_without_directives(item) for item in value if not _is_directive(item)]
    return value
