"""Types: what every expression of a rule set comes to, given the kinds' fields; each mistake is told, and the rest
goes on.

A function without written types is checked anew for the types that each call gives it, as if its text stood there; the
finding lies in its text and names the call.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from ruleplane.errors import SourceError
from ruleplane.lang import cel
from ruleplane.lang.cel.ast import Call, Literal
from ruleplane.lang.cel.check import Checker
from ruleplane.lang.cel.functions import STANDARD
from ruleplane.lang.cel.resolve import UNDECLARED, resolve
from ruleplane.lang.cel.shapes import BOOL, DYN, INT, STRING, Shape, Unifier, list_of, optional_of, shape
from ruleplane.lang.cel.source import Pos, source_error
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.walk import walk
from ruleplane.lang.check.finding import Related, told
from ruleplane.lang.functions import ENGINE
from ruleplane.lang.outline import ElementOf, ObjectOf, Plain, SameAs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.ast import Expr, Macro, Select
    from ruleplane.lang.cel.source import Source
    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.outline import Outline, Site, Var, Vars
    from ruleplane.lang.reads import FnDef

# what the engine's functions yield; those that are not listed yield anything
_RESULTS: Final = {
    "tick": "timestamp", "seen": "timestamp", "backoff": "duration", "spread": "duration", "hash": "string",
    "selects": "bool", "firstFree": "string", "firstFreeSubnet": "string", "@text": "string",
    "cronPrev": "timestamp", "cronNext": "timestamp", "history": "list(map(string, dyn))", "changed": "string",
}  # fmt: skip
_WRITTEN: Final = frozenset({"timestamp", "duration", "quantity"})  # what JSON holds as text
_WANTED: Final = {
    "condition": (BOOL, "a condition is true or false"),
    "count": (INT, "a whole number is expected"),
}
_NO_OBJECTS: Final = frozenset({"string", "int", "uint", "double", "bool", "list", "timestamp", "duration"})
_NUMBERS: Final = frozenset({"int", "uint", "double", "dyn"})


class Types:
    """The shapes of one rule set's names and expressions. ``findings`` grows."""

    def __init__(
        self, outline: Outline, catalogue: Catalogue, functions: Mapping[str, cel.Function],
        definitions: Mapping[str, FnDef], params: Mapping[str, Shape],
    ) -> None:  # fmt: skip
        self.outline, self.catalogue, self.definitions = outline, catalogue, definitions
        self.findings: list[Finding] = []
        self.over_maps: set[tuple[Source, int]] = set()  # where macros run over a map
        self.unifier = Unifier()
        self.rule = ""
        lets = {name: let for name, let in outline.lets.items() if let.params is not None}
        self.table: dict[str, cel.Function] = {
            **STANDARD, **ENGINE, **functions,
            **{name: cel.Function(name, _never) for name in (*_RESULTS, *lets, *outline.relations)},
        }  # fmt: skip
        own = catalogue.shape(outline.kind)
        self._names: dict[str, Shape] = {
            outline.primary: list_of(own) if outline.grouped else own,
            "params": Shape("params", fields=_Fixed(params)),
            **({"old": own, "request": _REQUEST} if outline.admits else {"refused": list_of(DYN)}),
            "now": shape("timestamp"),
            **({"group": DYN} if outline.grouped else {}),
        }
        for name, relation in outline.relations.items():
            if not relation.params:
                element = catalogue.shape(relation.shape.kind)
                self._names[name] = element if relation.single else list_of(element)
        self.known = {*self._names, *(name for name, let in outline.lets.items() if let.params is None)}
        self.used: set[str] = set()
        self._pending: set[str] = set()
        self._vars: dict[int, Shape] = {}  # the outline keeps the variables
        self._calls: dict[tuple[str, tuple[str, ...]], Shape] = {}
        self._seen: set[tuple[str, str, int, int]] = set()

    def check(self) -> list[Finding]:
        """Every expression of the rule set."""
        rules = self.outline.ruleset.spec.rules
        for name, let in self.outline.lets.items():
            if let.params is None:
                self.name(name)
            else:
                self.expr(let.expr, dict.fromkeys(let.params, DYN))
        for site in self.outline.sites:
            self.rule = rules[site.rule].name if site.rule >= 0 else ""
            self._site(site)
        self.rule = ""
        return self.findings

    def _site(self, site: Site) -> None:
        found = self.expr(site.expr, self.locals(site.vars))
        wanted = _WANTED.get(site.purpose)
        if wanted is not None and not Unifier().assignable([wanted[0]], [found]):
            self.told("RP006", source_error(f"{wanted[1]}, and this is of type {found}", start(site.expr)))
        elif site.purpose == "number" and found.name not in _NUMBERS and not found.variable:
            self.told("RP006", source_error(f"a number is expected, and this is of type {found}", start(site.expr)))
        elif site.purpose == "target" and found.name in _NO_OBJECTS:
            hint = f'; write "${{{site.expr.value}}}"' if isinstance(site.expr, Literal) else ""
            message = f"an object is expected, and this is of type {found}{hint}"
            self.told("RP006", self.outline.source.error(message, site.path))
        elif site.purpose == "list" and found.name not in ("list", "dyn") and not found.variable:
            self.told("RP006", source_error(f"a list is expected, and this is of type {found}", start(site.expr)))

    # --- names --------------------------------------------------------------------------------------------------------

    def locals(self, vars_: Vars) -> dict[str, Shape]:
        """The shapes of a site's variables."""
        return {name: self.var(var) for name, var in vars_.items()}

    def var(self, var: Var) -> Shape:
        """The shape of a variable; sites of one rule share theirs."""
        known = self._vars.get(id(var))
        if known is None:
            known = self._vars[id(var)] = self._var(var)
        return known

    def _var(self, var: Var) -> Shape:
        match var:
            case ObjectOf(kind=kind, many=many):
                found = self.catalogue.shape(kind)
                return list_of(found) if many else found
            case Plain(type=text):
                return shape(text)
            case ElementOf(listed=listed, vars=vars_):
                found = self.expr(listed, self.locals(vars_))
                return found.params[0] if found.name == "list" else found if found.fields is not None else DYN
            case SameAs(expr=expr, vars=vars_, at=at):
                found = self.expr(expr, self.locals(vars_))
                for field in at:
                    found = (found.fields.field(field) if found.fields is not None else None) or DYN
                return found.params[0] if at and found.name == "list" else found
        return DYN

    def name(self, name: str) -> Shape:
        """The shape of a name of the rule set; a let is checked at its first use."""
        self.used.add(name)
        if name not in self._names:
            let = self.outline.lets.get(name)
            if let is None or name in self._pending:
                return DYN
            self._pending.add(name)
            before, self.rule = self.rule, ""
            self._names[name] = self.expr(let.expr, {})
            self.rule = before
            self._pending.discard(name)
        return self._names[name]

    # --- expressions --------------------------------------------------------------------------------------------------

    def expr(self, expr: Expr, local: Mapping[str, Shape]) -> Shape:
        """The shape of an expression as written."""
        params = tuple(local)
        try:
            resolved = resolve(expr, self.known, self.table, params)
        except SourceError as error:
            code = "RP003" if "function" in error.message or "takes" in error.message else "RP002"
            self.told(code, error)
            resolved = resolve(expr, self.known, self.table, params, lenient=True)
        typer = _Typer(self)
        return typer.unifier.resolved(typer.shape(resolved, local), final=True)

    def call(self, name: str, arguments: list[Shape], at: Call) -> Shape | None:
        """The shape of a call of a function whose text is known; None for another."""
        self.used.add(name)
        relation = self.outline.relations.get(name)
        if relation is not None:
            element = self.catalogue.shape(relation.shape.kind)
            return element if relation.single else list_of(element)
        body = self.body(name)
        if body is None:
            return shape(_RESULTS[name]) if name in _RESULTS else None
        params, inside = body
        if len(params) != len(arguments):
            takes = f"{name}() takes {len(params)} arguments, not {len(arguments)}"
            raise source_error(takes, at.pos)
        key = name, tuple(f"{one}{id(one.fields)}" for one in arguments)
        if key not in self._calls:
            self._calls[key] = DYN  # while it is being found: a function that calls itself is refused elsewhere
            before = len(self.findings)
            self._calls[key] = self.expr(inside, dict(zip(params, arguments, strict=True)))
            self._called_from(before, name, at)
        return self._calls[key]

    def body(self, name: str) -> FnDef | None:
        """Parameters and text of a function of the rule set, or of a library that does not say its types."""
        let = self.outline.lets.get(name)
        if let is not None:
            return (let.params, let.expr) if let.params is not None else None
        function = self.table.get(name)
        typed = function is not None and (function.overloads or function.signature)
        return None if typed else self.definitions.get(name)

    def _called_from(self, before: int, name: str, at: Call) -> None:
        error = source_error(f"{name}() is called here", at.pos)
        place = Related(error.message, error.file, error.line, error.column)
        for index in range(before, len(self.findings)):
            finding = self.findings[index]
            self.findings[index] = replace(finding, related=(*finding.related, place))

    def told(self, code: str, error: SourceError, hint: str = "") -> None:
        """One finding; the same at the same place is told once."""
        if not error.file:
            error.file = self.outline.source.file
        key = code, error.file, error.line, error.column
        if key not in self._seen:
            self._seen.add(key)
            self.findings.append(told(code, error, ruleset=self.outline.name, rule=self.rule, hint=hint))


def _never(*_: object) -> None:
    raise AssertionError("the checker calls nothing")


def start(expr: Expr) -> int:
    """The position of the first character of an expression, not of its operator."""
    found = [node.pos for node in walk(expr) if isinstance(node.pos, Pos)]
    return min(found, default=expr.pos)


class _Fixed:
    """Fields that are these and no others: those of ``params`` and of ``request``."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes

    def field(self, name: str) -> Shape | None:
        """The shape of a field."""
        return self._shapes.get(name)

    def names(self) -> list[str]:
        """The names of the fields."""
        return list(self._shapes)


def _texts(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, STRING)


_USER: Final = Shape("user", fields=_Fixed({**_texts("name", "uid"), "groups": list_of(STRING)}))
_KIND: Final = Shape("kind", fields=_Fixed(_texts("group", "version", "kind")))
_REQUEST: Final = Shape(  # what reconcile/review.py binds; options differ from operation to operation
    "request",
    fields=_Fixed({
        **_texts("operation", "namespace", "name", "subresource"),
        "user": _USER, "kind": _KIND, "dryRun": BOOL, "options": DYN,
    }),
)  # fmt: skip


class _Typer(Checker):
    """The checker of cel/, with lets, functions and relations, that goes on after a mistake."""

    def __init__(self, types: Types) -> None:
        super().__init__(_Names(types.name), types.table)
        self._types = types

    def shape(self, expr: Expr, local: Mapping[str, Shape]) -> Shape:
        try:
            if isinstance(expr, Call):
                found = self._special(expr, local)
                if found is not None:
                    return found
            return super().shape(expr, local)
        except SourceError as error:
            self._types.told(getattr(error, "code", "RP006"), error)
            return DYN

    def _special(self, expr: Call, local: Mapping[str, Shape]) -> Shape | None:
        name = expr.function
        if name == "@json":
            return _as_json(self.shape(expr.args[0], local))
        if name == "@optional":
            return self.shape(expr.args[0], local)
        if name == UNDECLARED:
            return DYN
        if name in self._types.outline.relations or name in self._types.outline.lets or not self._overloads(name):
            arguments = [self.unifier.resolved(self.shape(arg, local), final=True) for arg in expr.args]
            return self._types.call(name, arguments, expr)
        return None

    def ran_over(self, macro: Macro, target: Shape) -> None:
        if target.name == "map" and isinstance(macro.pos, Pos):
            self._types.over_maps.add((macro.pos.source, int(macro.pos)))

    def _overloads(self, name: str) -> bool:
        function = self._types.table.get(name)
        return function is None or bool(function.overloads)

    def _field(self, operand: Shape, expr: Select) -> Shape:
        if operand.fields is not None and operand.fields.field(expr.field) is None:
            names = list(operand.fields.names())
            close = get_close_matches(expr.field, names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            what = (
                unparse(expr.operand).lstrip(".") if str(operand) == "object" else operand
            )  # a custom kind's parts have no names
            error = source_error(f"{what} has no field {expr.field!r}{hint}", expr.pos)
            error.code = "RP005"  # type: ignore[attr-defined]
            raise error
        if operand.name == "params" and operand.fields is not None:
            self._types.used.add(f"params.{expr.field}")
        return super()._field(operand, expr)


def _as_json(found: Shape) -> Shape:
    if found.name in _WRITTEN:
        return STRING
    if found.name == "optional":
        return optional_of(_as_json(found.params[0]))
    return found


class _Names(dict[str, Shape]):
    """Names that are looked up when they are asked for."""

    def __init__(self, find: Callable[[str], Shape]) -> None:
        super().__init__()
        self._find = find

    def get(self, name: str, default: Shape = DYN) -> Shape:  # type: ignore[override]
        return self._find(name)
