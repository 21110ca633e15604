"""``ruleplane rules``: everything about rule files that needs no control plane. One module per command.

Exit codes: 0 done; 1 a mistake in a rule file, or a check that did not hold; 2 the command line was not understood.
"""

from __future__ import annotations

import typer

from ruleplane.cli.rules import check, explain, fmt, functions, graph, listing, new, rbac, schema, show

app = typer.Typer(no_args_is_help=True, help="Rule files: begin one, check it, lay it out, list what there is.")


@app.callback()
def _group() -> None:
    """Rule files."""


app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("list")(listing.list_rules)
app.command("fmt")(fmt.fmt)
app.command("functions")(functions.functions)
app.command("graph")(graph.graph)
app.command("new")(new.new)
app.command("rbac")(rbac.rbac)
app.command("show")(show.show)
app.command("schema")(schema.schema)
