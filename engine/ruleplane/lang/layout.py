"""The layout of a YAML text: what stands where, so that it can be laid out anew without losing a comment.

A tree of :class:`Piece` made of the parser's events. Unlike ``source.py``, which says what a text means, this says how
it was written: in block or flow, quoted or not, from which character to which. Called by ``format.py`` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Spot(NamedTuple):
    """A place between two characters; line and column count from 0."""

    line: int
    column: int


@dataclass(slots=True)
class Piece:
    """One node of the text. ``end`` is meaningful for pieces that are not ``map`` or ``seq`` (block collections)."""

    kind: Literal["text", "block text", "flow map", "flow seq", "map", "seq", "alias", "nothing"]
    start: Spot
    end: Spot
    plain: bool = False  # a text without quotes
    bare: bool = True  # without anchor and tag
    value: str = ""
    entries: list[tuple[Piece, Piece]] = field(default_factory=list)
    items: list[Piece] = field(default_factory=list)

    @property
    def block(self) -> bool:
        """Whether it is a block collection."""
        return self.kind in ("map", "seq")


class Document(NamedTuple):
    """One document: the piece it holds, and the line of its ``---`` (-1: it has none)."""

    root: Piece
    mark: int
    explicit_end: bool


def documents(text: str) -> list[Document]:
    """The layout of every document of a text, which must be YAML (``source.parse`` says so first)."""
    events: list[Any] = list(yaml.parse(text, _Loader))
    found: list[Document] = []
    at = 1
    while at < len(events) and isinstance(events[at], yaml.DocumentStartEvent):
        start = events[at]
        root, at = _piece(events, at + 1)
        found.append(Document(root, start.start_mark.line if start.explicit else -1, events[at].explicit))
        at += 1
    return found


def _piece(events: list[Any], at: int) -> tuple[Piece, int]:
    """The piece that begins with event ``at``, and the index after it."""
    event = events[at]
    start = Spot(event.start_mark.line, event.start_mark.column)
    end = Spot(event.end_mark.line, event.end_mark.column)
    if isinstance(event, yaml.AliasEvent):
        return Piece("alias", start, end), at + 1
    bare = event.anchor is None and (event.tag is None or event.implicit not in (False, (False, False)))
    if isinstance(event, yaml.ScalarEvent):
        if event.value == "" and event.style in (None, "") and bare and start == end:
            return Piece("nothing", start, end), at + 1
        block = event.style in ("|", ">")
        plain = event.style in (None, "")
        return Piece("block text" if block else "text", start, end, plain=plain, bare=bare, value=event.value), at + 1
    flow = bool(event.flow_style)
    at += 1
    if isinstance(event, yaml.MappingStartEvent):
        piece = Piece("flow map" if flow else "map", start, end, bare=bare)
        while not isinstance(events[at], yaml.MappingEndEvent):
            key, at = _piece(events, at)
            value, at = _piece(events, at)
            piece.entries.append((key, value))
    else:
        piece = Piece("flow seq" if flow else "seq", start, end, bare=bare)
        while not isinstance(events[at], yaml.SequenceEndEvent):
            item, at = _piece(events, at)
            piece.items.append(item)
    mark = events[at].end_mark
    piece.end = Spot(mark.line, mark.column)
    return piece, at + 1
