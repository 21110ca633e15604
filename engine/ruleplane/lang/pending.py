"""Keys of the language that have a shape and no meaning yet: refused by name and place, never ignored.

This table only ever shrinks; who builds one of these takes its line out, here and in docs/rule-language.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.source import Path, Source

# keys at the end of a path below `spec`; "*" stands for any part
PENDING: tuple[tuple[str, ...], ...] = (("watch", "*", "every"),)


def refuse_pending(source: Source) -> None:
    """Raise SourceError at the first key that cannot be used yet."""
    for pattern in PENDING:
        for path in _found(source.data["spec"], pattern, ("spec",)):
            raise source.error(f"`{path[-1]}` is not built yet", path, key=True)


def _found(data: object, pattern: tuple[str, ...], path: Path) -> Iterator[Path]:
    if not pattern:
        yield path
        return
    head, rest = pattern[0], pattern[1:]
    items: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    for key, value in items:
        if head in ("*", key):
            yield from _found(value, rest, (*path, key))
