"""``ruleplane version``."""

from __future__ import annotations

import platform

import typer

from ruleplane import __version__


def version() -> None:
    """Print the version of ruleplane and of the Python that runs it.

    Examples: [bold]ruleplane version[/bold] · [bold]ruleplane --version[/bold]
    """
    typer.echo(f"ruleplane {__version__} (Python {platform.python_version()})")
