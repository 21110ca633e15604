"""``ruleplane trace``: what fired, and what came of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.output import Format, print_lines
from ruleplane.cli.rules.complete import rule_sets

if TYPE_CHECKING:
    from ruleplane.cli.sources import Source

_POLL_SECONDS = 0.25


def trace(
    target: str = typer.Argument(
        "", metavar="[OBJECT]", help="Only what concerns this object, as rs/web or node/node-1."
    ),
    rule: str = typer.Option("", "--rule", "-r", help="Only firings of this rule: bind, or default/bind."),
    ruleset: str = typer.Option("", help="Only firings of this rule set.", autocompletion=rule_sets),
    since: str = typer.Option("", help="Only since this time, as 2026-01-01T00:00:00Z."),
    errors: bool = typer.Option(False, "--errors", help="Only firings that failed or were refused something."),
    limit: int = typer.Option(50, min=1, max=10_000, help="At most so many, the newest."),
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on printing what happens."),
    namespace: str = typer.Option("", "--namespace", "-n", help="Of the object."),
    output: Format = typer.Option(Format.text, "--output", "-o", help="json: one record a line."),
    data_dir: Path = typer.Option(None, help="Ask a stopped control plane's data directory."),
    kubeconfig: Path = typer.Option(None, help="Ask this running control plane (default: $KUBECONFIG)."),
) -> None:
    """Print the firings of rules, with what woke them, what they wrote, and the requests of clients.

    Examples: [bold]ruleplane trace rs/web[/bold] · [bold]ruleplane trace --rule bind --follow[/bold] ·
    [bold]ruleplane trace --errors -o json --data-dir .cache/demo[/bold]
    """
    from ruleplane.cli.sources import open_source

    source = open_source(data_dir, kubeconfig)
    query = {"limit": str(limit), "namespace": namespace or source.namespace}
    asked = {"object": target, "rule": rule, "ruleset": ruleset, "since": since}
    query |= {name: value for name, value in asked.items() if value}
    if errors:
        query["errors"] = "true"
    try:
        answer = source.get("firings", query)
        _print(answer, output)
        while follow:
            answer = _next(source, query, answer)
            _print(answer, output)
    finally:
        source.close()


def _next(source: Source, query: dict[str, str], answer: dict[str, Any]) -> dict[str, Any]:
    """The next records; waits a little where there was nothing new."""
    following = source.get("firings", {**query, "after": str(answer["cursor"])})
    if following["cursor"] == answer["cursor"]:
        time.sleep(_POLL_SECONDS)
    return following


def _print(answer: dict[str, Any], output: Format) -> None:
    for item in answer["items"]:
        text = item.pop("text")
        if output is Format.json:
            typer.echo(json.dumps(item))
        else:
            print_lines(text)
