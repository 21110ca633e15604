"""``ruleplane rules check``: everything that is wrong with rule files, before anything runs."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ruleplane.cli.rules.sources import FROM, rule_paths

if TYPE_CHECKING:
    from ruleplane.lang.check import Finding


class Shown(StrEnum):
    """How findings are told."""

    text = "text"
    json = "json"
    sarif = "sarif"


def check(
    paths: list[Path] = FROM,
    output: Shown = typer.Option(
        Shown.text, "--output", "-o", help="json: one finding a line. sarif: for code hosts and editors."
    ),
    strict: bool = typer.Option(False, "--strict", help="Warnings count as errors."),
) -> None:
    """Check rule files: types, fields, names, and what several rules do to each other.

    The libraries that come with ruleplane are seen; definitions of custom resources beside the rules tell their fields.

    Exit codes: 0 nothing found, or warnings only; 1 findings; 2 the command line was not understood.

    Examples: [bold]ruleplane rules check my-rules/[/bold] · [bold]ruleplane rules check my-rules/ -o sarif[/bold]
    """
    from ruleplane.lang.check import check_paths
    from ruleplane.model.data import data_dir

    findings = check_paths(rule_paths(paths), libraries=[data_dir("rules") / "lib"])
    if output is Shown.json:
        for finding in findings:
            typer.echo(json.dumps(finding.as_json(), ensure_ascii=False))
    elif output is Shown.sarif:
        from ruleplane.cli.rules.sarif import sarif

        typer.echo(json.dumps(sarif(findings), indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(shown(finding, colours=sys.stdout.isatty()))
        typer.echo(summary(findings), err=True)
    if any(finding.severity == "error" or strict for finding in findings):
        raise typer.Exit(1)


def shown(finding: Finding, *, colours: bool = False) -> str:
    """A finding for people: its place, what is wrong, the line with a caret, what would help."""

    def painted(text: str, **style: object) -> str:
        return typer.style(text, **style) if colours else text  # type: ignore[arg-type]

    place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part)
    colour = "red" if finding.severity == "error" else "yellow"
    head = painted(f"{finding.severity}[{finding.code}]", fg=colour, bold=True)
    lines = [f"{painted(place, bold=True)}: {head} {finding.message}"]
    if finding.text:
        indent = len(finding.text) - len(finding.text.lstrip())
        caret = "^" * max(finding.length, 1)
        lines.append(f"  {finding.text.strip()}")
        lines.append("  " + " " * max(finding.column - 1 - indent, 0) + painted(caret, fg=colour))
    if finding.hint:
        lines.append(f"  {painted('help', fg='cyan')}: {finding.hint}")
    for other in finding.related:
        where = ":".join(str(part) for part in (other.file, other.line, other.column) if part)
        lines.append(f"  {painted(where, fg='cyan')}: {other.message}")
    return "\n".join(lines)


def summary(findings: list[Finding]) -> str:
    """The last line: how many of what, and where to read more."""
    if not findings:
        return "nothing found"
    errors = sum(finding.severity == "error" for finding in findings)
    counts = [_counted(errors, "error"), _counted(len(findings) - errors, "warning")]
    codes = sorted({finding.code for finding in findings})
    return f"{', '.join(count for count in counts if count)} (ruleplane rules explain {codes[0]} says more)"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""
