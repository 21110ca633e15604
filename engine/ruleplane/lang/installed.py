"""Rule sets and libraries that come as API objects instead of files.

An object has no lines: a mistake is placed by the path of its field, and within a text by line and column, as in
``spec.rules[0].when:1:7``. Of its metadata only the name belongs to the text. Called by who installs (``reconcile``).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from ruleplane.errors import SourceError
from ruleplane.lang.build import build
from ruleplane.lang.check.documents import check_documents
from ruleplane.lang.mistakes import field_path
from ruleplane.lang.source import Source, shape
from ruleplane.model.ruleset import Library, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.check.writes import RuleFacts
    from ruleplane.lang.library import Functions
    from ruleplane.lang.program import Program
    from ruleplane.lang.source import Path


class ObjectSource(Source):
    """The text of an object. Its values get lines of their own, one after another, by which they are found again."""

    def __init__(self, obj: dict[str, Any]) -> None:
        name = (obj.get("metadata") or {}).get("name", "")
        data = {key: obj[key] for key in ("apiVersion", "kind", "spec") if key in obj}
        super().__init__(f"{obj.get('kind')} {name}", [], {**data, "metadata": {"name": name}})
        self._starts: list[int] = []
        self._paths: list[Path] = []
        self._place(self.data, ())

    def _place(self, value: Any, path: Path) -> None:
        self.places[path] = self.keys[path] = (len(self.lines) + 1, 1)
        self._starts.append(len(self.lines) + 1)
        self._paths.append(path)
        self.lines += value.split("\n") if isinstance(value, str) else [""]
        if isinstance(value, dict):
            for key, child in value.items():
                self._place(child, (*path, key))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                self._place(child, (*path, index))

    def origin(self, line: int, column: int) -> tuple[str, int, int]:
        """The field that this line belongs to, and the place in it."""
        at = bisect_right(self._starts, line) - 1
        return field_path(self._paths[at]), line - self._starts[at] + 1, column

    def error(self, message: str, path: Iterable[str | int], *, key: bool = False) -> SourceError:
        """The mistake at a field; of a text, its first line is shown."""
        path = tuple(path)
        line, _ = self.place(path)
        text = "" if key else self.lines[line - 1]
        message = message.removeprefix(f"{field_path(path)}: ")  # it is said once, by the place
        at = 1 if text else 0
        return SourceError(message, file=field_path(path), line=at, column=at, text=text)


def compile_ruleset(obj: dict[str, Any], functions: Functions) -> Program:
    """The program of a RuleSet object. Raises SourceError, whose ``file`` is the path of the field."""
    source = ObjectSource(obj)
    shaped = shape(source)
    assert isinstance(shaped, RuleSet), obj["kind"]
    return build(source, shaped, functions)


def ruleset_findings(
    obj: dict[str, Any], functions: Functions, catalogue: Catalogue | None = None, beside: Sequence[RuleFacts] = ()
) -> list[Finding]:
    """What the checker says of it, placed as the errors of :func:`compile_ruleset`, which it must have passed.
    ``beside``: of the rule sets that it would run with."""
    source = ObjectSource(obj)
    return check_documents([(source, shape(source))], catalogue, functions=functions, beside=beside)


def add_library(obj: dict[str, Any], functions: Functions) -> None:
    """Let the functions of a Library object be called, too. Raises SourceError as :func:`compile_ruleset`."""
    source = ObjectSource(obj)
    shaped = shape(source)
    assert isinstance(shaped, Library), obj["kind"]
    functions.add([(source, shaped)])
