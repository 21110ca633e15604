"""What a rule set reads and writes: kinds, verbs, subresources and field paths, rule by rule.

Found in the text, before anything runs, so it errs on the side of more. The verbs are those of authorization (a `post`
is a ``create`` of a subresource), but for ``admit``: what an admission rule changes in a request of others. Read by the
checker, and by the commands that draw rule sets and say which rights they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr
from ruleplane.lang.outline import ElementOf, ObjectOf, Outline, SameAs
from ruleplane.lang.reads import Reader, Value, merge, shortest
from ruleplane.lang.written import written
from ruleplane.model.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ruleplane.lang.outline import Site, Var, Vars
    from ruleplane.lang.program import Program
    from ruleplane.lang.reads import Abstract, FieldPath, FnDef, Reads
    from ruleplane.model.schema import SchemaNode

    Nodes = Callable[[str], SchemaNode | None]

EVENT = "v1/Event"  # the one kind that `event` heads write
UNKNOWN = ""  # the kind of an object that the text does not tell
_SAME = frozenset({"filter", "sortBy"})
_EITHER = frozenset({"orValue", "or", "value", "first", "last"})


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that a rule does to objects of a kind (``*``: of any kind; "": the text does not tell).

    ``rule`` is "" for what the rule set as a whole watches. ``paths`` are the fields read or written (see written.py);
    none stands for the object itself, as in a deletion.
    """

    rule: str
    kind: str
    verb: str
    subresource: str = ""
    paths: tuple[FieldPath, ...] = ()


def accesses(program: Program, nodes: Nodes | None = None) -> list[Access]:
    """Everything that a rule set does; ``nodes`` finds a kind's field types, for the keys of lists."""
    outline = Outline(program.source, RuleSet.model_validate(program.source.data))
    return outline_accesses(outline, program.definitions, nodes)


def outline_accesses(outline: Outline, definitions: Mapping[str, FnDef], nodes: Nodes | None = None) -> list[Access]:
    """The same for a rule set that may not compile."""
    return _Accesses(outline, definitions, nodes or (lambda _kind: None)).all()


class Kinds:
    """Follows expressions to the kinds of the objects that they yield."""

    def __init__(self, outline: Outline, definitions: Mapping[str, FnDef]) -> None:
        self._outline = outline
        self._definitions = definitions
        self._stack: list[str] = []

    def of(self, expr: Expr | None, vars_: Vars) -> set[str]:
        """The kinds; UNKNOWN among them where the text does not tell."""
        match expr:
            case Ident(name=name):
                return self._name(name, vars_)
            case Literal(value=None):
                return set()
            case Call():
                return self._call(expr, vars_)
            case Macro():
                return self._macro(expr, vars_)
            case ListExpr(elements=elements):
                return self._any(elements, vars_)
            case MapExpr(entries=entries):
                given = {key.value: value for key, value in entries if isinstance(key, Literal)}
                version, kind = given.get("apiVersion"), given.get("kind")
                if isinstance(version, Literal) and isinstance(kind, Literal):
                    return {f"{version.value}/{kind.value}"}
        return {UNKNOWN}

    def _any(self, parts: Iterable[Expr], vars_: Vars) -> set[str]:
        return {kind for part in parts for kind in self.of(part, vars_)}

    def _name(self, name: str, vars_: Vars) -> set[str]:
        if name in vars_:
            return self.of_var(vars_[name])
        outline = self._outline
        if name == outline.primary:
            return {outline.kind}
        if name in outline.relations:
            return {outline.relations[name].shape.kind}
        let = outline.lets.get(name)
        if let is not None and name not in self._stack:
            self._stack.append(name)
            try:
                return self.of(let.expr, {})
            finally:
                self._stack.pop()
        return {UNKNOWN}

    def of_var(self, var: Var) -> set[str]:
        """The kinds of what a variable stands for."""
        match var:
            case ObjectOf(kind=kind):
                return {kind}
            case ElementOf(listed=listed, vars=vars_):
                return self.of(listed, vars_)
            case SameAs(expr=expr, vars=vars_, at=()):
                return self.of(expr, vars_)
        return {UNKNOWN}

    def _call(self, expr: Call, vars_: Vars) -> set[str]:
        name, args = expr.function, expr.args
        if expr.target is None and name in self._outline.relations:
            return {self._outline.relations[name].shape.kind}
        body = self._body(name)
        if body is not None and expr.target is None and name not in self._stack:
            params, inside = body
            self._stack.append(name)
            try:
                return self.of(inside, {p: SameAs(a, vars_) for p, a in zip(params, args, strict=False)})
            finally:
                self._stack.pop()
        if name in ("_?_:_",):
            return self._any(args[1:], vars_)
        if name in ("_+_",):
            return self._any(args, vars_)
        if name in ("@json", "@optional", "dyn", "_[_]", "_[?_]"):
            return self.of(args[0], vars_)
        if expr.target is not None and name in _EITHER:
            return self._any((expr.target, *args), vars_)
        if isinstance(expr.target, Ident) and expr.target.name == "optional":
            return self._any(args, vars_)
        return {UNKNOWN}

    def _body(self, name: str) -> FnDef | None:
        let = self._outline.lets.get(name)
        if let is not None and let.params is not None:
            return let.params, let.expr
        return self._definitions.get(name)

    def _macro(self, expr: Macro, vars_: Vars) -> set[str]:
        if expr.target is None:
            init, body = expr.args
            return self.of(body, {**vars_, expr.variables[0]: SameAs(init, vars_)})
        if expr.name in _SAME:
            return self.of(expr.target, vars_)
        inner: Vars = {**vars_, expr.variables[-1]: ElementOf(expr.target, vars_)}
        return self.of(expr.args[-1], inner)


class _Accesses:
    def __init__(self, outline: Outline, definitions: Mapping[str, FnDef], nodes: Nodes) -> None:
        self.outline, self.nodes = outline, nodes
        self.kinds = Kinds(outline, definitions)
        lets = {name: let.expr for name, let in outline.lets.items() if let.params is None}
        functions = {name: (let.params, let.expr) for name, let in outline.lets.items() if let.params is not None}
        relations = {name: relation.single for name, relation in outline.relations.items()}
        self.reader = Reader(relations, lets, {**definitions, **functions})
        self.own = Value(outline.primary, (), many=outline.grouped)
        self.found: list[Access] = []

    def all(self) -> list[Access]:
        outline = self.outline
        reads: dict[int, Reads] = {}
        for site in outline.sites:
            merge(reads.setdefault(site.rule, {}), self._reads(site))
        self._watch(reads)
        if outline.ruleset.spec.finalizer is not None:
            self._add("", outline.kind, "patch", "", [("metadata", "finalizers")])
        for index, rule in enumerate(outline.ruleset.spec.rules):
            for source, paths in sorted(reads.get(index, {}).items()):
                self._add(rule.name, self._kind(source), "get", "", paths)
            self._writes(index)
        return self.found

    def _kind(self, source: str) -> str:
        outline = self.outline
        return outline.relations[source].shape.kind if source in outline.relations else outline.kind

    def _watch(self, reads: dict[int, Reads]) -> None:
        outline = self.outline
        total: Reads = {}
        for each in reads.values():
            merge(total, each)
        for source in (outline.primary, *outline.relations):
            relation = outline.relations.get(source)
            polled = relation is not None and relation.shape.every is not None
            for verb in ("get", "list") if polled else ("get", "list", "watch"):
                self._add("", self._kind(source), verb, "", total.get(source, set()))

    def _add(self, rule: str, kind: str, verb: str, subresource: str, paths: Iterable[FieldPath]) -> None:
        self.found.append(Access(rule, kind, verb, subresource, shortest(set(paths))))

    # --- reads --------------------------------------------------------------------------------------------------------

    def _reads(self, site: Site) -> Reads:
        whole = site.purpose not in ("list", "objects", "subset", "target")
        reads, _ = self.reader.read(site.expr, self._env(site.vars), whole=whole)
        outer = {self.outline.primary, *self.outline.relations}
        return {source: paths for source, paths in reads.items() if source in outer}

    def _env(self, vars_: Vars) -> dict[str, Abstract]:
        return {self.outline.primary: self.own, **{name: self._abstract(var) for name, var in vars_.items()}}

    def _abstract(self, var: Var) -> Abstract:
        match var:
            case ElementOf(listed=listed, vars=vars_):
                _, value = self.reader.read(listed, self._env(vars_), whole=False)
                return Value(value.source, value.path) if value is not None else None
            case SameAs(expr=expr, vars=vars_, at=at):
                _, value = self.reader.read(expr, self._env(vars_), whole=False)
                return Value(value.source, (*value.path, *at), value.many) if value is not None else None
        return None

    # --- writes -------------------------------------------------------------------------------------------------------

    def _writes(self, index: int) -> None:
        rule = self.outline.ruleset.spec.rules[index]
        chosen = rule.choose
        outcomes = [chosen.then, chosen.none] if chosen is not None else []
        if rule.event is not None or any(outcome is not None and outcome.event for outcome in outcomes):
            for verb in ("create", "patch"):  # equal ones are counted
                self._add(rule.name, EVENT, verb, "", ())
        sites = [site for site in self.outline.sites if site.rule == index]
        if rule.ensure is not None:
            self._ensure(index, sites)
        for site in sites:
            target = site.target
            if target is not None and not (rule.ensure is not None and target.kind):
                kinds = {target.kind} if target.kind else self.kinds.of(target.to, target.vars)
                for kind in sorted(kinds):
                    self._add(rule.name, kind, *_verb(target.verb, target.subresource), self._paths(site, kind))
        bare = rule.post
        if bare is not None and bare.body is None:
            self._posted(index, sites, bare.subresource)
        if rule.delete is not None:
            for site in sites:
                if site.purpose == "objects":
                    for kind in sorted(self.kinds.of(site.expr, site.vars)):
                        self._add(rule.name, kind, "delete", "", ())

    def _posted(self, index: int, sites: list[Site], subresource: str) -> None:
        rule = self.outline.ruleset.spec.rules[index]
        for site in sites:
            if site.path[-2:] == ("post", "to"):
                for kind in sorted(self.kinds.of(site.expr, site.vars)):
                    self._add(rule.name, kind, "create", subresource, ())

    def _ensure(self, index: int, sites: list[Site]) -> None:
        rule = self.outline.ruleset.spec.rules[index]
        assert rule.ensure is not None
        kind = str(rule.ensure.template["kind"])
        made: set[FieldPath] = set()
        kept: set[FieldPath] = set()
        for site in sites:
            if site.target is not None:
                paths = set(self._paths(site, kind))
                made |= paths
                if site.target.kept:
                    kept |= paths
        self._add(rule.name, kind, "create", "", made - {()})  # of a `from` that is one expression no field is known
        if kept and (rule.ensure.update or "").strip() != "[]":
            self._add(rule.name, kind, "patch", "", kept)
        if (rule.ensure.delete or "").strip() != "[]" or rule.while_ is not None:
            self._add(rule.name, kind, "delete", "", ())

    def _paths(self, site: Site, kind: str) -> Iterable[FieldPath]:
        target = site.target
        assert target is not None
        node = self.nodes(kind) if kind not in (UNKNOWN, "*") else None
        if target.verb == "keep":
            return [target.at]
        for name in target.at:
            node = node.field(name) if node is not None else None
        return [path for path, _ in written(site.expr, node, target.at)]


def _verb(verb: str, subresource: str) -> tuple[str, str]:
    return {"post": "create", "keep": "patch"}.get(verb, verb), subresource


__all__ = ["UNKNOWN", "Access", "Kinds", "accesses", "outline_accesses"]
