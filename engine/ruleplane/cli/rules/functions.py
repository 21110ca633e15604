"""``ruleplane rules functions``: what expressions may call."""

from __future__ import annotations

import json
import sys

import typer

from ruleplane.cli.output import Format
from ruleplane.cli.rules.sources import nearest
from ruleplane.errors import RuleplaneError


def _names(incomplete: str) -> list[str]:
    """For shell completion."""
    from ruleplane.lang.reference import entries

    return [entry.name for entry in entries() if entry.name.startswith(incomplete)]


def functions(
    name: str = typer.Argument("", help="One function, or a part of its name.", autocompletion=_names),
    output: Format = typer.Option(Format.text, "--output", "-o", help="json: one function a line."),
) -> None:
    """Tell which functions expressions may call: signatures, a sentence, an example that yields true.

    Examples: [bold]ruleplane rules functions[/bold] · [bold]ruleplane rules functions firstFree[/bold] ·
    [bold]ruleplane rules functions math[/bold]
    """
    from ruleplane.lang.reference import entries

    every = entries()
    exact = [entry for entry in every if entry.name == name]
    found = exact or [entry for entry in every if name.lower() in entry.name.lower()]
    if not found:
        raise RuleplaneError(f"no function is called {name!r}{nearest(name, [e.name for e in every], few=True)}")
    if output is Format.json:
        for entry in found:
            row = {"name": entry.name, "section": entry.section, "signatures": entry.signatures, "doc": entry.says}
            typer.echo(json.dumps({**row, "example": entry.example}, ensure_ascii=False))
        return
    colours, section = sys.stdout.isatty(), ""
    for entry in found:
        if name and len(found) < 12:
            for signature in entry.signatures:
                typer.echo(typer.style(signature, bold=True, fg="cyan") if colours else signature)
            typer.echo(f"  {entry.says}\n  {entry.example}\n")
            continue
        if entry.section != section:
            section = entry.section
            typer.echo(typer.style(f"\n{section}", bold=True) if colours else f"\n{section}")
        typer.echo(f"  {entry.name:<28}{entry.says}")
