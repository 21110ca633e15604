"""What the shell completes on a command line about rules, beside paths, which it knows better.

Typer calls these with the word so far; each imports what it needs, for a key press must not wait for the rest.
"""

from __future__ import annotations


def rule_sets(incomplete: str) -> list[str]:
    """The rule sets that come with ruleplane."""
    from ruleplane.cli.rules.sources import read_rules

    return [item.metadata.name for _, item in read_rules(None).sets if item.metadata.name.startswith(incomplete)]


def codes(incomplete: str) -> list[str]:
    """The findings of `rules check`."""
    from ruleplane.lang.check.codes import CODES

    return [code for code in sorted(CODES) if code.startswith(incomplete)]


def kinds(incomplete: str) -> list[str]:
    """The built-in kinds, as rule files write them, or as kubectl calls them where no group is begun."""
    from ruleplane.model.builtin import builtin_registry

    names = {name for kind in builtin_registry() for name in (kind.ref, kind.plural)}
    return [name for name in sorted(names) if name.startswith(incomplete)]
