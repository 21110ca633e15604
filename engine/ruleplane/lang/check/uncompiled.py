"""What only the compiler sees: a rule set that has types and names, and still cannot be run.

A name used twice, a let that uses itself, an instant that would be written for ever, what admission has no place for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.errors import SourceError
from ruleplane.lang.build import build
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.library import Functions
    from ruleplane.lang.outline import Outline

_NAMES = ("there is no name", "there is no function")


def uncompiled(outline: Outline, functions: Functions, found: Sequence[Finding]) -> Iterator[Finding]:
    """A finding for each mistake of the compiler that is not among those ``found`` already."""
    if not outline.source.whole:
        return
    wrong: list[SourceError] = []
    try:
        build(outline.source, outline.ruleset, functions, told=wrong)
    except SourceError as last:
        wrong = wrong or [last]
    places = {(one.file, one.line, one.column) for one in found if one.severity == "error"}
    unnamed = any(one.code in ("RP002", "RP003") for one in found)
    for error in wrong:
        if (error.file, error.line, error.column) in places:
            continue
        if error.message.startswith(_NAMES) and (unnamed or error is not wrong[0]):
            continue  # what is named here does not compile itself, or was told better
        yield told("RP001", error, ruleset=outline.name, rule=_rule(outline, error))


def _rule(outline: Outline, error: SourceError) -> str:
    """The name of the rule that an error lies in: the last one that begins before it."""
    places = outline.source.places
    found = ""
    for index, rule in enumerate(outline.ruleset.spec.rules):
        if places[("spec", "rules", index)] <= (error.line, error.column):
            found = rule.name
    return found
