"""``ruleplane rules``: the rule files that this control plane is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from ruleplane.cli.output import Format

app = typer.Typer(no_args_is_help=True, help="Rule files: list them.")


@app.callback()
def _group() -> None:
    """Rule files."""


@app.command("list")
def list_rules(
    directory: Path = typer.Argument(None, help="Where rule files are (default: those that come with ruleplane)."),
    output: Format = typer.Option(Format.text, "--output", "-o", help="json: one rule set a line."),
) -> None:
    """List rule sets: component, name, what they are for, and their one sentence."""
    rows = _rule_sets(directory)
    if output is Format.json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    widths = [max((len(str(row[name])) for row in rows), default=0) for name in ("component", "name", "for")]
    for row in rows:
        cells = (str(row[name]).ljust(width) for name, width in zip(("component", "name", "for"), widths, strict=True))
        typer.echo(f"{'  '.join(cells)}  {row['doc']}")


def _rule_sets(directory: Path | None) -> list[dict[str, Any]]:
    import yaml

    from ruleplane.errors import RuleplaneError
    from ruleplane.model.data import data_dir

    root = directory or data_dir("rules")
    if not root.is_dir():
        raise RuleplaneError(f"listing rules: {root} is no directory")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # as rule files are read: it takes more flow scalars
    found = []
    for path in sorted(root.rglob("*.yaml")):
        try:
            found += [(path, document) for document in yaml.load_all(path.read_text(), loader)]
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise RuleplaneError(f"listing rules: {path}: {error}") from error
    rows = []
    for path, document in found:
        if not isinstance(document, dict) or document.get("kind") != "RuleSet":
            continue
        spec = document.get("spec") or {}
        primaries = [entry.get("kind", "") for entry in (spec.get("for") or {}).values() if isinstance(entry, dict)]
        rows.append(
            {
                "component": spec.get("component", ""),
                "name": document.get("metadata", {}).get("name", ""),
                "for": ", ".join(primaries),
                "rules": [rule.get("name", "") for rule in spec.get("rules") or []],
                "doc": " ".join(str(spec.get("doc", "")).split()),
                "file": str(path.relative_to(root)),
            }
        )
    return rows
