"""The outline of a rule set: every expression in it, where it stands, what it is for, and what its variables stand for.

Nothing is compiled or evaluated: this is the text as data, for whoever asks what a rule set reads, writes and means
(``access``, the checker, the graph of rules). A text that does not parse is noted in ``errors`` and left out; the
compiler (``build``) tells it as well.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ruleplane.errors import SourceError
from ruleplane.lang.cel.ast import Call, Expr, Select
from ruleplane.lang.cel.record import record
from ruleplane.lang.parsing import ANYTHING, parse_at
from ruleplane.lang.signature import signature
from ruleplane.lang.template import to_expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.lang.reads import FieldPath
    from ruleplane.lang.source import Path, Source
    from ruleplane.model import heads as shapes
    from ruleplane.model.ruleset import Relation, Rule, RuleSet


@record
class ObjectOf:
    """A variable that stands for an object of a kind; ``many``: for a list of them."""

    kind: str
    many: bool = False


@record
class ElementOf:
    """A variable that stands for each element of a list (or for the one object that is no list)."""

    listed: Expr
    vars: Vars


@record
class SameAs:
    """A variable that stands for what an expression yields; ``at``: for each element of that list in it."""

    expr: Expr
    vars: Vars
    at: FieldPath = ()


@record
class Plain:
    """A variable of a type, in CEL's words."""

    type: str


Var: TypeAlias = ObjectOf | ElementOf | SameAs | Plain
Vars: TypeAlias = "Mapping[str, Var]"
Purpose: TypeAlias = Literal[
    "condition", "list", "objects", "subset", "count", "number", "key", "value", "text", "target", "template", "order"
]


@record
class Target:
    """Where the fields of a template go: objects of ``kind``, or the object that ``to`` yields."""

    kind: str = ""
    to: Expr | None = None
    vars: Vars = field(default_factory=dict)
    at: FieldPath = ()
    subresource: str = ""
    verb: Literal["create", "patch", "keep", "post", "admit"] = "patch"
    kept: bool = True  # false: a starting value, never written again


@record
class Site:
    """One expression. ``rule`` is the index of its rule, -1 outside of rules."""

    expr: Expr
    path: Path
    purpose: Purpose
    vars: Vars
    rule: int = -1
    target: Target | None = None
    now: bool = False  # the instant may be used as a value


@record
class RelationText:
    """One entry of `watch`."""

    name: str
    shape: Relation
    params: tuple[str, ...]
    where: Expr | None

    @property
    def single(self) -> bool:
        """Whether it is one object or null, not a list."""
        return self.shape.name is not None


@record
class LetText:
    """One entry of `let`."""

    name: str
    params: tuple[str, ...] | None  # None: a value
    expr: Expr
    path: Path


class Outline:
    """See the module. ``lets`` and ``relations`` by name."""

    def __init__(self, source: Source, ruleset: RuleSet) -> None:
        self.source, self.ruleset = source, ruleset
        ((self.primary, self.for_),) = ruleset.spec.for_.items()
        self.kind, self.grouped = self.for_.kind, self.for_.by is not None
        self.relations: dict[str, RelationText] = {}
        self.lets: dict[str, LetText] = {}
        self.sites: list[Site] = []
        self.errors: list[SourceError] = []
        self.where: Expr | None = None
        self._outside()
        for index, rule in enumerate(ruleset.spec.rules):
            self._rule(index, rule)

    @property
    def admits(self) -> bool:
        """Whether it is run on requests, before what they ask for is stored."""
        return self.ruleset.spec.order is not None

    @property
    def name(self) -> str:
        """The rule set's name."""
        return self.ruleset.metadata.name

    # --- outside of rules ---------------------------------------------------------------------------------------------

    def _outside(self) -> None:
        spec = self.ruleset.spec
        here: Path = ("spec", "for", self.primary)
        it: Vars = {"it": ObjectOf(self.kind)}
        if self.for_.where is not None:
            self.where = self._add(self.for_.where, (*here, "where"), "condition", it if self.grouped else {})
        if self.for_.by is not None:
            self._add(self.for_.by, (*here, "by"), "value", it)
        for index, text in enumerate(self.for_.first):
            self._add(text, (*here, "first", index), "order", it if self.grouped else {})
        for key, relation in spec.watch.items():
            self._relation(key, relation)
        for key, value in spec.let.items():
            self._let(key, value)
        if spec.finalizer is not None:
            self._add(spec.finalizer.until, ("spec", "finalizer", "until"), "condition", {})

    def _relation(self, key: str, shape: Relation) -> None:
        path: Path = ("spec", "watch", key)
        try:
            name, params = signature(self.source, key, path)
        except SourceError as error:
            self.errors.append(error)
            return
        it: Vars = {"it": ObjectOf(shape.kind)}
        outer: Vars = {param: Plain("dyn") for param in params}
        where = None
        if shape.where is not None:
            where = self._add(shape.where, (*path, "where"), "condition", it)
        for part in ("theirs", "selectedBy"):
            if getattr(shape, part) is not None:
                self._add(getattr(shape, part), (*path, part), "value", it)
        for part in ("ours", "name", "namespace", "selector"):
            if getattr(shape, part) is not None:
                self._add(getattr(shape, part), (*path, part), "value", outer)
        for part in ("controlledBy", "ownedBy"):
            text = getattr(shape, part)
            if text is not None:
                owner = self._parse(text, (*path, part))
                if owner is not None:
                    uid = Select(Select(owner, "metadata", owner.pos), "uid", owner.pos)
                    self.sites.append(Site(uid, (*path, part), "value", outer))
        if shape.labels is not None:
            self._template(shape.labels, (*path, "labels"), outer)
        self.relations.setdefault(name, RelationText(name, shape, params, where))

    def _let(self, key: str, value: Any) -> None:
        path: Path = ("spec", "let", key)
        try:
            name, params = signature(self.source, key, path)
        except SourceError as error:
            self.errors.append(error)
            return
        expr = self._parse(value, path) if isinstance(value, str) else self._tree(value, path)
        self.lets.setdefault(name, LetText(name, params if "(" in key else None, expr or ANYTHING, path))

    # --- rules --------------------------------------------------------------------------------------------------------

    def _rule(self, index: int, rule: Rule) -> None:
        path: Path = ("spec", "rules", index)
        vars_: Vars = {}
        if rule.each is not None:
            ((variable, text),) = rule.each.items()
            listed = self._add(text, (*path, "each", variable), "list", {}, index)
            vars_ = {variable: ElementOf(listed, {}) if listed is not None else Plain("dyn")}
        for key, condition in (("when", rule.when), ("while", rule.while_)):
            if condition is not None:
                self._add(condition, (*path, key), "condition", vars_, index)
        objects: Var = ObjectOf(self.kind)
        if rule.ensure is not None:
            objects = ObjectOf(str(rule.ensure.template.get("kind", "")))
            self._ensure(index, rule.ensure, (*path, "ensure"), vars_)
        if rule.delete is not None:
            listed = self._add(rule.delete.objects, (*path, "delete", "objects"), "objects", vars_, index)
            objects = ElementOf(listed, vars_) if listed is not None else Plain("dyn")
            self._optional(rule.delete.propagation, (*path, "delete", "propagation"), vars_, index)
            self._count(rule.delete.grace, (*path, "delete", "grace"), vars_, index)
        if rule.keep is not None:
            self._keep(index, rule.keep, (*path, "keep"), vars_)
        self._outcome(index, rule, path, vars_)
        if rule.choose is not None:
            self._choose(index, rule.choose, (*path, "choose"), vars_)
        self._admission(index, rule, path, vars_)
        if rule.event is not None:
            self._event(index, rule.event, (*path, "event"), vars_, objects)

    def _outcome(self, index: int, shape: Rule | shapes.Outcome, path: Path, vars_: Vars) -> None:
        """`apply`, `status` and `post`, of a rule or of what follows a choice."""
        if shape.apply is not None:
            here = (*path, "apply")
            to = self._target(shape.apply.get("to"), (*here, "to"), vars_, index)
            fields = {key: value for key, value in shape.apply.items() if key not in ("to", "subresource")}
            target = Target("", to, vars_, subresource=str(shape.apply.get("subresource", "")))
            self._template(fields, here, vars_, index, target)
        if shape.status is not None:
            target = Target(self.kind, None, {}, ("status",), "status")
            self._template(shape.status, (*path, "status"), vars_, index, target)
        if shape.post is not None:
            here = (*path, "post")
            to = self._target(shape.post.to, (*here, "to"), vars_, index)
            target = Target("", to, vars_, subresource=shape.post.subresource, verb="post", kept=False)
            self._template(shape.post.body, (*here, "body"), vars_, index, target, now=True)

    def _ensure(self, index: int, shape: shapes.Ensure, path: Path, vars_: Vars) -> None:
        variable, text, at = "object", shape.objects, (*path, "objects")
        if isinstance(shape.objects, dict):
            ((variable, text),) = shape.objects.items()
            at = (*at, variable)
        objects = self._add(text, at, "objects", vars_, index)
        element: Var = ElementOf(objects, vars_) if objects is not None else Plain("dyn")
        inner = vars_
        if shape.each is not None:
            ((name, listing),) = shape.each.items()
            items = self._add(listing, (*path, "each", name), "list", vars_, index)
            inner = {**vars_, name: ElementOf(items, vars_) if items is not None else Plain("dyn")}
            if shape.by is not None:
                self._add(shape.by, (*path, "by"), "key", inner, index)
            if shape.key is not None:
                self._add(shape.key, (*path, "key"), "key", {**vars_, variable: element}, index)
        self._count(shape.count, (*path, "count"), vars_, index)
        self._count(shape.grace, (*path, "grace"), vars_, index)
        several: Var = SameAs(objects, vars_) if objects is not None else Plain("dyn")
        missing = Plain("list(dyn)" if shape.each is not None else "list(int)")
        subsets = (("create", "missing", missing), ("delete", "surplus", several), ("update", "different", several))
        for key, subset, var in subsets:
            if getattr(shape, key) is not None:
                self._add(getattr(shape, key), (*path, key), "subset", {**vars_, subset: var}, index)
        kind = str(shape.template["kind"])
        fields = {key: value for key, value in shape.template.items() if key not in ("kind", "from")}
        self._template(fields, (*path, "template"), inner, index, Target(kind))
        made = Target(kind, verb="create", kept=False)
        if "from" in shape.template:
            self._template(shape.template["from"], (*path, "template", "from"), inner, index, made)
        if shape.initial is not None:
            self._template(shape.initial, (*path, "initial"), inner, index, made, now=True)

    def _keep(self, index: int, shape: shapes.Keep, path: Path, vars_: Vars) -> None:
        of = self._target(shape.of, (*path, "of"), vars_, index)
        at = tuple(shape.in_.split("."))
        it: Var = SameAs(of, vars_, at) if of is not None else Plain("dyn")
        self._add(shape.mine, (*path, "mine"), "condition", {**vars_, "it": it}, index)
        target = Target("", of, vars_, at, shape.subresource, "keep")
        self._template(shape.as_, (*path, "as"), vars_, index, target)

    def _choose(self, index: int, shape: shapes.Choose, path: Path, vars_: Vars) -> None:
        variable, text = shape.candidates
        listed = self._add(text, (*path, variable), "list", vars_, index)
        inner: Vars = {**vars_, variable: ElementOf(listed, vars_) if listed is not None else Plain("dyn")}
        for name, filter_ in shape.filters.items():
            at, seen = (*path, "filters", name), inner
            if filter_.each is not None:
                ((element, of),) = filter_.each.items()
                items = self._add(of, (*at, "each", element), "list", inner, index)
                seen = {**inner, element: ElementOf(items, inner) if items is not None else Plain("dyn")}
            self._add(filter_.require, (*at, "require"), "condition", seen, index)
            self._optional(filter_.message, (*at, "message"), seen, index)
        for name, score in shape.scores.items():
            self._add(score.value, (*path, "scores", name, "value"), "number", inner, index)
        self._count(shape.enough, (*path, "enough"), vars_, index)
        self._outcome(index, shape.then, (*path, "then"), inner)
        if shape.then.event is not None:
            self._event(index, shape.then.event, (*path, "then", "event"), inner, Plain("dyn"))
        if shape.none is not None:
            none: Vars = {**vars_, "rejections": Plain("map(string, dyn)")}
            self._outcome(index, shape.none, (*path, "none"), none)
            if shape.none.event is not None:
                self._event(index, shape.none.event, (*path, "none", "event"), none, Plain("dyn"))

    def _admission(self, index: int, rule: Rule, path: Path, vars_: Vars) -> None:
        if rule.deny is not None:
            deny, told = rule.deny, {"message", "field"}
            texts = deny if isinstance(deny, str) else deny.model_dump(include=told, exclude_defaults=True)
            self._template(texts, (*path, "deny"), vars_, index, now=True)
        for key, fields in (("set", rule.set_), ("default", rule.default)):
            if fields is not None:
                target = Target(self.kind, verb="admit", subresource=self.for_.subresource)
                self._template(fields, (*path, key), vars_, index, target)

    def _event(self, index: int, shape: shapes.EventSpec, path: Path, vars_: Vars, objects: Var) -> None:
        self._target(shape.about, (*path, "about"), vars_, index)
        self._optional(shape.host, (*path, "host"), vars_, index)
        for key in ("reason", "message", "type"):
            if (*path, key) in self.source.places:
                self._optional(getattr(shape, key), (*path, key), vars_, index)
        for moment in ("created", "deleted", "updated", "refused"):
            value = getattr(shape, moment)
            extra: Vars = {"error": Plain("string")} if moment == "refused" else {"object": objects}
            texts = value if isinstance(value, list) else [value]
            for number, text in enumerate(texts):
                at = (*path, moment, number) if isinstance(value, list) else (*path, moment)
                if isinstance(text, str):
                    self._optional(text, at, {**vars_, **extra}, index)
                elif text is not None:
                    for key in ("reason", "message", "type"):
                        if (*at, key) in self.source.places:
                            self._optional(getattr(text, key), (*at, key), {**vars_, **extra}, index)

    # --- texts --------------------------------------------------------------------------------------------------------

    def _add(self, text: Any, path: Path, purpose: Purpose, vars_: Vars, rule: int = -1) -> Expr | None:
        expr = self._parse(text, path)
        if expr is not None:
            self.sites.append(Site(expr, path, purpose, vars_, rule))
        return expr

    def _count(self, text: str | None, path: Path, vars_: Vars, rule: int) -> None:
        if text is not None:
            self._add(text, path, "count", vars_, rule)

    def _optional(self, text: str | None, path: Path, vars_: Vars, rule: int) -> None:
        if text is not None and "${" in text:
            expr = self._tree(text, path)
            if expr is not None:
                self.sites.append(Site(expr, path, "text", vars_, rule, now=True))

    def _target(self, text: Any, path: Path, vars_: Vars, rule: int) -> Expr | None:
        """The object that a template names."""
        expr = self._tree(text, path) if text is not None else None
        if isinstance(expr, Call) and expr.function == "@json":
            expr = expr.args[0]
        if expr is not None:
            self.sites.append(Site(expr, path, "target", vars_, rule))
        return expr

    def _template(
        self, value: Any, path: Path, vars_: Vars, rule: int = -1, target: Target | None = None, *, now: bool = False
    ) -> None:
        if value is None or value == {}:
            return
        expr = self._tree(value, path)
        if expr is not None:
            self.sites.append(Site(expr, path, "template", vars_, rule, target, now))

    def _parse(self, text: Any, path: Path) -> Expr | None:
        if not isinstance(text, str):
            self.errors.append(self.source.error(f"an expression was expected, found {type(text).__name__}", path))
            return None
        try:
            return self._parse_at(text, *self.source.place(path))
        except SourceError as error:
            self.errors.append(error)
            return None

    def _tree(self, value: Any, path: Path) -> Expr | None:
        objects = {*(() if self.grouped else (self.primary,)), *(n for n, r in self.relations.items() if r.single)}
        try:
            return to_expression(value, self.source, path, self._parse_at, objects)
        except SourceError as error:
            self.errors.append(error)
            return None

    def _parse_at(self, text: str, line: int, column: int) -> Expr:
        return parse_at(text, *self.source.origin(line, column))
