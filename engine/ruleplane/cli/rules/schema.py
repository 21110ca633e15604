"""``ruleplane rules schema``: the JSON Schema that makes an editor complete rule files."""

from __future__ import annotations

from pathlib import Path

import typer

from ruleplane.errors import RuleplaneError

FILE = "ruleset.schema.json"


def schema(
    output: Path = typer.Option(None, "--output", "-o", metavar="FILE", help="Write it there instead of printing it."),
) -> None:
    """Print the JSON Schema of rule files, for editors.

    Examples: [bold]ruleplane rules schema -o ruleset.schema.json[/bold]; the first line of a rule file then is
    [bold]# yaml-language-server: $schema=ruleset.schema.json[/bold]
    """
    if output is None:
        typer.echo(schema_text(), nl=False)
    else:
        write(output)


def schema_text() -> str:
    """The schema that comes with this version."""
    from ruleplane.model.data import data_dir

    return (data_dir("schemas") / FILE).read_text(encoding="utf-8")


def write(path: Path) -> None:
    """Put the schema there. Raises RuleplaneError."""
    try:
        path.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise RuleplaneError(f"writing the schema to {path}: {error.strerror or error}") from error
