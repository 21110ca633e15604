"""``ruleplane why``: the chain of causes of an object or of one of its fields."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from ruleplane.cli.output import Format, print_lines


def why(
    target: str = typer.Argument(
        ..., metavar="OBJECT[.FIELD]", help="As pod/web-x7k2p or pod/web-x7k2p.spec.nodeName."
    ),
    field: str = typer.Option("", help="The field, where it cannot be told from the object's name."),
    namespace: str = typer.Option("", "--namespace", "-n", help="Of the object."),
    output: Format = typer.Option(Format.text, "--output", "-o", help="json: the chain as one document."),
    data_dir: Path = typer.Option(None, help="Ask a stopped control plane's data directory."),
    kubeconfig: Path = typer.Option(None, help="Ask this running control plane (default: $KUBECONFIG)."),
) -> None:
    """Walk from the write that last set a field back to the request that began it all.

    Examples: [bold]ruleplane why pod/web-x7k2p[/bold] ·
    [bold]ruleplane why rs/web.status.readyReplicas -n shop[/bold]. Exit code 1 where no write is on record.
    """
    from ruleplane.cli.sources import open_source

    source = open_source(data_dir, kubeconfig)
    query = {"object": target, "namespace": namespace or source.namespace}
    if field:
        query["field"] = field
    try:
        answer = source.get("why", query)
    finally:
        source.close()
    text = answer.pop("text")
    if output is Format.json:
        typer.echo(json.dumps(answer))
    else:
        print_lines(text)
    if not answer["steps"]:
        raise typer.Exit(1)
