"""The one way in which rule files are laid out: two spaces, keys in the order of the reference, every comment kept.

What a person decides stays: block or flow, where a long expression breaks, quotes where they are needed. A text is
formatted by moving whole lines and by spacing what stands on one line; nothing is parsed into values and written out
again, and what comes out is compared with what went in. Called by ``ruleplane rules fmt``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ruleplane.errors import SourceError
from ruleplane.lang import layout, source
from ruleplane.model.ruleset import HEADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.lang.layout import Piece, Spot

Path = tuple[str, ...]

WIDTH = 120
_ORDER: dict[Path, tuple[str, ...]] = {
    (): ("apiVersion", "kind", "metadata", "spec"),
    ("metadata",): ("name", "labels", "annotations"),
    ("spec",): (
        *("doc", "component", "source", "order", "for", "finalizer", "params", "watch", "let", "rules"),
        "functions",
    ),
    ("spec", "rules", "*"): ("name", "doc", "when", "while", "finalize", "each", *HEADS, "event"),
}


def format_text(text: str, file: str = "") -> str:
    """The text laid out anew. Raises SourceError: not a rule file, or written in a way that is not understood."""
    text = text.replace("\r\n", "\n")
    before = source.parse(text, file)
    made = _Writer(text, file).all()
    after = source.parse(made, file)
    if [each.data for each in after] != [each.data for each in before]:
        raise SourceError("laying this file out anew would change what it says: left as it is", file=file)
    return made


class _Writer:
    """One text. Methods yield lines without the indentation of what surrounds them."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._lines = text.split("\n")

    def all(self) -> str:
        """Every document, with ``---`` between them."""
        found = layout.documents(self._text)
        marks = [document.mark for document in found[1:]] + [len(self._lines)]
        parts: list[str] = []
        first = 0
        for document, end in zip(found, marks, strict=True):
            if document.explicit_end or self._text.startswith("%") or end < first:
                raise self._error(document.root.start, "directives and `...` are not understood")
            lines = self._document(document, first, end)
            parts.append("".join(f"{line.rstrip() if line.isspace() else line}\n" for line in lines))
            first = end
        return "---\n".join(part for part in parts if part) if parts else self._text

    def _document(self, document: layout.Document, first: int, end: int) -> list[str]:
        before = self._lines[first : document.mark] if document.mark > first else []
        if document.mark >= 0:
            rest = self._lines[document.mark][3:].strip()
            if rest and not rest.startswith("#"):
                raise self._error(document.root.start, "begin the document on the line after `---`")
            before += [rest] if rest else []
            first = document.mark + 1
        root = document.root
        if root.kind != "map" or not self._is_rules(root):
            return _trimmed([*before, *self._lines[first:end]])  # another's manifest, or nothing
        head, body = self._comments(first, root.entries[0][0].start.line), root.entries[0][0].start.line
        return _trimmed([*before, *head, *self._map(root, body, end, ())])

    def _is_rules(self, root: Piece) -> bool:
        return any(
            key.value == "apiVersion" and value.value.startswith("ruleplane.dev/") for key, value in root.entries
        )

    def _map(self, piece: Piece, first: int, end: int, path: Path) -> list[str]:
        """A block map whose lines are ``first`` to ``end``; comments above an entry go where it goes."""
        column = piece.entries[0][0].start.column
        entries: list[tuple[str, list[str], list[str]]] = []
        above = first
        for index, (key, value) in enumerate(piece.entries):
            last = index == len(piece.entries) - 1
            stop = end if last else piece.entries[index + 1][0].start.line
            middle = self._split(value, self._end(key, value) + 1, stop, column)
            lead = self._comments(above, key.start.line)
            entries.append((key.value, lead, self._entry(key, value, middle, (*path, key.value))))
            above = middle
        tail = self._comments(above, end)
        entries = _sorted(entries, path)
        entries[0] = (entries[0][0], _trimmed(entries[0][1]), entries[0][2])
        return [*(line for _, lead, lines in entries for line in (*lead, *lines)), *tail]

    def _entry(self, key: Piece, value: Piece, end: int, path: Path) -> list[str]:
        line = self._lines[key.end.line]
        colon = re.compile(r"\s*:(?=\s|$)").match(line, key.end.column)
        if key.start.line != key.end.line or not key.bare or colon is None:
            raise self._error(key.start, "only plain keys are understood: `key: value`")
        name, after = self._inline(key), colon.end()
        if value.kind == "nothing":
            return [f"{name}:{_comment(line[after:])}"]
        if value.block:
            head = line[after:].strip()
            inside = self._map if value.kind == "map" else self._seq
            lines = inside(value, key.end.line + 1, end, path)
            return [f"{name}:{' ' + head if head else ''}", *_indented(lines)]
        below = value.start.line > key.end.line
        own = self._value(value, key.start.column, 2 * below)
        if below and (value.start.line > key.end.line + 1 or line[after:].strip()):
            raise self._error(value.start, "begin the value on the line of its key, comments above it")
        if below and (len(own) > 1 or key.start.column + len(name) + len(own[0]) + 2 > WIDTH):
            return [f"{name}:", *_indented(own)]
        return [f"{name}: {own[0]}", *own[1:]]

    def _seq(self, piece: Piece, first: int, end: int, path: Path) -> list[str]:
        lines: list[str] = []
        column = self._dash(piece.items[0]).column
        above = first
        for index, item in enumerate(piece.items):
            dash = self._dash(item)
            stop = end if index == len(piece.items) - 1 else self._dash(piece.items[index + 1]).line
            middle = self._split(item, self._end(None, item, dash) + 1, stop, column)
            lead = self._comments(above, dash.line)
            lines += _trimmed(lead) if index == 0 else lead
            rest = self._lines[dash.line][dash.column + 1 :].strip()
            if rest.startswith("#"):
                lines.append(rest)
            lines += _dashed(self._item(item, dash, middle, (*path, "*")))
            above = middle
        return [*lines, *self._comments(above, end)]

    def _item(self, item: Piece, dash: Spot, end: int, path: Path) -> list[str]:
        if item.kind == "nothing":
            return [""]
        if not item.bare and item.block:
            raise self._error(item.start, "anchors and tags are not understood here")
        if item.kind == "map":
            first = item.entries[0][0].start.line
            return [*self._comments(dash.line + 1, first), *self._map(item, first, end, path)]
        if item.kind == "seq":
            return self._seq(item, dash.line + 1, end, path)
        return self._value(item, dash.column, 2)

    def _value(self, piece: Piece, column: int, inset: int) -> list[str]:
        """A text, an alias or a flow collection; the comment after it stays on its line.

        ``column`` is that of its key or dash, ``inset`` what the caller puts before further lines.
        """
        if piece.kind == "block text":
            return self._block_text(piece, column, 2 + inset)
        column += inset
        after = _comment(self._lines[piece.end.line][piece.end.column :])
        if piece.start.line == piece.end.line:
            return [self._inline(piece) + after]
        lines = self._lines[piece.start.line : piece.end.line + 1]
        lines[-1] = lines[-1][: piece.end.column] + after
        rest = [_shifted(line, column).rstrip() for line in lines[1:]]
        if piece.kind == "text" and not piece.plain:  # the break before a backslash is no white space to lose
            rest = [_shifted(line, column) for line in lines[1:]]
        return [lines[0][piece.start.column :], *rest]

    def _block_text(self, piece: Piece, column: int, inset: int) -> list[str]:
        first, last = piece.start.line, self._end(None, piece)
        head = self._lines[first][piece.start.column :].rstrip()
        body = self._lines[first + 1 : last + 1]
        filled = [line for line in body if line.strip(" ")]
        margin = len(filled[0]) - len(filled[0].lstrip(" ")) if filled else column + inset
        said = re.match(r"[|>][-+]?(\d)", head)
        if said:  # a text that begins with spaces says how far it is indented
            margin = column + int(said[1])
            head = f"{head[: said.start(1)]}{inset}{head[said.end(1) :]}"
        return [head, *("  " + line[margin:] if line[margin:] else "" for line in body)]

    def _inline(self, piece: Piece) -> str:
        """A piece on one line, evenly spaced."""
        text = self._lines[piece.start.line][piece.start.column : piece.end.column]
        if not piece.bare or piece.kind == "alias":
            return text
        if piece.kind == "text":
            plain = text.startswith("'") and not re.search(r"[\"\\]|''", text[1:-1])
            return f'"{text[1:-1]}"' if plain else text
        if piece.kind == "flow seq" and all(_spaced(item) for item in piece.items):
            return f"[{', '.join(map(self._inline, piece.items))}]"
        if piece.kind == "flow map" and all(_spaced(key) and _spaced(value) for key, value in piece.entries):
            pairs = (f"{self._inline(key)}: {self._inline(value)}" for key, value in piece.entries)
            return f"{{{', '.join(pairs)}}}"
        return text

    def _end(self, key: Piece | None, piece: Piece, dash: Spot | None = None) -> int:
        """The last line of a piece (of its key, or dash, where it is nothing)."""
        if piece.kind == "nothing":
            return key.end.line if key is not None else dash.line if dash is not None else piece.start.line
        if piece.kind == "map":
            return self._end(*piece.entries[-1])
        if piece.kind == "seq":
            return self._end(None, piece.items[-1], piece.items[-1].start)
        if piece.kind != "block text":
            return piece.end.line
        last = piece.end.line - (piece.end.column == 0)  # the parser's mark lies behind blank lines that follow
        keeps = "+" in self._lines[piece.start.line][piece.start.column : piece.start.column + 3]
        while not keeps and last > piece.start.line and not self._lines[last].strip():
            last -= 1
        return last

    def _dash(self, item: Piece) -> Spot:
        """Where the dash of an item stands: before it, on its line or above."""
        line, column = item.start
        text = self._lines[line][:column]
        while not re.search(r"-\s*$", text):
            line -= 1
            if line < 0:
                raise self._error(item.start, "a list is expected to have a dash before every item")
            text = re.sub(r"\s#.*", "", self._lines[line])
        return layout.Spot(line, text.rstrip().rindex("-"))

    def _split(self, piece: Piece, first: int, end: int, column: int) -> int:
        """Of the comments between two entries: where those begin that are not about what is inside the former."""
        if not piece.block:
            return first
        line = end
        while line > first:
            text = self._lines[line - 1]
            if text.strip() and len(text) - len(text.lstrip(" ")) > column:
                break
            line -= 1
        return line

    def _comments(self, first: int, end: int) -> list[str]:
        """The comments of these lines, at most one blank line between them."""
        found: list[str] = []
        for number in range(first, end):
            text = self._lines[number].strip()
            if text and not text.startswith("#"):
                raise self._error(layout.Spot(number, 0), "this line is not understood")
            if text or (found[-1:] != [""]):
                found.append(text)
        return found

    def _error(self, spot: Spot, message: str) -> SourceError:
        text = self._lines[spot.line]
        return SourceError(f"fmt: {message}", file=self._file, line=spot.line + 1, column=spot.column + 1, text=text)


def _sorted(entries: list[tuple[str, list[str], list[str]]], path: Path) -> list[tuple[str, list[str], list[str]]]:
    order = list(_ORDER.get(path, ()))
    if path == ("spec", "rules", "*"):
        texts = {name: "\n".join(lines) for name, _, lines in entries}
        variable = re.search(r"each:\s*\{?\s*(\w+)\s*:", texts.get("each", ""))
        condition = texts.get("when", "") + texts.get("while", "")
        if variable and re.search(rf"\b{variable[1]}\b", condition):  # asked per element: read it after the element
            order.remove("each")
            order.insert(order.index("when"), "each")
    rank = {name: number for number, name in enumerate(order)}
    return sorted(entries, key=lambda entry: rank.get(entry[0], len(rank)))


def _spaced(piece: Piece) -> bool:
    return piece.bare and piece.kind not in ("alias", "nothing")


def _comment(rest: str) -> str:
    """What follows a value on its line: a comment, or nothing.

    >>> _comment("   # why"), _comment(" ")
    ('   # why', '')
    """
    rest = rest.rstrip()
    return rest if rest.lstrip().startswith("#") else ""


def _shifted(line: str, column: int) -> str:
    """A further line of a value whose key stood in ``column``."""
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(spaces, column) :]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _dashed(lines: list[str]) -> list[str]:
    """An item's lines behind a dash; comments above it stay above."""
    first = next(number for number, line in enumerate(lines) if not line.startswith("#")) if any(lines) else 0
    above = [line for line in lines[:first] if line]
    return [*above, f"- {lines[first]}".rstrip(), *_indented(lines[first + 1 :])]


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at either end."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines
