"""``ruleplane rules``: everything about rule files that needs no control plane. One module per command.

Exit codes: 0 done; 1 a mistake in a rule file, or a check that did not hold; 2 the command line was not understood.
"""

from __future__ import annotations

import typer

from ruleplane.cli.output import help_of
from ruleplane.cli.rules import check, explain, fmt, functions, graph, listing, new, rbac, schema, show

app = typer.Typer(no_args_is_help=True, help="Rule files: begin one, check it, lay it out, explain it, draw it.")


@app.callback()
def _group() -> None:
    """Rule files."""


_WRITE, _READ, _RUN = "To write rules", "To understand them", "To run them"
app.command("new", rich_help_panel=_WRITE, help=help_of(new.new))(new.new)
app.command("check", rich_help_panel=_WRITE, help=help_of(check.check))(check.check)
app.command("explain", rich_help_panel=_WRITE, help=help_of(explain.explain))(explain.explain)
app.command("fmt", rich_help_panel=_WRITE, help=help_of(fmt.fmt))(fmt.fmt)
app.command("functions", rich_help_panel=_WRITE, help=help_of(functions.functions))(functions.functions)
app.command("schema", rich_help_panel=_WRITE, help=help_of(schema.schema))(schema.schema)
app.command("list", rich_help_panel=_READ, help=help_of(listing.list_rules))(listing.list_rules)
app.command("show", rich_help_panel=_READ, help=help_of(show.show))(show.show)
app.command("graph", rich_help_panel=_READ, help=help_of(graph.graph))(graph.graph)
app.command("rbac", rich_help_panel=_RUN, help=help_of(rbac.rbac))(rbac.rbac)
