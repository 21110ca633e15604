"""What rules keep writing, with the conditions under which they do: what two rules may disagree on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ruleplane.lang.access import UNKNOWN, Kinds
from ruleplane.lang.cel.ast import Expr, Ident, Select
from ruleplane.lang.cel.walk import walk
from ruleplane.lang.check.facts import SELF, Expander, atoms
from ruleplane.lang.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.facts import Atom
    from ruleplane.lang.outline import Outline, Site, Target
    from ruleplane.lang.reads import FieldPath, FnDef


@dataclass(frozen=True, eq=False)
class Write:
    """One field that a rule keeps at a value. ``target`` is the object as written (the primary: SELF)."""

    rules: RuleFacts
    index: int
    kind: str
    path: FieldPath
    value: Expr  # expanded
    target: Expr
    site: Site

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.rules.outline.ruleset.spec.rules[self.index].name

    @cached_property
    def fields(self) -> frozenset[Expr]:
        """Every field that the value is made of or asks for, read by ``.`` or ``.?`` alike."""
        return frozenset(plain(node) for node in walk(self.value) if isinstance(node, Select))

    @property
    def made(self) -> str:
        """Of an `ensure`: the text of its `objects`; else ""."""
        ensure = self.rules.outline.ruleset.spec.rules[self.index].ensure
        return "" if ensure is None else str(ensure.objects)

    @property
    def label(self) -> str:
        """``rule set/rule``."""
        return f"{self.rules.outline.name}/{self.rule}"

    @property
    def field(self) -> str:
        """The path for people."""
        return ".".join(self.path).replace(".[", "[")


def plain(expr: Expr) -> Expr:
    """A field read by ``.?`` as if it were read by ``.``."""
    if isinstance(expr, Select) and not expr.test:
        return Select(plain(expr.operand), expr.field)
    return expr


class RuleFacts:
    """Writes and conditions of one rule set, each found once."""

    def __init__(self, outline: Outline, catalogue: Catalogue, definitions: Mapping[str, FnDef]) -> None:
        self.outline, self.catalogue = outline, catalogue
        self.expander = Expander(outline, definitions)
        self.kinds = Kinds(outline, definitions)
        self._conditions: dict[int, list[Atom]] = {}

    def conditions(self, index: int) -> list[Atom]:
        """The atoms that hold whenever rule ``index`` acts, the `where` of the rule set among them."""
        if index not in self._conditions:
            exprs = [
                self.expander.expand(site.expr, frozenset(site.vars))
                for site in self.outline.sites
                if site.rule == index and site.path[3:] in (("when",), ("while",))
            ]
            if self.outline.where is not None and not self.outline.grouped:
                exprs.append(self.expander.expand(self.outline.where))
            self._conditions[index] = atoms(exprs)
        return self._conditions[index]

    @cached_property
    def writes(self) -> list[Write]:
        """Every field that is kept."""
        return self._all(("patch", "admit"), kept=True)

    @cached_property
    def given(self) -> list[Write]:
        """Every field that is given once: to an object that is made, in a call."""
        return self._all(("create", "post"), kept=False)

    def _all(self, verbs: tuple[str, ...], *, kept: bool) -> list[Write]:
        sites = [(site, site.target) for site in self.outline.sites if site.target is not None]
        chosen = [(site, target) for site, target in sites if target.verb in verbs and target.kept is kept]
        return [write for site, target in chosen for write in self._of(site, target)]

    def _of(self, site: Site, target: Target) -> Iterator[Write]:
        kinds = {target.kind} if target.kind else self.kinds.of(target.to, target.vars)
        local = frozenset(site.vars)
        if target.to is not None:
            to: Expr = self.expander.expand(target.to, local)
        else:
            ensured = self.outline.ruleset.spec.rules[site.rule].ensure is not None
            to = Ident(f"@ensured-{site.rule}") if ensured else SELF
        for kind in sorted(kinds - {UNKNOWN}):
            node = self.catalogue.node(kind) if target.verb != "post" else None
            for name in target.at:
                node = node.field(name) if node is not None else None
            for path, value in written(site.expr, node, target.at):
                yield Write(self, site.rule, kind, path, self.expander.expand(value, local), to, site)
