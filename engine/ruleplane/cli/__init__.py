"""The command ``ruleplane``: one module per command, imported heavily only when it runs.

Exit codes: 0 done; 1 refused, failed or not found (the reason is on standard error); 2 the command line was not
understood; 130 interrupted.
"""

from __future__ import annotations

import gc
import sys

import typer

from ruleplane.cli import demo, rules, run, spec, trace, up, version, why
from ruleplane.cli.output import help_of
from ruleplane.errors import RuleplaneError

app = typer.Typer(
    name="ruleplane",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="A Kubernetes-compatible control plane whose controllers, scheduler and kubelet are declarative rules.",
    epilog="Start here: [bold]ruleplane demo[/bold]. "
    "Exit codes: 0 done, 1 refused or failed, 2 command line not understood, 130 interrupted.",
)

app.command("demo", help=help_of(demo.demo))(demo.demo)
app.command("up", help=help_of(up.up))(up.up)
app.command("run", help=help_of(run.run))(run.run)
app.command("trace", help=help_of(trace.trace))(trace.trace)
app.command("why", help=help_of(why.why))(why.why)
app.command(
    "spec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, help=help_of(spec.spec)
)(spec.spec)
app.add_typer(rules.app, name="rules")
app.command("version", help=help_of(version.version))(version.version)


def _print_version(wanted: bool) -> None:
    if wanted:
        version.version()
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Options of every command."""


def main() -> None:
    """The entry point: runs the command line, tells an error of ours in one line."""
    gc.set_threshold(100_000, 50, 1000)  # what a command imports and reads stays: early collections find nothing
    try:
        app()
    except RuleplaneError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
