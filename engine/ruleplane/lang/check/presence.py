"""What may be absent: a field that its kind does not promise, an object that may be null, read without a guard.

Values are followed through the text with the facts that hold on the way (guards.py): after ``has(x.y) &&``, in the
branch of a condition, for the elements that a filter leaves. Present without a guard is what the schema requires, what
the API server gives to every object, and what it defaults. Whatever cannot be followed is no finding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select
from ruleplane.lang.cel.source import source_error
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.walk import children, substitute
from ruleplane.lang.check.facts import SELF
from ruleplane.lang.check.finding import Related, told
from ruleplane.lang.check.followed import ELEMENT, Val, joined, renamed, root
from ruleplane.lang.check.guards import NONE, Facts, Guards
from ruleplane.lang.outline import ElementOf, ObjectOf, SameAs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.outline import Outline, Site, Var, Vars
    from ruleplane.lang.reads import FnDef
    from ruleplane.model.schema import SchemaNode

_META: Final = frozenset(
    {"name", "uid", "creationTimestamp", "resourceVersion", "namespace", "generation", "managedFields"}
)
_ROOT: Final = frozenset({"apiVersion", "kind", "metadata", "spec"})
_PASSED: Final = frozenset({"@json", "@optional", "dyn"})
_FORGIVING: Final = frozenset({"where", "theirs", "selectedBy"})  # what fails there does not hold, or lies nowhere
_DEPTH: Final = 30


def check(outline: Outline, catalogue: Catalogue, definitions: Mapping[str, FnDef]) -> list[Finding]:
    """A finding for each field or object that may be absent where it is read."""
    return _Presence(outline, catalogue, definitions).check()


class _Presence:
    def __init__(self, outline: Outline, catalogue: Catalogue, definitions: Mapping[str, FnDef]) -> None:
        self.outline, self.catalogue, self.definitions = outline, catalogue, definitions
        self.guards = Guards(self.canon, self._let, self._body)
        self.always: set[Expr] = set()  # facts about names that are made here, each once
        self.findings: dict[tuple[str, int, int], Finding] = {}
        self.count = 0
        self.rule = ""
        self.calls: list[Call] = []  # of functions of libraries, the outermost first
        self.known: dict[object, Val | None] = {}
        self.depth = 0
        self.reported: set[Expr] = set()
        self.either: list[tuple[Expr, Facts]] = []  # of conditions `a || b`: where a is false, what b says

    def check(self) -> list[Finding]:
        rules = self.outline.ruleset.spec.rules
        if self.outline.where is not None and not self.outline.grouped:
            self.always |= self.guards.true(self.outline.where, {})
        for site in self.outline.sites:
            self.rule = rules[site.rule].name if site.rule >= 0 else ""
            self.reported = set()
            if site.path[-1] not in _FORGIVING:
                self._site(site)
        return list(self.findings.values())

    def _site(self, site: Site) -> None:
        env = self._env(site.vars)
        facts = NONE
        self.either = []
        if site.rule >= 0 and site.path[3:4] not in (("when",), ("while",), ("each",)):
            for other in self.outline.sites:
                if other.rule == site.rule and other.path[3:] in (("when",), ("while",)):
                    names = self._canons(env)
                    facts |= self.guards.true(other.expr, names)
                    self.either += self.guards.either(other.expr, names)
        self.visit(site.expr, env, facts)

    # --- names --------------------------------------------------------------------------------------------------------

    def _let(self, name: str) -> Expr | None:
        let = self.outline.lets.get(name)
        return let.expr if let is not None and let.params is None else None

    def _body(self, name: str) -> FnDef | None:
        let = self.outline.lets.get(name)
        if let is not None:
            return (let.params, let.expr) if let.params is not None else None
        return self.definitions.get(name)

    def canon(self, expr: Expr, env: Mapping[str, object]) -> Expr | None:
        """A path by one name, however it is written."""
        match expr:
            case Ident(name=name):
                if name in env:
                    found = env[name]
                    return found if isinstance(found, Ident | Select) else None
                if name == self.outline.primary:
                    return SELF
                text = self._let(name)
                return self.canon(text, {}) if text is not None else Ident(name)
            case Select(operand=operand, field=field, test=False):
                inner = self.canon(operand, env)
                return None if inner is None else Select(inner, field)
            case Call(function="_[_]" | "_[?_]", args=(operand, Literal(value=str(key)))):
                inner = self.canon(operand, env)
                return None if inner is None else Select(inner, key)
            case Call(function=name, args=(inner_expr,)) if name in _PASSED:
                return self.canon(inner_expr, env)
        return None

    def _env(self, vars_: Vars) -> dict[str, Val | None]:
        return {name: self._var(var) for name, var in vars_.items()}

    def _var(self, var: Var) -> Val | None:
        match var:
            case ObjectOf(kind=kind, many=many):
                return self._object(kind, self._fresh(), many=many)
            case ElementOf(listed=listed, vars=vars_):
                found = self._quiet(listed, vars_)
                return self._element(found) if found is not None else None  # one object is never null here
            case SameAs(expr=expr, vars=vars_, at=()):
                return self._quiet(expr, vars_)
        return None

    def _quiet(self, expr: Expr, vars_: Vars) -> Val | None:
        """A value without findings: they are told where the text itself stands."""
        before = dict(self.findings)
        try:
            return self.visit(expr, self._env(vars_), NONE)
        finally:
            self.findings = before

    def _fresh(self) -> Ident:
        self.count += 1
        return Ident(f"@{self.count}")

    def _object(self, kind: str, canon: Expr, *, many: bool = False, facts: Facts = NONE) -> Val | None:
        node = self.catalogue.node(kind)
        return None if node is None else Val(node, kind, (), canon, many, facts)

    def _element(self, listed: Val) -> Val:
        """One element, by a name of its own, with what is known of each."""
        name = self._fresh()
        self.always |= {substitute(fact, {ELEMENT.name: name}) for fact in listed.facts}
        return replace(listed, canon=name, many=False, facts=NONE, optional=False)

    # --- values -------------------------------------------------------------------------------------------------------

    def visit(self, expr: Expr, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        """The value, as far as it can be followed; tells what may be absent on the way."""
        self.depth += 1
        try:
            return None if self.depth > _DEPTH * 4 else self._visit(expr, env, facts)
        finally:
            self.depth -= 1

    def _visit(self, expr: Expr, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        match expr:
            case Ident(name=name):
                return self._name(name, env, facts)
            case Select():
                return self._select(expr, env, facts)
            case Call():
                return self._call(expr, env, facts)
            case Macro():
                return self._macro(expr, env, facts)
            case ListExpr(elements=elements):
                found = [self.visit(element, env, facts) for element in elements]
                if len(found) == 1 and found[0] is not None and not found[0].many:
                    return replace(found[0], many=True, facts=NONE, optional=False)
                return None
            case MapExpr():
                for part in children(expr):
                    self.visit(part, env, facts)
        return None

    def _name(self, name: str, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        if name in env:
            return env[name]
        outline = self.outline
        if name == outline.primary:
            return self._object(outline.kind, SELF, many=outline.grouped)
        if name in outline.relations:
            relation = outline.relations[name]
            if relation.single:
                return self._object(relation.shape.kind, Ident(name))
            return self._object(relation.shape.kind, Ident(name), many=True, facts=self._where(name))
        text = self._let(name)
        if text is None:
            return None
        key = name, facts
        if key not in self.known:
            self.known[key] = None
            self.known[key] = self.visit(text, {}, facts)
        return self.known[key]

    def _where(self, name: str) -> Facts:
        where = self.outline.relations[name].where
        return NONE if where is None else self.guards.true(where, {"it": ELEMENT})

    def _select(self, expr: Select, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        operand = self.visit(expr.operand, env, facts)
        if operand is None or operand.many:
            return None
        self._not_null(operand, expr, facts)
        node = operand.node.field(expr.field) or operand.node.values
        if node is None:
            return None
        canon = Select(operand.canon, expr.field)
        found = self._below(operand, node, expr.field, canon)
        if expr.test:
            return None
        optional = expr.optional or operand.optional
        doubted = operand.canon in self.reported  # told already: one finding for a chain
        if not optional and not doubted and not self._there(operand, expr.field, canon, facts):
            self._absent(expr, canon)
        return replace(found, optional=optional)

    @staticmethod
    def _below(operand: Val, node: SchemaNode, field: str, canon: Expr) -> Val:
        path = (*operand.path, field)
        if node.type == "array" and node.items is not None:
            return Val(node.items, operand.kind, path, canon, many=True)
        return Val(node, operand.kind, path, canon)

    def _there(self, operand: Val, field: str, canon: Expr, facts: Facts) -> bool:
        if canon in facts or canon in self.always or canon in self.reported:
            return True
        if field in {(): _ROOT, ("metadata",): _META}.get(operand.path, ()):
            return True
        node = operand.node.field(field)
        if node is not None and "default" in node.raw:
            return True
        if field in operand.node.required or self.catalogue.demanded(operand.node.name, field):
            return True
        return self.catalogue.defaulted(operand.kind, (*operand.path, field))

    def _not_null(self, operand: Val, expr: Select, facts: Facts) -> None:
        canon = operand.canon
        if not isinstance(canon, Ident) or operand.optional:
            return
        relation = self.outline.relations.get(canon.name)
        if relation is None or not relation.single or relation.params:
            return
        if canon not in facts and canon not in self.always and canon not in self.reported:
            self.reported.add(canon)
            place = expr.operand if expr.operand.pos else expr
            self._told(
                "RP010", f"{canon.name} is null while there is no such object", place, f"{canon.name} != null && …"
            )

    def _absent(self, expr: Select, canon: Expr) -> None:
        self.reported.add(canon)
        text = unparse(expr)
        guard = unparse(Select(expr.operand, expr.field, expr.pos, optional=True))
        self._told("RP009", f"{text} may be absent", expr, f"has({text}) && …, or {guard}.orValue(…)")

    def _told(self, code: str, message: str, expr: Expr, hint: str) -> None:
        error = source_error(message, expr.pos)
        places: tuple[Related, ...] = ()
        if self.calls:
            places = (Related(f"{message}, here", error.file, error.line, error.column),)
            call = self.calls[0]
            error = source_error(f"{call.function}() needs what may be absent: {message}", call.pos)
        if not error.file:
            return
        finding = told(code, error, ruleset=self.outline.name, rule=self.rule, hint=hint, related=places)
        self.findings.setdefault((error.file, error.line, error.column), finding)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _canons(self, env: Mapping[str, Val | None]) -> dict[str, object]:
        return {name: val.canon if val is not None else None for name, val in env.items()}

    def _call(self, expr: Call, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        name, args = expr.function, expr.args
        if name in ("_&&_", "_||_"):
            self._either(expr, env, facts)
            return None
        if name == "_?_:_":
            names = self._canons(env)
            self.visit(args[0], env, facts)
            yes = self.visit(args[1], env, facts | self.guards.true(args[0], names))
            otherwise = facts | self.guards.false(args[0], names)
            for one, follows in self.either:
                if one == args[0]:
                    otherwise |= follows
            no = self.visit(args[2], env, otherwise)
            return joined(yes, no)
        parts = ([expr.target] if expr.target is not None else []) + list(args)
        body = self._body(name) if expr.target is None else None
        if body is not None and len(body[0]) == len(args):
            return self._function(expr, body, env, facts)
        found = [self.visit(part, env, facts) for part in parts]
        if expr.target is None and name in self.outline.relations:
            kind = self.outline.relations[name].shape.kind
            return self._object(kind, self._fresh(), many=True, facts=self._where(name))
        return self._result_of(expr, found)

    def _result_of(self, expr: Call, found: list[Val | None]) -> Val | None:
        """What a call yields whose operands are these, where it is one of them."""
        name, first = expr.function, found[0] if found else None
        if name == "_+_":
            return joined(found[0], found[1])
        if name == "of" and isinstance(expr.target, Ident) and expr.target.name == "optional":
            return found[1]
        if first is None:
            return None
        if name in ("_[_]", "_[?_]"):
            return self._index(expr, first)
        if name in ("orValue", "value"):
            return replace(first, optional=False)
        if name in ("first", "last") and first.many:
            return replace(self._element(first), optional=True)
        return first if name in _PASSED else None

    def _index(self, expr: Call, listed: Val) -> Val | None:
        optional = expr.function == "_[?_]" or listed.optional
        if listed.many:
            return replace(self._element(listed), optional=optional)
        key = expr.args[1]
        if listed.node.values is not None and isinstance(key, Literal) and isinstance(key.value, str):
            found = self._below(listed, listed.node.values, key.value, Select(listed.canon, key.value))
            return replace(found, optional=optional)
        return None

    def _either(self, expr: Call, env: Mapping[str, Val | None], facts: Facts) -> None:
        """An error on one side counts only where the other side does not decide."""
        names = self._canons(env)
        find = self.guards.true if expr.function == "_&&_" else self.guards.false
        left, right = expr.args
        self.visit(left, env, facts | find(right, names, plainly=True))
        self.visit(right, env, facts | find(left, names))

    def _function(self, expr: Call, body: FnDef, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        given = {param: self.visit(arg, env, facts) for param, arg in zip(body[0], expr.args, strict=True)}
        library = expr.function not in self.outline.lets
        key = expr.function, tuple(given.items()), facts, expr.pos if library and not self.calls else 0
        if key not in self.known:
            self.known[key] = None
            if library:
                self.calls.append(expr)
            try:
                self.known[key] = self.visit(body[1], given, facts)
            finally:
                if library:
                    self.calls.pop()
        return self.known[key]

    # --- macros -------------------------------------------------------------------------------------------------------

    def _macro(self, expr: Macro, env: Mapping[str, Val | None], facts: Facts) -> Val | None:
        if expr.target is None:
            init, body = expr.args
            return self.visit(body, {**env, expr.variables[0]: self.visit(init, env, facts)}, facts)
        target = self.visit(expr.target, env, facts)
        inner: dict[str, Val | None] = {**env, **dict.fromkeys(expr.variables)}
        element: Val | None = None
        if target is not None and expr.name in ("optMap", "optFlatMap"):
            element = replace(target, optional=False)
            facts |= {target.canon}
        elif target is not None and target.many:
            element = self._element(target)
        inner[expr.variables[-1]] = element
        *conditions, last = expr.args
        names = self._canons(inner)
        for condition in conditions:
            self.visit(condition, inner, facts)
            facts |= self.guards.true(condition, names) if expr.name != "toMap" else NONE
        value = self.visit(last, inner, facts)
        return self._result(expr, target, element, value, last, names)

    def _result(
        self, expr: Macro, target: Val | None, element: Val | None, value: Val | None, last: Expr,
        names: Mapping[str, object],
    ) -> Val | None:  # fmt: skip
        if expr.name == "filter" and target is not None and element is not None:
            name = element.canon
            held = self.guards.true(last, names) if isinstance(name, Ident) else NONE
            own = {fact for fact in held if root(fact) == name}
            moved = frozenset(renamed(fact, name) for fact in own)
            return replace(target, facts=target.facts | moved)
        if expr.name == "sortBy":
            return target
        if expr.name in ("map", "transformList", "flatMap", "toMap") and value is not None:
            same = element is not None and target is not None and value.canon == element.canon
            kept = target.facts if same and target is not None else value.facts if expr.name == "flatMap" else NONE
            return replace(value, many=True, facts=kept, optional=False)
        if expr.name in ("optMap", "optFlatMap") and value is not None:
            return replace(value, optional=True)
        return None
