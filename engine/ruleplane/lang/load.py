"""Loads rule files: libraries first, then rule sets, from files and directories."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ruleplane.errors import SourceError
from ruleplane.lang.build import build
from ruleplane.lang.library import Functions
from ruleplane.lang.source import Source, exactly, read, shape
from ruleplane.lang.uncollected import uncollected
from ruleplane.model.crd import DEFINITION
from ruleplane.model.data import data_dir
from ruleplane.model.ruleset import Library, RuleSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.program import Program

_LOG = logging.getLogger("ruleplane.rules")

Documents = list[tuple[Source, "RuleSet | Library"]]


def files(paths: Iterable[Path]) -> list[Path]:
    """Every rule file named, or below a directory named, in order and once. Raises SourceError for a path that is not
    there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(item for item in path.rglob("*") if item.suffix in (".yaml", ".yml") and item.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise SourceError("no such rule file or directory", file=str(path))
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1]


@uncollected()
def documents(paths: Iterable[Path]) -> Documents:
    """The rule sets and libraries of these files; other manifests beside them are left alone. Raises SourceError."""
    found: Documents = []
    for path in files(paths):
        for source in read(path):
            if is_rules(source.data):
                found.append((source, shape(source)))
    return found


def definitions(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The definitions of kinds among the other manifests of these files: rules for those kinds need them. Raises
    SourceError."""
    api_version, _, kind = DEFINITION.rpartition("/")
    return [
        source.data
        for path in files(paths)
        for source in read(path)
        if isinstance(source.data, dict)
        and (source.data.get("apiVersion"), source.data.get("kind")) == (api_version, kind)
    ]


def is_rules(data: Any) -> bool:
    """Whether a document is meant as a rule set or library, and no other manifest."""
    if not isinstance(data, dict):
        return False
    if "apiVersion" not in data:
        return data.get("kind") in ("RuleSet", "Library")
    return str(data["apiVersion"]).startswith("ruleplane.dev/")


@uncollected()
def libraries(found: Documents) -> Functions:
    """The functions of the libraries among these. Raises SourceError."""
    functions = Functions()
    try:
        functions.add((source, item) for source, item in found if isinstance(item, Library))
    except SourceError as error:
        raise exactly(error, (source for source, _ in found)) from error.__cause__
    return functions


@uncollected()
def compile_documents(
    found: Documents, params: Mapping[str, Mapping[str, Any]] | None = None, functions: Functions | None = None
) -> list[Program]:
    """Programs in the order of their files. ``params``: rule set -> settings. Raises SourceError at the first mistake
    that keeps one from being compiled; :func:`checked` looks for all others."""
    functions = functions if functions is not None else libraries(found)
    programs: list[Program] = []
    names: dict[str, str] = {}
    for source, item in found:
        if isinstance(item, RuleSet):
            name = item.metadata.name
            if name in names:
                raise source.error(f"the rule set {name!r} exists already, in {names[name]}", ("metadata", "name"))
            names[name] = source.file
            try:
                programs.append(build(source, item, functions, (params or {}).get(name)))
            except SourceError as error:
                raise exactly(error, (one for one, _ in found)) from error.__cause__
    unknown = sorted(set(params or {}) - set(names))
    if unknown:
        raise SourceError(f"settings are given for {', '.join(unknown)}: no such rule set")
    return programs


@uncollected()
def checked(
    found: Documents,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    kinds: Iterable[dict[str, Any]] = (),
    warned: Callable[[Finding], None] | None = None,
) -> list[Program]:
    """Programs of documents that the checker finds no error in. Raises SourceError.

    ``kinds``: definitions of custom resources, whose fields are checked then. ``warned`` is told what is doubtful
    (default: the log).
    """
    from ruleplane.lang.check import Catalogue, refuse  # the checker reads files with this module

    functions = libraries(found)
    programs = compile_documents(found, params, functions)
    warn(refuse(found, Catalogue.of(kinds), functions=functions), warned)
    return programs


def warn(warnings: Iterable[Finding], warned: Callable[[Finding], None] | None = None) -> None:
    """Tell what is doubtful to whoever wants to know, else to the log."""
    for warning in warnings:
        if warned is not None:
            warned(warning)
        else:
            _LOG.warning("%s", warning.error())


@uncollected()
def load(paths: Iterable[Path], params: Mapping[str, Mapping[str, Any]] | None = None) -> list[Program]:
    """Read, compile and check; what the bundled libraries define may be used. Raises SourceError."""
    found = documents(paths)
    return checked([*bundled_libraries(found), *found], params)


def bundled_libraries(found: Documents) -> Documents:
    """The libraries that ruleplane brings along, without those that are among ``found`` already."""
    there = {source.data["metadata"]["name"] for source, item in found if isinstance(item, Library)}
    brought = documents([data_dir("rules") / "lib"])
    return [(source, item) for source, item in brought if item.metadata.name not in there]
