"""``ruleplane rules explain``: what a finding's code means."""

from __future__ import annotations

import textwrap

import typer

from ruleplane.cli.rules.complete import codes
from ruleplane.errors import RuleplaneError


def explain(code: str = typer.Argument(help="A finding's code, as RP005.", autocompletion=codes)) -> None:
    """Explain a finding of `rules check`: what it means, a bad example and a good one.

    Examples: [bold]ruleplane rules explain RP005[/bold]
    """
    from ruleplane.lang.check.explain import explanations

    known = explanations()
    found = known.get(code.upper())
    if found is None:
        raise RuleplaneError(f"no finding has the code {code!r} (there are: {', '.join(sorted(known))})")
    typer.echo(f"{found.code.id}: {found.code.title} ({found.code.severity})\n")
    typer.echo(textwrap.fill(found.why, 100))
    for word, example in (("bad", found.bad), ("good", found.good)):
        typer.echo(f"\n{word}:\n{textwrap.indent(example.rstrip(), '    ')}")
    typer.echo(f"\nto silence it on its line, with the reason:  # allow {found.code.id}: because …")
