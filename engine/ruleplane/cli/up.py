"""``ruleplane up``: a control plane in the foreground."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ruleplane.controlplane import Settings

T = TypeVar("T")


def up(
    data_dir: Path = typer.Option(
        None,
        help="Where objects, certificates and the trace are kept (default: $RULEPLANE_DATA, ~/.local/share/ruleplane).",
    ),
    nodes: int = typer.Option(3, min=0, help="How many simulated nodes there are."),
    port: int = typer.Option(6443, min=0, max=65535, help="Of the API on loopback; 0 takes a free one."),
    kubeconfig: Path = typer.Option(None, help="Where to write the kubeconfig (default: in the data directory)."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="RULESET.PARAM=VALUE", help="A setting of a rule set, instead of its default; repeatable."
    ),
) -> None:
    """Run a control plane until Ctrl-C: HTTPS on loopback, objects on SQLite, simulated nodes.

    Started again on the same data directory it goes on where it stopped.

    Examples: [bold]ruleplane up[/bold] · [bold]ruleplane up --data-dir ./data --nodes 10 --port 7443[/bold]
    """
    from ruleplane.cli.places import KUBECONFIG, default_data_dir
    from ruleplane.controlplane import Settings
    from ruleplane.lang.params import parse_overrides

    directory = data_dir or default_data_dir()
    where = kubeconfig or directory / KUBECONFIG
    given = parse_overrides(settings)
    run(_serve(Settings(data_dir=directory, nodes=nodes, port=port, kubeconfig=where, params=given)))


async def _serve(settings: Settings) -> None:
    import asyncio

    from ruleplane.controlplane import ControlPlane

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    plane = await ControlPlane.start(settings)
    try:
        typer.echo(f"The control plane answers at {plane.url} (data: {settings.data_dir}). Ctrl-C stops it.")
        typer.echo(f"export KUBECONFIG={Path(plane.kubeconfig).resolve()}")
        await stopping.wait()
        typer.echo("stopping …", err=True)
    finally:
        await plane.stop()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the shell's coroutine on uvloop where there is one; its result."""
    try:
        import uvloop
    except ImportError:  # Windows
        import asyncio

        return asyncio.run(coroutine)
    return uvloop.run(coroutine)
