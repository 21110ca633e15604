"""The rule files that a command of `rules` is asked about: those named, else those that come with ruleplane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.lang.source import Source
    from ruleplane.model.ruleset import Library, RuleSet

FROM = typer.Argument(
    None,
    metavar="[PATH]...",
    show_default=False,
    help="Rule files, and directories of them (default: the rules that come with ruleplane).",
)


@dataclass(frozen=True)
class Rules:
    """What stands in the files: each rule set and library with its places."""

    sets: list[tuple[Source, RuleSet]]
    libraries: list[tuple[Source, Library]]

    def named(self, name: str) -> tuple[Source, RuleSet]:
        """The rule set of that name; the error proposes the nearest."""
        for source, rule_set in self.sets:
            if rule_set.metadata.name == name:
                return source, rule_set
        raise RuleplaneError(f"no rule set is called {name!r}{nearest(name, [s.metadata.name for _, s in self.sets])}")


def rule_paths(paths: list[Path] | None) -> list[Path]:
    """The paths given, or where the rules that come with ruleplane are."""
    from ruleplane.model.data import data_dir

    return list(paths) if paths else [data_dir("rules")]


def read_rules(paths: list[Path] | None) -> Rules:
    """The documents of the files, their shape checked. Raises SourceError with the place of the first mistake."""
    from ruleplane.lang.load import documents
    from ruleplane.model.ruleset import Library, RuleSet

    found = documents(rule_paths(paths))
    return Rules(
        [(source, item) for source, item in found if isinstance(item, RuleSet)],
        [(source, item) for source, item in found if isinstance(item, Library)],
    )


def nearest(name: str, names: list[str], *, few: bool = False) -> str:
    """The end of an error about an unknown name: what was probably meant, or what there is (unless too many).

    >>> nearest("replicset", ["replicaset"]), nearest("x", ["b", "a"])
    ("; did you mean 'replicaset'?", ' (there are: a, b)')
    """
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    if few:
        return ""
    return f" (there are: {', '.join(sorted(names))})" if names else " (there are none)"


def load_programs(paths: list[Path]) -> list[Program]:
    """The rule sets of the paths, compiled; the bundled libraries may be used. Raises RuleplaneError."""
    from ruleplane.lang.load import compile_documents, documents
    from ruleplane.model.data import data_dir
    from ruleplane.model.ruleset import Library

    found = documents(paths)
    ours = {Path(source.file).resolve() for source, _ in found}
    bundled = [
        (source, item)
        for source, item in documents([data_dir("rules")])
        if isinstance(item, Library) and Path(source.file).resolve() not in ours
    ]
    programs = compile_documents([*bundled, *found])
    if not programs:
        raise RuleplaneError(f"no rule set in {', '.join(map(str, paths))}")
    return programs
