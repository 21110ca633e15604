"""Has a field that some expression reads changed? Shared parts of path-copied objects are told apart by identity
alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.lang.reads import FieldPath

Trie: TypeAlias = "dict[str, Trie | None]"


def trie(paths: Iterable[FieldPath]) -> Trie | None:
    """Paths as a tree; None means everything.

    >>> trie([("spec", "replicas"), ("status",)])
    {'spec': {'replicas': None}, 'status': None}
    """
    root: Trie = {}
    for path in sorted(paths):
        if not path:
            return None
        at: Trie = root
        for name in path[:-1]:
            below = at.setdefault(name, {})
            if below is None:
                break
            at = below
        else:
            at[path[-1]] = None
    return root


def differs(old: dict[str, Any], new: dict[str, Any], paths: Trie | None) -> bool:
    """Whether anything under ``paths`` differs between two versions of an object.

    >>> differs({"a": {"b": 1, "c": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": None}})
    False
    """
    if paths is None:
        return old is not new
    for name, below in paths.items():
        left, right = old.get(name), new.get(name)
        if left is right:
            continue
        if below is None or left.__class__ is not dict or right.__class__ is not dict:
            if left != right:
                return True
        elif differs(left, right, below):
            return True
    return False
