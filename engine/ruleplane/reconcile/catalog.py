"""What is installed: the rule sets and libraries of the API, as texts, and the functions that rule sets may call.

Follows the store's events at once, so that admission (``gate.py``) and the installer (``install.py``) see one state. It
compiles, and runs nothing. Rule sets from files are no objects: of these only the names count here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.errors import SourceError
from ruleplane.lang.installed import add_library, compile_ruleset, ruleset_findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.lang.library import Functions
    from ruleplane.lang.program import Program

    Objects = dict[str, dict[str, Any]]

GROUP = "ruleplane.dev"
RULE_SET = "ruleplane.dev/v1/RuleSet"
LIBRARY = "ruleplane.dev/v1/Library"


class Catalog:
    """``functions``: those of library files; ``taken``: names of rule sets from files, and where they are."""

    def __init__(self, functions: Functions, taken: Mapping[str, str]) -> None:
        self._base = functions
        self.taken = dict(taken)
        self.rulesets: Objects = {}
        self.libraries: Objects = {}
        self.bad: dict[str, SourceError] = {}  # libraries that cannot be loaded
        self._functions: Functions | None = None
        self._programs: dict[str, tuple[Any, Functions, Program | SourceError]] = {}  # by name: of which text

    def clear(self) -> None:
        """Nothing is known of what is installed."""
        self.rulesets.clear()
        self.libraries.clear()
        self._programs.clear()
        self._functions = None

    def put(self, ref: str, name: str, obj: dict[str, Any] | None) -> None:
        """The object is now this (None: gone)."""
        objects = self.libraries if ref == LIBRARY else self.rulesets
        before = objects.get(name)
        if obj is None:
            objects.pop(name, None)
            self._programs.pop(name, None) if ref == RULE_SET else None
        else:
            objects[name] = obj
        if ref == LIBRARY and (before or {}).get("spec") != (obj or {}).get("spec"):
            self._functions = None

    @property
    def functions(self) -> Functions:
        """What installed rule sets may call: the functions of files, and of every installed library that loads."""
        if self._functions is None:
            self._functions, self.bad = self._with(self.libraries)
        return self._functions

    def program(self, name: str) -> Program:
        """The program of an installed rule set under the present functions. Raises SourceError."""
        obj, functions = self.rulesets[name], self.functions
        known = self._programs.get(name)
        if known is None or known[0] != obj["spec"] or known[1] is not functions:
            known = self._programs[name] = (obj["spec"], functions, _tried(obj, functions))
        if isinstance(known[2], SourceError):
            raise known[2]
        return known[2]

    def trial(self, obj: dict[str, Any]) -> Program:
        """The program of a rule set that is not installed yet. Raises SourceError."""
        return compile_ruleset(obj, self.functions)

    def callers(self, library: dict[str, Any]) -> list[Program]:
        """What the installed rule sets that call functions of this library would be with it."""
        name, names = library["metadata"]["name"], _names(library)
        functions, _ = self._with({**self.libraries, name: library})
        tried = (_tried(obj, functions) for _, obj in sorted(self.rulesets.items()))
        return [
            program
            for program in tried
            if not isinstance(program, SourceError) and names & {head.partition("(")[0] for head in program.calls}
        ]

    def in_force(self, name: str, text: str) -> Program:
        """The program of a text that was noted when it came into force. Raises SourceError."""
        kept = orjson.loads(text)
        return compile_ruleset(
            {**self.rulesets[name], "spec": kept["spec"]}, self.functions.redefined(kept["functions"])
        )

    def check_library(self, obj: dict[str, Any]) -> None:
        """Raise SourceError if the library cannot be loaded in the place of the one of its name, or if a rule set or
        library that works at present then could not."""
        name = obj["metadata"]["name"]
        functions, bad = self._with({**self.libraries, name: obj})
        if name in bad:
            raise bad[name]
        for other, error in bad.items():
            if other not in self.bad:
                raise SourceError(f"the library {other} needs it otherwise: {error}", file="spec.functions")
        for user in self.users(name, obj):
            try:
                compile_ruleset(self.rulesets[user], functions)
                self._check_anew(self.rulesets[user], functions)
            except SourceError as error:
                raise SourceError(f"the rule set {user} needs it otherwise: {error}", file="spec.functions") from error

    def _check_anew(self, ruleset: dict[str, Any], functions: Functions) -> None:
        """Raise SourceError for what the checker finds wrong under these functions, and not under the present ones."""
        errors = [one for one in ruleset_findings(ruleset, functions) if one.severity == "error"]
        if errors:
            before = {(one.code, one.message) for one in ruleset_findings(ruleset, self.functions)}
            for one in errors:
                if (one.code, one.message) not in before:
                    raise one.error()

    def users(self, library: str, instead: dict[str, Any] | None = None) -> list[str]:
        """The installed rule sets that call functions of a library, or use a name that it has ``instead``."""
        names = _names(self.libraries.get(library))
        new = _names(instead) - names
        return sorted(name for name in self.rulesets if (names & self._called(name)) or (new & self._own(name)))

    def libraries_calling(self, library: str) -> list[str]:
        """The other installed libraries that could not be loaded without this one."""
        _, bad = self._with({name: obj for name, obj in self.libraries.items() if name != library})
        return sorted(name for name in bad if name not in self.bad)

    def in_use(self, library: str) -> str:
        """Who calls a library, as people say it; nothing where nobody does."""
        rulesets, libraries = self.users(library), self.libraries_calling(library)
        return ", ".join((*(f"the rule set {one}" for one in rulesets), *(f"the library {one}" for one in libraries)))

    def _called(self, name: str) -> set[str]:
        try:
            return {head.partition("(")[0] for head in self.program(name).calls}
        except SourceError:
            return set()  # it is not in force: nothing of it can break

    def _own(self, name: str) -> set[str]:
        return {key.partition("(")[0] for key in self.rulesets[name]["spec"].get("let", {})}

    def _with(self, libraries: Objects) -> tuple[Functions, dict[str, SourceError]]:
        """The functions of files and of those libraries that load; the others, and why not."""
        functions, waiting, errors = self._base.copy(), dict(sorted(libraries.items())), {}
        while waiting:  # a library may call another: go round until nothing more loads
            loaded = []
            for name, obj in waiting.items():
                trial = functions.copy()
                try:
                    add_library(obj, trial)
                except SourceError as error:
                    errors[name] = error
                else:
                    functions = trial
                    loaded.append(name)
            for name in loaded:
                del waiting[name]
                errors.pop(name, None)
            if not loaded:
                break
        return functions, errors


def _names(library: dict[str, Any] | None) -> set[str]:
    return {head.partition("(")[0].strip() for head in (library or {}).get("spec", {}).get("functions", {})}


def _tried(obj: dict[str, Any], functions: Functions) -> Program | SourceError:
    try:
        return compile_ruleset(obj, functions)
    except SourceError as error:
        return error
