"""What rules keep writing, with the conditions under which they do: what two rules may disagree on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ruleplane.lang.access import UNKNOWN, Kinds
from ruleplane.lang.cel import parse
from ruleplane.lang.cel.ast import Call, Expr, Ident, Macro, Select
from ruleplane.lang.cel.walk import substitute, walk
from ruleplane.lang.check.facts import SELF, Expander, atoms
from ruleplane.lang.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.facts import Atom
    from ruleplane.lang.outline import Outline, Site, Target
    from ruleplane.lang.reads import FieldPath, FnDef

TARGET = Ident("@target")  # an element of `each` that is itself written, whatever it is called
_LABELS = parse("it.metadata.?labels.orValue({})")


@dataclass(frozen=True, eq=False)
class Write:
    """One field that a rule keeps at a value. ``target`` is the object as written (the primary: SELF); ``mine``: of a
    `keep`, which elements of the list that is."""

    rules: RuleFacts
    index: int
    kind: str
    path: FieldPath
    value: Expr  # expanded
    target: Expr
    site: Site
    mine: Expr | None = None

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
        self._met: dict[tuple[int, str], list[Atom]] = {}

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

    def met(self, write: Write) -> list[Atom]:
        """The atoms that hold whenever this is written: of an element of `each` also what its list says of it. Where
        the element is the object that is written, it is called TARGET."""
        rule = self.outline.ruleset.spec.rules[write.index]
        if rule.each is None:
            return self.conditions(write.index)
        ((name, _),) = rule.each.items()
        called = TARGET if write.target == TARGET else Ident(f"@each-{write.index}")
        key = write.index, called.name
        if key not in self._met:
            found = [*self.conditions(write.index), *atoms(self._said_of(self.listed(write.index), Ident(name)))]
            self._met[key] = [replace(atom, expr=substitute(atom.expr, {name: called})) for atom in found]
        return self._met[key]

    def listed(self, index: int) -> Expr | None:
        """The list of the rule's `each`, expanded."""
        sites = (site for site in self.outline.sites if site.rule == index and site.path[3:4] == ("each",))
        site = next(sites, None)
        return None if site is None else self.expander.expand(site.expr)

    def _said_of(self, listed: Expr | None, element: Ident) -> Iterator[Expr]:
        """What holds of every element of a list, as its text and its relation say."""
        while isinstance(listed, Macro) and listed.name in ("filter", "sortBy"):
            if listed.name == "filter":
                yield substitute(listed.args[0], {listed.variables[0]: element})
            listed = listed.target
        relation = self.outline.relations.get(listed.name) if isinstance(listed, Ident) else None
        if relation is None or relation.params:
            return
        if relation.where is not None:
            yield substitute(self.expander.expand(relation.where, frozenset({"it"})), {"it": element})
        if relation.shape.selector is not None:
            for site in self.outline.sites:
                if site.path[:2] == ("spec", "watch") and site.path[2:] == (relation.name, "selector"):
                    labels = substitute(_LABELS, {"it": element})
                    yield Call("selects", (self.expander.expand(site.expr), labels))

    @cached_property
    def writes(self) -> list[Write]:
        """Every field that is kept."""
        return self._all(("patch", "admit"), kept=True)

    @cached_property
    def shared(self) -> list[Write]:
        """Every list that a `keep` has a part in."""
        found = []
        mine = {site.path[:4]: site for site in self.outline.sites if site.path[4:] == ("mine",)}
        for write in self._all(("keep",), kept=True):
            site = mine.get(write.site.path[:4])
            if site is not None:
                found.append(replace(write, mine=self._named(site.expr, site, write.target)))
        return found

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
        rule = self.outline.ruleset.spec.rules[site.rule]
        if target.to is not None:
            to: Expr = self._named(target.to, site, whole=True)
        else:
            to = Ident(f"@ensured-{site.rule}") if rule.ensure is not None else SELF
        for kind in sorted(kinds - {UNKNOWN}):
            node = self.catalogue.node(kind) if target.verb != "post" else None
            for name in target.at:
                node = node.field(name) if node is not None else None
            if target.verb == "keep":  # the list whole: its elements are told apart by the predicate
                yield Write(self, site.rule, kind, target.at, self._named(site.expr, site, to), to, site)
                continue
            for path, value in written(site.expr, node, target.at):
                yield Write(self, site.rule, kind, path, self._named(value, site, to), to, site)

    def _named(self, expr: Expr, site: Site, to: Expr | None = None, *, whole: bool = False) -> Expr:
        """The expression expanded; an element of `each` that is itself written is TARGET."""
        expr = self.expander.expand(expr, frozenset(site.vars))
        variable = next(iter(self.outline.ruleset.spec.rules[site.rule].each or ()), "")
        written = expr == Ident(variable) if whole else to == TARGET
        return substitute(expr, {variable: TARGET}) if written else expr
