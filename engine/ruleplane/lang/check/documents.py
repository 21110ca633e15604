"""Checks rule files: everything that is wrong with them, not only the first thing.

``check_documents`` is called at every load, at the admission of a rule set that is installed, and by the command;
``check_paths`` reads files first. What is not even a rule file is a finding, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError, SourceError
from ruleplane.lang.cel.shapes import DYN
from ruleplane.lang.check import (
    conditions,
    cycles,
    fields,
    keys,
    kinds,
    order,
    presence,
    silence,
    types,
    unused,
    writers,
)
from ruleplane.lang.check.catalogue import Catalogue
from ruleplane.lang.check.finding import Finding, Related, told
from ruleplane.lang.check.uncompiled import uncompiled
from ruleplane.lang.check.writes import RuleFacts
from ruleplane.lang.library import Functions
from ruleplane.lang.load import files, is_rules
from ruleplane.lang.outline import Outline
from ruleplane.lang.params import settings
from ruleplane.lang.source import read, shaped
from ruleplane.lang.uncollected import uncollected
from ruleplane.model.crd import DEFINITION
from ruleplane.model.ruleset import API_VERSION, Library, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ruleplane.lang.cel.source import Source as CelSource
    from ruleplane.lang.load import Documents
    from ruleplane.lang.source import Source

    OverMaps = set[tuple[CelSource, int]]
    Found = Sequence[tuple[Source, RuleSet | Library]]


_WORD = re.compile(r"[A-Za-z_]\w*")


@uncollected()
def check_documents(
    found: Found, catalogue: Catalogue | None = None, *, others: Found = (), functions: Functions | None = None,
    beside: Sequence[RuleFacts] = (), served: bool = True,
) -> list[Finding]:  # fmt: skip
    """What is wrong with these documents, in order of place.

    ``others`` are rule sets and libraries that run beside them: they are not checked again, but seen; so are those of
    which ``beside`` has the facts already. ``functions``
    are the libraries' where somebody has compiled all of it already; else what does not compile is told as well.
    ``served``: the kinds of the catalogue are all that there will be.
    """
    catalogue = catalogue or Catalogue.of()
    findings: list[Finding] = []
    compiled = functions is not None
    if functions is None:
        functions = Functions()
        wrong: list[SourceError] = []
        functions.add([(source, item) for source, item in (*others, *found) if isinstance(item, Library)], wrong)
        findings += [told("RP001", error) for error in wrong]
        findings += _named_twice(found)
    facts = []
    for source, item in found:
        if isinstance(item, RuleSet):
            outline = Outline(source, item)
            one, over_maps = _one(outline, catalogue, functions, served=served)
            findings += one if compiled else [*one, *uncompiled(outline, functions, one)]
            facts.append(RuleFacts(outline, catalogue, functions.definitions))
            findings += conditions.check(outline, facts[-1].expander)
            findings += order.check(facts[-1], over_maps)
    seen = [
        RuleFacts(Outline(source, item), catalogue, functions.definitions)
        for source, item in others
        if isinstance(item, RuleSet)
    ]
    seen += beside
    checked = {each.outline.name for each in facts}
    findings += writers.check([*seen, *facts], checked)
    findings += cycles.check([*seen, *facts], checked)
    sources = [source for source, _ in (*others, *found)] + [each.outline.source for each in beside]
    findings = [_in_file(finding, sources) for finding in set(findings)]
    partly = {source.file for source, _ in found if not source.whole}
    shown = silence.silenced(findings, {source.file: source.lines for source, _ in found}.items(), partly)
    return sorted(shown, key=_place)


def _named_twice(found: Found) -> Iterator[Finding]:
    names: dict[str, str] = {}
    for source, item in found:
        if isinstance(item, RuleSet) and source.whole:
            name = item.metadata.name
            if name in names:
                error = source.error(f"the rule set {name!r} exists already, in {names[name]}", ("metadata", "name"))
                yield told("RP001", error, ruleset=name)
            names[name] = source.file


def _place(one: Finding) -> tuple[str, int, int, str, str]:
    return one.file, one.line, one.column, one.code, one.message


def _in_file(finding: Finding, sources: Sequence[Source]) -> Finding:
    """The finding where it stands in the file, with the whole line and the word that it points at."""
    line, column = _exact(finding, sources)
    text = next((source.lines for source in sources if source.file == finding.file), [])[line - 1 : line]
    beside = tuple(Related(one.message, one.file, *_exact(one, sources)) for one in finding.related)
    if not text:
        return replace(finding, related=beside) if beside != finding.related else finding
    word = _WORD.match(text[0], column - 1)
    length = finding.length or (len(word[0]) if word else 0)
    return replace(finding, line=line, column=column, text=text[0], length=length, related=beside)


def _exact(place: Finding | Related, sources: Sequence[Source]) -> tuple[int, int]:
    for source in sources:
        if source.file == place.file and source.folded:
            found = source.exact(place.line, place.column)
            if found != (place.line, place.column):
                return found
    return place.line, place.column


def _one(
    outline: Outline, catalogue: Catalogue, functions: Functions, *, served: bool
) -> tuple[list[Finding], OverMaps]:
    """What is wrong with the rule set by itself, and where its macros run over a map."""
    findings = [told("RP001", error, ruleset=outline.name) for error in outline.errors]
    try:
        shapes = settings(outline.source, outline.ruleset.spec.params, {}).shapes
    except SourceError as error:
        findings.append(told("RP001", error, ruleset=outline.name))
        shapes = dict.fromkeys(outline.ruleset.spec.params, DYN)
    findings += kinds.check(outline, catalogue, served=served)
    typed = types.Types(outline, catalogue, functions.compiled, functions.definitions, shapes)
    typed.check()
    fields.check(typed)
    keys.check(typed)
    findings += typed.findings
    findings += presence.check(outline, catalogue, functions.definitions)
    if outline.source.whole:  # else what was left out may use it
        findings += unused.check(outline, functions.definitions)
    return findings, typed.over_maps


@uncollected()
def check_paths(
    paths: Iterable[Path], *, libraries: Iterable[Path] = (), crds: Iterable[dict[str, Any]] = ()
) -> list[Finding]:
    """What is wrong with these files. ``libraries`` are seen beside them; definitions of kinds are found in both.
    Raises RuleplaneError where nothing is there to check."""
    findings: list[Finding] = []
    definitions = list(crds)
    paths = list(paths)
    found = _read(paths, findings, definitions)
    if not found and not findings:
        where = ", ".join(map(str, paths))
        raise RuleplaneError(f"no rule set or library in {where} (a rule file begins with apiVersion: {API_VERSION})")
    own = {item.metadata.name for _, item in found if isinstance(item, Library)}
    read_already = {path.resolve() for path in files(paths)}
    more = [path for path in files(libraries) if path.resolve() not in read_already]
    beside = [
        (source, item)
        for source, item in _read(more, [], definitions)
        if isinstance(item, Library) and item.metadata.name not in own
    ]
    try:
        catalogue = Catalogue.of(definitions)
    except RuleplaneError as error:
        findings.append(Finding("RP001", "error", str(error), str(paths[0]) if paths else ""))
        catalogue = Catalogue.of()
    found_now = check_documents(found, catalogue, others=beside, served=False)
    return sorted({*findings, *found_now}, key=_place)


def _read(paths: Iterable[Path], findings: list[Finding], definitions: list[dict[str, Any]]) -> Documents:
    found: Documents = []
    for path in files(paths):
        wrong: list[SourceError] = []
        try:
            sources = read(path, wrong)
        except SourceError as error:
            wrong, sources = [error], []
        findings += [told("RP001", error) for error in wrong]
        for source in sources:
            data = source.data
            if not isinstance(data, dict):
                continue
            if f"{data.get('apiVersion')}/{data.get('kind')}" == DEFINITION:
                definitions.append(data)
            elif is_rules(data):
                item, wrong = shaped(source)
                findings += [told("RP001", error, ruleset=_name(item)) for error in wrong]
                if item is not None:
                    found.append((source, item))
    return found


def _name(item: RuleSet | Library | None) -> str:
    return item.metadata.name if isinstance(item, RuleSet) else ""
