"""The primaries of a program that reconciles groups (`for.by`): which group each object is in, and who is in a group.

A group's key in the workqueue is text that says its value; a group is there while it has a member. An object whose
`by` cannot be evaluated, or is null, is in no group; one with a list is in each of its values. Called by ``cache``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.matcher.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    Test = Callable[[dict[str, Any]], bool]


class Groups:
    """The objects of one kind (that pass one `where`) by their groups."""

    __slots__ = ("_index",)

    def __init__(self, by: Callable[[dict[str, Any]], Any], where: Test | None) -> None:
        def keys(obj: dict[str, Any]) -> tuple[Hashable, ...]:
            value = by(obj)
            if value is None:
                return ()
            values = value if isinstance(value, (list, tuple)) else [value]
            return tuple(dict.fromkeys(group_key(item) for item in values if _is_scalar(item)))

        self._index = Index("by", keys, where)

    def fill(self, objects: Mapping[str, dict[str, Any]], where: Test | None) -> None:
        """Take in what is there already."""
        self._index.fill(objects, where)

    def update(self, key: str, new: dict[str, Any] | None) -> Iterator[tuple[str, bool]]:
        """Object ``key`` is now ``new`` (None: gone): the groups concerned, and whether it enters or leaves them."""
        before = self._index.placed.get(key, ())
        self._index.update(key, new)
        after = self._index.placed.get(key, ())
        for group in dict.fromkeys((*before, *after)):
            yield str(group), (group in before) is not (group in after)

    def members(self, group: str) -> list[dict[str, Any]] | None:
        """Who is in a group, in the order of their keys; None where nobody is. A list of its own for every change."""
        bucket = self._index.buckets.get(group)
        return bucket.listed() if bucket is not None and bucket.items else None

    def keys(self) -> list[str]:
        """The groups, in order."""
        return sorted(str(group) for group, bucket in self._index.buckets.items() if bucket.items)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def group_key(value: Any) -> str:
    """The key of a group; no two values share one.

    >>> group_key("zone-a"), group_key(1), group_key("1"), group_key("#1"), group_key("")
    ('zone-a', '#1', '1', '#"#1"', '#""')
    """
    if isinstance(value, str) and value and value[0] != "#":
        return value
    return "#" + orjson.dumps(value).decode()


def group_value(key: str) -> Any:
    """The value of a group's key.

    >>> [group_value(group_key(value)) for value in ("zone-a", 1, "1", "#1", "", True)]
    ['zone-a', 1, '1', '#1', '', True]
    """
    return orjson.loads(key[1:]) if key[:1] == "#" else key
