"""``ruleplane rules list``: which rule sets there are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.output import Format
from ruleplane.cli.rules.sources import FROM, read_rules, rule_paths
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from ruleplane.cli.rules.sources import Rules


def list_rules(
    paths: list[Path] = FROM,
    output: Format = typer.Option(Format.text, "--output", "-o", help="json: one rule set a line."),
) -> None:
    """List rule sets: component, name, what they are for, and their one sentence.

    Examples: [bold]ruleplane rules list[/bold] · [bold]ruleplane rules list my-rules/ -o json | jq .name[/bold]
    """
    rows = _rows(read_rules(paths))
    if not rows:
        raise RuleplaneError(f"no rule set in {', '.join(map(str, rule_paths(paths)))}")
    if output is Format.json:
        for row in rows:
            typer.echo(json.dumps(row))
    elif sys.stdout.isatty():
        _print_table(rows)
    else:
        widths = [max((len(row[name]) for row in rows), default=0) for name in ("component", "name", "for")]
        for row in rows:
            cells = (row[name].ljust(width) for name, width in zip(("component", "name", "for"), widths, strict=True))
            typer.echo(f"{'  '.join(cells)}  {row['doc']}".rstrip())


def _rows(rules: Rules) -> list[dict[str, Any]]:
    return [
        {
            "component": rule_set.spec.component,
            "name": rule_set.metadata.name,
            "for": ", ".join(primary.kind for primary in rule_set.spec.for_.values()),
            "rules": [rule.name for rule in rule_set.spec.rules],
            "doc": " ".join(rule_set.spec.doc.split()),
            "file": source.file,
        }
        for source, rule_set in rules.sets
    ]


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("COMPONENT", style="dim", no_wrap=True)
    table.add_column("RULE SET", style="bold cyan", no_wrap=True)
    table.add_column("FOR", no_wrap=True)
    table.add_column("RULES", justify="right")
    table.add_column("WHAT IT DOES")
    for row in rows:
        table.add_row(row["component"], row["name"], row["for"], str(len(row["rules"])), row["doc"])
    Console().print(table)
