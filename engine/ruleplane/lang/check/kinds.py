"""Kinds: whether each one that a rule set names is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.outline import Outline
    from ruleplane.lang.source import Path


def check(outline: Outline, catalogue: Catalogue, *, served: bool) -> Iterator[Finding]:
    """A finding for each kind that is not there, or whose fields nobody told. ``served``: the catalogue is what the
    server has, and no other will be asked."""
    for ref, path, rule in _named(outline):
        if ref == "*" or catalogue.kind(ref) is not None:
            continue
        code = "RP004" if catalogue.native(ref) else "RP021"
        if code == "RP004" and not served and ref.count("/") == 2 and not catalogue.version(ref):
            code = "RP022"
            near = catalogue.nearest(ref)
            message = f"{ref} is of a version that ruleplane does not bring: its fields are not checked"
            hint = f"`ruleplane run` asks the cluster; `ruleplane up` serves {near}" if near else ""
            hint = hint or "`ruleplane run` asks the cluster whether it serves this"
        elif code == "RP004":
            near = catalogue.nearest(ref)
            why = catalogue.registry.unserved.get(ref.rpartition("/")[0], "")
            message = f"there is no kind {ref}" + (f"; did you mean {near}?" if near else "")
            message += f" ({why})" if why else ""
            hint = ""
        else:
            message = f"nobody told the fields of {ref}: expressions about it are not checked"
            hint = "give the file of its definition beside the rules"
        yield told(
            code, outline.source.error(message, path), ruleset=outline.name, rule=rule, hint=hint, length=len(ref)
        )


def _named(outline: Outline) -> Iterator[tuple[str, Path, str]]:
    yield outline.kind, ("spec", "for", outline.primary, "kind"), ""
    for key, relation in outline.ruleset.spec.watch.items():
        yield relation.kind, ("spec", "watch", key, "kind"), ""
    for index, rule in enumerate(outline.ruleset.spec.rules):
        if rule.ensure is not None:
            yield str(rule.ensure.template["kind"]), ("spec", "rules", index, "ensure", "template", "kind"), rule.name
