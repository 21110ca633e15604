"""Texts that YAML folds or escapes: where in the file each of their characters stands.

An expression only knows its own text, whose lines it takes to begin at one column. So says a literal block; in a folded
one, and in quotes over several lines or with escapes, the file looks otherwise. Asked when a mistake is told, and only
then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG = {"x": 4, "u": 6, "U": 10}  # escapes, with the backslash
_BLANKS = ("\\n", "\\t", "\\r", "\\ ")


@dataclass(slots=True)
class Folded:
    """``line`` and ``column``: where the text begins; ``end``: its last line; ``style`` as PyYAML says it."""

    line: int
    column: int
    end: int
    style: str
    value: str

    def holds(self, line: int, column: int) -> bool:
        """Whether a place, as the expression says it, is in this text."""
        return self.line <= line <= self.end and (line > self.line or column >= self.column)

    def place(self, lines: Sequence[str], line: int, column: int) -> tuple[int, int]:
        """The place in the file that an expression calls ``line`` and ``column``."""
        rows = self.value.split("\n")
        offset = sum(len(row) + 1 for row in rows[: line - self.line]) + column - self.column
        row, at, index = self.line - 1, self.column - 1, 0
        while index < min(offset, len(self.value)):
            if self.value[index].isspace():  # as much of it as there is, here as there
                while index < offset and self.value[index : index + 1].isspace():
                    index += 1
                row, at = self._over_blanks(lines, row, at)
            else:
                row, at = self._over_one(lines, row, at)
                index += 1
        return row + 1, at + 1

    def _over_blanks(self, lines: Sequence[str], row: int, at: int) -> tuple[int, int]:
        while True:
            text = lines[row]
            if at >= len(text) or (self.style == '"' and text[at:] == "\\"):
                if row + 1 >= self.end:
                    return row, at
                row, at = row + 1, 0
            elif text[at].isspace():
                at += 1
            elif self.style == '"' and text[at : at + 2] in _BLANKS:
                at += 2
            else:
                return row, at

    def _over_one(self, lines: Sequence[str], row: int, at: int) -> tuple[int, int]:
        text = lines[row]
        if self.style == '"' and text[at:] == "\\":  # the line goes on without a blank
            row, at = self._over_blanks(lines, row, at)
            text = lines[row]
        if self.style == '"' and text[at : at + 1] == "\\":
            return row, at + _LONG.get(text[at + 1 : at + 2], 2)
        return row, at + (2 if self.style == "'" and text[at : at + 2] == "''" else 1)
