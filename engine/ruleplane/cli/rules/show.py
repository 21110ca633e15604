"""``ruleplane rules show``: one rule set, explained for a person."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.rules.complete import rule_sets
from ruleplane.cli.rules.picture import dotted, short
from ruleplane.cli.rules.sources import load_programs, read_rules, rule_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.access import Access
    from ruleplane.model.ruleset import Relation, Rule, RuleSet

_READS = ("get", "list", "watch")
_WAYS = ("controlledBy", "ownedBy", "name", "selector", "selectedBy", "labels")


class Shown(StrEnum):
    """How a rule set is told."""

    text = "text"
    json = "json"
    yaml = "yaml"


def show(
    name: str = typer.Argument(help="Name of the rule set.", autocompletion=rule_sets),
    paths: list[Path] = typer.Argument(
        None, metavar="[PATH]...", show_default=False, help="Where it is (default: the rules that come with ruleplane)."
    ),
    output: Shown = typer.Option(Shown.text, "--output", "-o", help="json, yaml: the rule set itself, as written."),
) -> None:
    """Explain a rule set: what it is for, what it looks at, each rule, and what it reads and writes.

    Examples: [bold]ruleplane rules show replicaset[/bold] · [bold]ruleplane rules show mine my-rules/ -o json[/bold]
    """
    source, rule_set = read_rules(paths).named(name)
    if output is Shown.json:
        import json

        typer.echo(json.dumps(source.data, indent=2, ensure_ascii=False))
        return
    if output is Shown.yaml:
        import yaml

        text = yaml.safe_dump(source.data, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
        typer.echo(text, nl=False)
        return
    from ruleplane.lang.access import accesses

    program = next(each for each in load_programs(rule_paths(paths)) if each.name == name)
    colours = sys.stdout.isatty()
    for line in _told(rule_set, source.file, accesses(program)):
        heading = line.endswith(":") and not line.startswith(" ")
        typer.echo(typer.style(line, bold=True, fg="cyan") if colours and heading else line)


def _told(rule_set: RuleSet, file: str, found: list[Access]) -> Iterator[str]:
    spec = rule_set.spec
    ((variable, primary),) = spec.for_.items()
    yield f"{rule_set.metadata.name} ({spec.component})"
    if spec.doc:
        yield f"  {' '.join(spec.doc.split())}"
    yield f"  file: {file}"
    yield ""
    yield "for every:"
    yield f"  {variable}: {primary.kind}"
    for label, value in (("where", primary.where), ("one reconcile per", primary.by)):
        if value is not None:
            yield from _wrapped(f"    {label} ", value)
    if spec.order is not None:
        yield f"  as an admission rule set, in the place {spec.order}"
    if spec.finalizer is not None:
        yield ""
        yield "before it goes:"
        yield from _wrapped(f"  {spec.finalizer.name} is kept until ", spec.finalizer.until)
    yield from _section("settings", {key: _one_line(value) for key, value in spec.params.items()})
    if spec.watch:
        yield ""
        yield "looks at:"
        for key, relation in spec.watch.items():
            yield f"  {key}: {relation.kind}"
            yield from (f"    {line}" for line in _relation(relation))
    yield from _section("names", {key: _one_line(value) for key, value in spec.let.items()})
    yield ""
    yield "rules:"
    for rule in spec.rules:
        yield from _rule(rule)
        for access in found:
            if access.rule == rule.name and access.verb not in _READS:
                yield f"    → {_access(access)}"
    yield from _fields(found)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"  {rule.name} ({rule.head})"
    if rule.doc:
        yield f"    {' '.join(rule.doc.split())}"
    for each, listed in (rule.each or {}).items():
        yield from _wrapped(f"    for each {each} of ", listed)
    for word, condition in (("when", rule.when), ("while", rule.while_)):
        if condition is not None:
            yield from _wrapped(f"    {word} ", condition)
    if rule.finalize:
        yield "    only while the object is being deleted"


def _fields(found: list[Access]) -> Iterator[str]:
    for heading, reading in (("reads", True), ("writes", False)):
        kinds: dict[str, set[str]] = {}
        for access in found:
            if (access.verb in _READS) is reading:
                kinds.setdefault(access.kind, set()).update(map(dotted, access.paths))
        if kinds:
            yield ""
            yield f"{heading}:"
        for kind, fields in kinds.items():
            yield from _wrapped(f"  {kind or short(kind)}: ", ", ".join(sorted(fields)) or "(the object itself)")


def _access(access: Access) -> str:
    what = (access.subresource and f" {access.subresource} of") or ""
    return f"{access.verb}{what} {short(access.kind)}"


def _relation(relation: Relation) -> Iterator[str]:
    if relation.theirs is not None:
        yield f"whose {relation.theirs} is {relation.ours}"
    for way in _WAYS:
        value = getattr(relation, way)
        if value is not None:
            yield f"{way}: {_one_line(value)}"
    if relation.where is not None:
        yield f"where {_one_line(relation.where)}"
    if relation.wakes != "all":
        yield {"none": "its changes wake nobody", "blocked": "its changes wake those that `choose` found nobody for"}[
            relation.wakes
        ]
    if relation.every is not None:
        yield f"looked at every {relation.every}"


def _section(heading: str, entries: dict[str, str]) -> Iterator[str]:
    if entries:
        yield ""
        yield f"{heading}:"
        for key, value in entries.items():
            yield from _wrapped(f"  {key}: ", value)


def _one_line(value: Any) -> str:
    import json

    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _wrapped(start: str, text: str) -> list[str]:
    import textwrap

    margin = " " * (len(start) - len(start.lstrip()) + 4)
    return textwrap.wrap(
        " ".join(text.split()), 110, initial_indent=start, subsequent_indent=margin, break_long_words=False
    )
