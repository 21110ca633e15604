"""What the other rule sets of a cluster write: with it the checker can tell who a new one would fight with.

Found once for each text, at the first rule set that is installed; anew where functions or kinds have changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.errors import SourceError
from ruleplane.lang.check.writes import RuleFacts
from ruleplane.lang.outline import Outline
from ruleplane.lang.source import shape
from ruleplane.model.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.library import Functions
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Registry
    from ruleplane.reconcile.catalog import Catalog


class Neighbours:
    """``files``: the programs that come from files."""

    def __init__(self, catalog: Catalog, registry: Registry, files: Callable[[], Iterable[Program]]) -> None:
        self._catalog, self._registry, self._files = catalog, registry, files
        self._known: dict[str, tuple[Program, RuleFacts]] = {}
        self._of: tuple[Functions, int] | None = None

    def of(self, name: str, catalogue: Catalogue) -> list[RuleFacts]:
        """The facts of all that run, but for the rule set of that name and those that are being deleted."""
        functions, generation = self._catalog.functions, self._registry.generation
        if self._of is None or self._of[0] is not functions or self._of[1] != generation:
            self._known.clear()
            self._of = functions, generation
        found = []
        for program in self._programs():
            if program.name == name:
                continue
            known = self._known.get(program.name)
            if known is None or known[0] is not program:
                ruleset = shape(program.source)
                assert isinstance(ruleset, RuleSet), program
                facts = RuleFacts(Outline(program.source, ruleset), catalogue, functions.definitions)
                known = self._known[program.name] = program, facts
            found.append(known[1])
        return found

    def _programs(self) -> Iterable[Program]:
        yield from self._files()
        for name, obj in sorted(self._catalog.rulesets.items()):
            if "deletionTimestamp" not in obj["metadata"]:
                try:
                    yield self._catalog.program(name)
                except SourceError:
                    continue  # it is not in force
