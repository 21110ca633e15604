"""Where an expression stands: its text, its file, and the line and column of its first character.

A :class:`Pos` is an offset that remembers its source, so every node of a tree can be shown with a caret, even after
rule sets inline a library's function into another file's expression. The lexer makes them; errors read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang.cel.record import record

if TYPE_CHECKING:
    from collections.abc import Callable


@record
class Source:
    """One expression's text; ``line`` and ``column`` (from 1) say where it starts in ``file``.

    The lines of a YAML block scalar share one indentation, hence every line starts at ``column``.

    >>> Source("a +\\n b", "x.yaml", line=7, column=5).locate(5)
    (8, 6, '     b')
    """

    text: str
    file: str = ""
    line: int = 1
    column: int = 1

    def locate(self, offset: int) -> tuple[int, int, str]:
        """``(line, column, that line's text padded to its column)`` of an offset."""
        before = self.text[:offset]
        start = before.rfind("\n") + 1
        end = self.text.find("\n", start)
        text = self.text[start : end if end >= 0 else len(self.text)]
        pad = " " * (self.column - 1)
        return self.line + before.count("\n"), self.column + offset - start, pad + text

    def error(self, message: str, offset: int) -> SourceError:
        """A SourceError that points at ``offset``."""
        line, column, text = self.locate(offset)
        return SourceError(message, file=self.file, line=line, column=column, text=text)


class Pos(int):
    """An offset into ``source``; compares and hashes as the plain int."""

    source: Source

    def __new__(cls, offset: int, source: Source) -> Pos:
        """An offset into ``source``."""
        pos = super().__new__(cls, offset)
        pos.source = source
        return pos


def source_error(message: str, pos: int) -> SourceError:
    """A SourceError at ``pos``, with place and caret if the position knows its source."""
    if isinstance(pos, Pos):
        return pos.source.error(message, pos)
    return SourceError(message)


class CelError(EvaluationError):
    """An expression failed on these values: what was found, where, in which sub-expression.

    Functions raise it with the message alone; the interpreter adds ``pos``, once, at the innermost node.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.pos: int | None = None
        self.context: Callable[[], str] | None = None

    @property
    def message(self) -> str:
        """What was found, without the place; written only when somebody reads it, for most errors are absorbed."""
        return str(self.args[0]) + (self.context() if self.context else "")

    def located(self, pos: int) -> CelError:
        """Note the place, unless an inner node already did."""
        if self.pos is None:
            self.pos = pos
        return self

    def __str__(self) -> str:
        if isinstance(self.pos, Pos):
            return str(self.pos.source.error(self.message, self.pos))
        return self.message


def no_overload(what: str, *kinds: str) -> CelError:
    """The error for operands of types that ``what`` does not take."""
    return CelError(f"no such overload: {what} on ({', '.join(kinds)})")
