"""``ruleplane rules graph``: who reads and writes what, as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from ruleplane.cli.rules import complete
from ruleplane.cli.rules.sources import FROM, load_programs, nearest, rule_paths
from ruleplane.errors import RuleplaneError


class Drawn(StrEnum):
    """How a picture is written."""

    mermaid = "mermaid"
    dot = "dot"
    svg = "svg"
    json = "json"


def graph(
    paths: list[Path] = FROM,
    form: Drawn = typer.Option(None, "--format", "-f", help="Default: as the file's name ends, else mermaid."),
    output: Path = typer.Option(None, "--output", "-o", metavar="FILE", help="Write it there instead of printing it."),
    rule_sets: list[str] = typer.Option(
        [], "--ruleset", help="Only this rule set (may be given again).", autocompletion=complete.rule_sets
    ),
    kinds: list[str] = typer.Option(
        [],
        "--kind",
        help="Only who reads or writes this kind, by its short or its whole name.",
        autocompletion=complete.kinds,
    ),
) -> None:
    """Draw which rule sets read and write which kinds and fields. The SVG needs no other program.

    Examples: [bold]ruleplane rules graph -o rules.svg[/bold] · [bold]ruleplane rules graph --ruleset namespace[/bold] ·
    [bold]ruleplane rules graph my.yaml >> README.md[/bold]
    """
    from ruleplane.cli.rules.kinds import known_kinds
    from ruleplane.cli.rules.notation import to_dot, to_json, to_mermaid
    from ruleplane.cli.rules.picture import picture, short
    from ruleplane.cli.rules.svg import draw

    where = rule_paths(paths)
    whole = picture(load_programs(where), *known_kinds(where))
    for name in rule_sets:
        if name not in whole.sets:
            raise RuleplaneError(f"no rule set is called {name!r}{nearest(name, list(whole.sets))}")
    named = [*whole.kinds(whole.reads), *whole.kinds(whole.writes)]
    for kind in kinds:
        if not any(kind == each or kind.lower() == short(each).lower() for each in named):
            raise RuleplaneError(f"no rule set reads or writes {kind!r}{nearest(kind, [short(n) for n in set(named)])}")
    part = whole.about(rule_sets, kinds)
    if form is None:
        ending = output.suffix.lstrip(".") if output is not None else ""
        form = {"svg": Drawn.svg, "dot": Drawn.dot, "gv": Drawn.dot, "json": Drawn.json}.get(ending, Drawn.mermaid)
    title = "What rule sets read and write: " + ", ".join(part.sets)
    if form is Drawn.svg:
        text = draw(part, title)
    else:
        text = {Drawn.mermaid: to_mermaid, Drawn.dot: to_dot, Drawn.json: to_json}[form](part)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RuleplaneError(f"writing {output}: {error.strerror or error}") from error
