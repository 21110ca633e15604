"""``ruleplane rules fmt``: rule files laid out in the one way, comments kept."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import typer

from ruleplane.cli.rules.sources import rule_paths
from ruleplane.errors import RuleplaneError


def fmt(
    paths: list[Path] = typer.Argument(
        None, metavar="PATH...", help="Rule files, and directories of them; - is stdin."
    ),
    check: bool = typer.Option(False, "--check", help="Write nothing; exit code 1 where a file would change."),
    diff: bool = typer.Option(False, "--diff", help="Write nothing; show what would change."),
) -> None:
    """Lay out rule files: two spaces, keys in the order of the reference, every comment kept.

    Block or flow, breaks in long expressions and needed quotes stay as they are. Other manifests are left alone.

    Examples: [bold]ruleplane rules fmt my-rules/[/bold] · [bold]ruleplane rules fmt --check --diff .[/bold] ·
    [bold]ruleplane rules fmt - < a.yaml[/bold]
    """
    from ruleplane.lang.format import format_text
    from ruleplane.lang.load import files

    if not paths:
        raise typer.BadParameter(
            "which files? Name rule files or directories: ruleplane rules fmt .", param_hint="PATH"
        )
    if paths == [Path("-")]:
        typer.echo(format_text(sys.stdin.read(), "<stdin>"), nl=False)
        return
    changed = []
    for path in files(rule_paths(paths)):
        text = _read(path)
        if "ruleplane.dev/" not in text:
            continue
        made = format_text(text, str(path))
        if made == text:
            continue
        changed.append(path)
        if diff:
            _show(path, text, made)
        if not (check or diff):
            path.write_text(made, encoding="utf-8", newline="\n")
        if not diff:
            typer.echo(f"{'would lay out' if check else 'laid out'} {path}")
    if check and changed:
        raise typer.Exit(1)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleplaneError(f"reading {path}: {error}") from error


def _show(path: Path, text: str, made: str) -> None:
    lines = difflib.unified_diff(text.splitlines(), made.splitlines(), str(path), f"{path} (laid out)", lineterm="")
    for line in lines:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        typer.secho(line, fg=colour if sys.stdout.isatty() else None)
