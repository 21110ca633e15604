"""From the rule engine's patch by field to the patches that an API server knows.

Lists of a patch by field merge by their list-map keys, whatever the patch type of the server would do. So:

- no such list in it: a **JSON merge patch** says the same, for any kind;
- every such list has exactly one key, and the strategic merge of a built-in kind merges it by that key: a **strategic
  merge patch** says the same;
- else (custom kinds; a list with two keys, as ports): the server's object is read, the lists are merged here, and a
  JSON merge patch with the **whole lists** is sent under the resourceVersion that was read.

The first two need no read and never conflict with writers of other fields. Pure: :mod:`ruleplane.client.verbs` sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ruleplane.api.merge import child, element_keys, merge_fields, same

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode

Way = Literal["merge", "strategic", "read"]


def way(kind: Kind, node: SchemaNode | None, body: dict[str, Any]) -> Way:
    """How this patch by field can be said."""
    keyed, strategic = _look(node, body)
    if not keyed:
        return "merge"
    return "strategic" if strategic and not kind.custom else "read"


def _look(node: SchemaNode | None, want: Any) -> tuple[bool, bool]:
    """Whether lists merge by keys somewhere in ``want``; whether a strategic merge patch would do the same."""
    keyed, strategic = False, True
    if want.__class__ is dict:
        if node is not None and node.patch_strategy == "replace":
            strategic = False
        parts = [(child(node, name), value) for name, value in want.items()]
    elif want.__class__ is list:
        keys = element_keys(node)
        merges = node is not None and "merge" in node.patch_strategy.split(",")
        if not keys:
            return False, not merges  # replaced here: a strategic merge would add to it
        assert node is not None, keys
        keyed, strategic = True, merges and keys == (node.patch_merge_key,)
        parts = [(node.items, value) for value in want]
    else:
        return False, True
    for inner, value in parts:
        k, s = _look(inner, value)
        keyed, strategic = keyed or k, strategic and s
    return keyed, strategic


def whole(node: SchemaNode | None, have: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The JSON merge patch that makes of ``have`` what the patch by field would; {} where nothing changes."""
    return difference(have, merge_fields(node, have, body))


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The JSON merge patch from ``old`` to ``new``; {} where they are equal.

    >>> difference({"a": 1, "b": {"c": 2, "d": 3}, "e": [1]}, {"b": {"c": 2, "d": 4}, "e": [1, 2]})
    {'a': None, 'b': {'d': 4}, 'e': [1, 2]}
    """
    out: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        have = old.get(name)
        if have is value or (name in old and same(have, value)):
            continue
        out[name] = difference(have, value) if have.__class__ is dict and value.__class__ is dict else value
    return out
