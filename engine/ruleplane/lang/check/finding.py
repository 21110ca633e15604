"""A finding: one thing that is wrong with a rule file, as data. Printed, or turned into SARIF, elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ruleplane.errors import SourceError
from ruleplane.lang.check.codes import CODES

if TYPE_CHECKING:
    from typing import Any

    from ruleplane.lang.source import Path, Source

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding speaks of."""

    message: str
    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """``line`` and ``column`` count from 1, 0 is unknown; ``text`` is the source line; ``hint`` says what would mend
    it."""

    code: str
    severity: Severity
    message: str
    file: str
    line: int = 0
    column: int = 0
    length: int = 0
    text: str = ""
    ruleset: str = ""
    rule: str = ""
    hint: str = ""
    related: tuple[Related, ...] = field(default=())

    def error(self) -> SourceError:
        """The same as what loading raises."""
        message = f"{self.message} [{self.code}]" + (f"; {self.hint}" if self.hint else "")
        return SourceError(message, file=self.file, line=self.line, column=self.column, text=self.text)

    def as_json(self) -> dict[str, Any]:
        """For programs: only what is known."""
        found: dict[str, Any] = {}
        for name in ("code", "severity", "message", "file", "line", "column", "length", "ruleset", "rule", "hint"):
            value = getattr(self, name)
            if value:
                found[name] = value
        if self.related:
            found["related"] = [
                {"message": one.message, "file": one.file, "line": one.line, "column": one.column}
                for one in self.related
            ]
        return found


def told(
    code: str,
    error: SourceError,
    *,
    ruleset: str = "",
    rule: str = "",
    hint: str = "",
    related: tuple[Related, ...] = (),
    length: int = 0,
) -> Finding:
    """A finding at the place of an error."""
    return Finding(
        code, CODES[code].severity, error.message, error.file, error.line, error.column, length, error.text, ruleset,
        rule, hint, related,
    )  # fmt: skip


def related(source: Source, message: str, path: Path) -> Related:
    """Another place, by its path in a file."""
    line, column = source.place(path)
    file, line, column = source.origin(line, column)
    return Related(message, file, line, column)
