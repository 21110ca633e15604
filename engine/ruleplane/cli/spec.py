"""``ruleplane spec``: behaviour specs on virtual time."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import typer

from ruleplane.errors import RuleplaneError

_PLUGIN = "ruleplane.specs.plugin"
# this command has imported the package by now, and none of its assertions are to be rewritten
_WARNINGS = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


def spec(
    context: typer.Context,
    directory: Path = typer.Argument(Path("."), exists=True, help="Where the .feature files are."),
) -> None:
    """Run the behaviour specs of a directory: one virtual cluster per scenario, no real time, no sockets.

    Rule files below the directory are loaded beside the bundled ones ([bold]--no-bundled[/bold]: instead of them). What
    follows is given to pytest.

    Examples: [bold]ruleplane spec .[/bold] · [bold]ruleplane spec features -k scale -x[/bold]
    """
    if importlib.util.find_spec("pytest") is None or importlib.util.find_spec("pytest_bdd") is None:
        raise RuleplaneError("running specs needs pytest and pytest-bdd: pip install 'ruleplane[spec]'")
    from importlib.metadata import entry_points

    import pytest

    installed = any(entry.value == _PLUGIN for entry in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", _PLUGIN]  # pytest refuses a plugin that it is given twice
    raise typer.Exit(int(pytest.main([str(directory), *plugin, "-p", "no:cacheprovider", *_WARNINGS, *context.args])))
