"""Compiles rules: each head's texts become callables, and what they read and keep is noted for the matcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.lang import heads
from ruleplane.lang.admission import compile_deny, compile_set
from ruleplane.lang.cel.ast import Call, Expr, Ident, Literal, MapExpr
from ruleplane.lang.cel.walk import free_names
from ruleplane.lang.choose import compile_choose
from ruleplane.lang.events import compile_events
from ruleplane.lang.reads import Value
from ruleplane.lang.template import expect_text

if TYPE_CHECKING:
    from ruleplane.lang.heads import CompiledRule, Fn
    from ruleplane.lang.reads import Abstract
    from ruleplane.lang.source import Path
    from ruleplane.lang.unit import Unit
    from ruleplane.model import heads as shapes
    from ruleplane.model.ruleset import Rule


class Place:
    """Where a head stands: the unit, its path in the file, and the variables of `each` around it."""

    def __init__(self, unit: Unit, path: Path, env: dict[str, Abstract]) -> None:
        self.unit, self.path, self.env = unit, path, env
        self.params = tuple(env)

    def inside(self, key: str | int, more: dict[str, Abstract] | None = None) -> Place:
        """The place of a part, with further variables."""
        return Place(self.unit, (*self.path, key), {**self.env, **(more or {})})

    def expr(self, text: Any, *, whole: bool = True, now: bool = False) -> tuple[Fn, Abstract]:
        """A compiled expression and what its value is."""
        return self.compiled(self.unit.parse(text, self.path), whole=whole, now=now)

    def compiled(self, expr: Expr, *, whole: bool = True, now: bool = False) -> tuple[Fn, Abstract]:
        """The same for a syntax tree."""
        value = self.unit.follow(self.env, expr, whole=whole)
        return self.unit.compile(expr, self.path, self.params, now=now), value

    def optional(
        self, text: str | None, key: str, more: dict[str, Abstract] | None = None, *, whole: bool = True
    ) -> Fn | None:
        """A compiled expression where there is a text."""
        return None if text is None else self.inside(key, more).expr(text, whole=whole)[0]

    def template(self, value: Any, *, whole: bool = True, now: bool = False) -> tuple[Fn, Expr, Abstract]:
        """A compiled template, its syntax tree and what its value is."""
        tree = self.unit.template(value, self.path)
        fn, known = self.compiled(tree, whole=whole, now=now)
        return fn, tree, known

    def target(self, value: str) -> tuple[Fn, Expr, Abstract]:
        """A template that names an object: the object itself, not a copy in JSON."""
        tree = self.unit.template(value, self.path)
        if isinstance(tree, Call) and tree.function == "@json":
            tree = tree.args[0]
        fn, known = self.compiled(tree, whole=False)
        return fn, tree, known


def compile_rule(unit: Unit, index: int, rule: Rule) -> CompiledRule:
    """One rule. Raises SourceError."""
    path: Path = ("spec", "rules", index)
    env: dict[str, Abstract] = {}
    each = None
    outer = Place(unit, path, {})
    if rule.each is not None:
        ((variable, text),) = rule.each.items()
        each, listed = outer.inside("each").inside(variable).expr(text, whole=False)
        env[variable] = element_of(unit, listed)
    place = Place(unit, path, env)
    when, when_each = None, False
    key, condition = ("when", rule.when) if rule.while_ is None else ("while", rule.while_)
    if condition is not None:
        tree = unit.parse(condition, (*path, key))
        when_each = bool(free_names(tree) & set(env))
        when = (place if when_each else outer).inside(key).compiled(tree)[0]
    compiled = heads.CompiledRule(rule.name, rule.doc, index, path, _head(place, rule), when, when_each, each)
    compiled.lasting, compiled.finalize = rule.while_ is not None, rule.finalize
    if rule.event is not None:
        compiled.events = compile_events(place.inside("event"), rule.event)
    return compiled


def element_of(unit: Unit, listed: Abstract) -> Abstract:
    """What an element of a followed list is; a list inside an object counts as read whole."""
    if listed is not None and listed.many:
        return Value(listed.source, listed.path)
    if listed is not None:
        unit.reads.setdefault(listed.source, set()).add(listed.path)
    return None


def _head(place: Place, rule: Rule) -> heads.Head | None:
    head = rule.head
    here = place.inside(head)
    if rule.ensure is not None:
        return _ensure(here, rule.ensure)
    if rule.apply is not None:
        return compile_apply(here, rule.apply)
    if rule.status is not None:
        return compile_status(here, rule.status)
    if rule.keep is not None:
        return _keep(here, rule.keep)
    if rule.delete is not None:
        objects, _ = here.inside("objects").expr(rule.delete.objects, whole=False)
        return heads.Delete(
            objects, _text(here, "propagation", rule.delete.propagation), here.optional(rule.delete.grace, "grace")
        )
    if rule.choose is not None:
        return compile_choose(here, rule.choose)
    if rule.post is not None:
        return compile_post(here, rule.post)
    return _admission(here, rule)


def _admission(here: Place, rule: Rule) -> heads.Head | None:
    if rule.deny is not None:
        return compile_deny(here, rule.deny)
    if rule.set_ is not None:
        return compile_set(here, rule.set_)
    if rule.default is not None:
        return compile_set(here, rule.default, under=True)
    return None


def _text(place: Place, key: str, value: str | None) -> Fn | None:
    return None if value is None else place.inside(key).template(value)[0]


def _ensure(place: Place, shape: shapes.Ensure) -> heads.Ensure:
    unit = place.unit
    if isinstance(shape.objects, dict):
        ((variable, text),) = shape.objects.items()
        at = place.inside("objects").inside(variable)
    else:
        variable, text, at = "object", shape.objects, place.inside("objects")
    tree = unit.parse(text, at.path)
    objects, listed = at.compiled(tree, whole=False)
    relation = unit.relations.get(listed.source) if listed is not None else None
    element: Abstract = Value(listed.source, listed.path) if listed is not None else None
    kind = expect_text(shape.template["kind"], unit.source, (*place.path, "template", "kind"))
    if relation is not None and relation.kind != kind:
        message = f"`objects` are of kind {relation.kind}, `template` is of kind {kind}"
        raise unit.source.error(message, (*place.path, "template", "kind"))
    owner: Any = relation.owner if relation is not None else ""
    if shape.owner is not None:
        owner = "" if shape.owner == "none" else shape.owner
    if owner and unit.grouped:
        raise unit.source.error("a group cannot own what is made: give `owner: none`", place.path, key=True)
    head = heads.Ensure(kind, objects, _none, None, None, owner)
    inner = place
    if shape.each is not None:
        ((name, listing),) = shape.each.items()
        head.each, items = place.inside("each").inside(name).expr(listing, whole=False)
        inner = Place(unit, place.path, {**place.env, name: element_of(unit, items)})
        head.by = inner.inside("by").expr(shape.by)[0] if shape.by is not None else None
        head.key = place.inside("key", {variable: element}).expr(shape.key)[0]
    head.count = place.optional(shape.count, "count")
    for part in ("create", "delete", "update"):
        subset = {"create": "missing", "delete": "surplus", "update": "different"}[part]
        several = Value(listed.source, listed.path, many=True) if listed is not None and part != "create" else None
        setattr(head, part, place.optional(getattr(shape, part), part, {subset: several}, whole=False))
    head.grace = place.optional(shape.grace, "grace")
    fields = {key: value for key, value in shape.template.items() if key not in ("kind", "from")}
    head.template, kept, _ = inner.inside("template").template(fields)
    head.static = not fields
    if listed is not None and fields:
        unit.keep(listed.source, kept, listed.path)
    if "from" in shape.template:
        head.start = inner.inside("template").inside("from").template(shape.template["from"])[0]
    if shape.initial is not None:
        head.initial = inner.inside("initial").template(shape.initial, now=True)[0]
    return head


def _none(*_: Any) -> Any:
    return None


def compile_apply(place: Place, shape: dict[str, Any]) -> heads.Apply:
    """`apply`: fields of the object `to`."""
    unit = place.unit
    to, tree, target = place.inside("to").target(shape["to"])
    subresource = expect_text(shape.get("subresource", ""), unit.source, (*place.path, "subresource"))
    fields = {key: value for key, value in shape.items() if key not in ("to", "subresource")}
    if not fields:
        raise unit.source.error("`apply` sets no field: give fields beside `to`", place.path, key=True)
    fn, kept, _ = place.template(fields)
    source = target.source if target is not None else None
    if source is not None:
        unit.keep(source, kept)
    own = isinstance(tree, Ident) and tree.name == unit.primary
    if own and unit.grouped:
        raise unit.source.error(f"{unit.primary!r} is a list: `to` names one object", (*place.path, "to"))
    return heads.Apply(None if own else to, fn, subresource, guarded=_reads(unit, place, kept, source, tree))


def compile_status(place: Place, fields: dict[str, Any]) -> heads.Apply:
    """`status`: fields of the primary's status."""
    unit = place.unit
    if unit.grouped:
        raise unit.source.error("a group has no status: `apply` to one object", place.path, key=True)
    tree = MapExpr(((Literal("status"), unit.template(fields, place.path)),))
    fn, _ = place.compiled(tree)
    unit.keep(unit.primary, tree)
    return heads.Apply(None, fn, "status", guarded=_reads(unit, place, tree, unit.primary, Ident(unit.primary)))


def _reads(unit: Unit, place: Place, tree: Expr, source: str | None, target: Expr) -> bool:
    """Whether the expressions of a write read the object that is written (beyond what never changes)."""
    if source is None:
        return bool(free_names(tree) & free_names(target))
    found, _ = unit.reader().read(tree, {unit.primary: unit.own(), **place.env})
    constant = {("metadata", "name"), ("metadata", "namespace"), ("metadata", "uid"), ("metadata", "creationTimestamp")}
    return any(path not in constant for path in found.get(source, ()))


def _keep(place: Place, shape: shapes.Keep) -> heads.Keep:
    unit = place.unit
    of, tree, target = place.inside("of").target(shape.of)
    fields = tuple(shape.in_.split("."))
    if target is not None:
        unit.reads.setdefault(target.source, set()).add((*target.path, *fields))
    mine = place.inside("mine", {"it": None}).expr(shape.mine)[0]
    wanted = place.inside("as").template(shape.as_)[0]
    own = isinstance(tree, Ident) and tree.name == unit.primary
    return heads.Keep(of, fields, mine, wanted, shape.subresource, own)


def compile_post(place: Place, shape: shapes.Post) -> heads.Post:
    """`post`: a subresource call."""
    to = place.inside("to").target(shape.to)[0]
    body = place.inside("body").template(shape.body, now=True)[0] if shape.body is not None else None
    return heads.Post(to, shape.subresource, body)
