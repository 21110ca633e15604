"""Has a field that some expression reads changed? Shared parts of path-copied objects are told apart by identity
alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruleplane.lang.reads import Trie


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
            if left != right or left.__class__ is not right.__class__:  # 1 is not 1.0, nor true
                return True
        elif differs(left, right, below):
            return True
    return False
