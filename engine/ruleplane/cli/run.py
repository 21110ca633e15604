"""``ruleplane run``: the rule sets of some files as a controller against any Kubernetes API server."""

from __future__ import annotations

import json
import os
import signal
import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.output import Format
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.client.rehearsal import Change
    from ruleplane.client.settings import Settings
    from ruleplane.model.trace import EffectRecord

_COLOURS = {"write": "green", "warning": "yellow", "error": "red"}


def run(
    rules: list[Path] = typer.Argument(..., metavar="PATH...", help="Rule files, or directories of such."),
    kubeconfig: Path = typer.Option(
        None, help="Which cluster (default: $KUBECONFIG, the Pod's service account, ~/.kube/config)."
    ),
    context: str = typer.Option("", help="Context of the kubeconfig (default: its current one)."),
    namespace: str = typer.Option("", "--namespace", "-n", help="Watch and write only this one (default: all)."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="RULESET.PARAM=VALUE", help="A setting of a rule set, instead of its default."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print what would be written first, write nothing, end."),
    once: bool = typer.Option(False, "--once", help="End when there is nothing more to do."),
    retract: bool = typer.Option(
        False, "--retract", help="Every `while` is false: undo what was done under it, and end."
    ),
    leader_elect: bool = typer.Option(
        None, "--leader-elect/--no-leader-elect", help="Of several runs one writes (default: yes, but not with --once)."
    ),
    trace_dir: Path = typer.Option(
        None, help="Keep the trace here, for ruleplane why --data-dir (default: it is not kept)."
    ),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Tell only what goes wrong."),
    output: Format = typer.Option(Format.text, "--output", "-o", help="Of --dry-run; json: one write a line."),
) -> None:
    """Run rule files as a controller against any Kubernetes cluster, until Ctrl-C.

    Exit codes: 0 ended as asked; 1 the rules or the cluster are not as they must be, the lease was lost, (--once,
    --dry-run) something failed, or (--retract) something is not undone.

    Examples: [bold]ruleplane run my-rule.yaml[/bold] · [bold]ruleplane run my-rule.yaml --dry-run[/bold] ·
    [bold]ruleplane run rules/ --context prod -n shop --trace-dir ./trace[/bold]
    """
    from ruleplane.cli.places import default_kubeconfig
    from ruleplane.cli.up import run as run_loop
    from ruleplane.client.credentials import where_from
    from ruleplane.client.settings import Settings
    from ruleplane.lang.params import parse_overrides

    if dry_run and once:
        raise RuleplaneError("--dry-run ends by itself: it goes without --once")
    if retract and once:
        raise RuleplaneError("--retract ends by itself: it goes without --once")
    wanted = Settings(
        rules,
        where_from(kubeconfig, default_kubeconfig()),
        context,
        namespace,
        params=parse_overrides(settings),
        dry_run=dry_run,
        once=once,
        retract=retract,
        elect=not dry_run and (leader_elect if leader_elect is not None else not once),
        trace_dir=trace_dir,
    )
    told = _teller(quiet=quiet, errors_only=dry_run and output is Format.json)
    sys.exit(run_loop(_serve(wanted, told, _printer(output))))


async def _serve(
    settings: Settings, tell: Callable[[str, str], None], changes: Callable[[Change, str, EffectRecord], None]
) -> int:
    import asyncio

    from ruleplane.runner import Runner

    runner = await Runner.start(settings, tell, changes)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, runner.stop)
    return await runner.run()


def _teller(*, quiet: bool, errors_only: bool) -> Callable[[str, str], None]:
    """Lines on standard error: standard output is for what was asked for."""
    colours = sys.stderr.isatty() and "NO_COLOR" not in os.environ

    def tell(line: str, kind: str) -> None:
        if (quiet or errors_only) and kind in ("info", "write"):
            return
        typer.echo(typer.style(line, fg=_COLOURS.get(kind)) if colours else line, err=True)

    return tell


# --- what a dry run prints ------------------------------------------------------------------------------------------


def _printer(output: Format) -> Callable[[Change, str, EffectRecord], None]:
    return _print_json if output is Format.json else _print_text


def _print_json(change: Change, ruleset: str, effect: EffectRecord) -> None:
    row = {
        "verb": change.verb,
        "kind": change.kind.ref,
        "namespace": change.namespace,
        "name": change.name,
        "subresource": change.subresource,
        "ruleset": ruleset,
        "rule": effect.rule,
        "body": change.body,
    }
    typer.echo(json.dumps(row))


def _print_text(change: Change, ruleset: str, effect: EffectRecord) -> None:
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    where = f"{change.namespace}/{change.name}" if change.namespace else change.name
    part = f" {change.subresource}" if change.subresource else ""
    told = f" {effect.message}" if effect.verb == "event" else ""
    typer.echo(f"{effect.verb} {change.kind.ref} {where}{part}{told}  # {ruleset} · {effect.rule}")
    if effect.verb in ("delete", "event"):
        return
    for line in _difference(change):
        colour = {"+": "green", "-": "red"}.get(line[:1]) if colours else None
        typer.echo(f"  {typer.style(line, fg=colour) if colour else line}")


def _difference(change: Change) -> list[str]:
    """The lines that come and go; of a subresource call, its body."""
    if change.verb == "post":
        return [f"+ {line}" for line in _yaml(change.body)]
    lines = unified_diff(_yaml(change.before), _yaml(change.after), n=2, lineterm="")
    return [f"{line[0]} {line[1:]}" for line in lines if not line.startswith(("---", "+++", "@@"))]


def _yaml(obj: dict[str, Any] | None) -> list[str]:
    import yaml

    if obj is None:
        return []
    # who owns which field is the server's book-keeping
    metadata = {name: value for name, value in obj.get("metadata", {}).items() if name != "managedFields"}
    shown = {**obj, "metadata": metadata} if "metadata" in obj else obj
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).splitlines()
