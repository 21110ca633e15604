"""The compilation of one rule set's expressions: parse, rewrite time, lift deltas, compile; with the place of each
mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang import cel, cron
from ruleplane.lang.cel.ast import Call, Expr, Ident, Literal, MapExpr, Select
from ruleplane.lang.cel.walk import free_names, rewrite
from ruleplane.lang.delta import Lifter
from ruleplane.lang.functions import ENGINE
from ruleplane.lang.parsing import parse_at
from ruleplane.lang.reads import Reader, Reads, Value, merge, trie
from ruleplane.lang.template import to_expression
from ruleplane.lang.walk import closure, functions_called

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ruleplane.lang.heads import Fn
    from ruleplane.lang.program import Context, RelationSpec
    from ruleplane.lang.reads import Abstract, FieldPath, FnDef
    from ruleplane.lang.source import Path, Source

_COMPARISONS = {"_<_": "@now_lt", "_<=_": "@now_le", "_>_": "@now_gt", "_>=_": "@now_ge"}
TIMED = frozenset({"seen", "changed", "history"})  # rewritten to functions that ask the running decision
_ELEMENT = "@element"  # of what a step kept by delta runs over
_MIRROR = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}


class Unit:
    """Holds what expressions of one rule set may name."""

    def __init__(
        self,
        source: Source,
        primary: str,
        functions: Mapping[str, cel.Function],
        definitions: Mapping[str, FnDef],
        *,
        grouped: bool = False,
    ) -> None:
        self.source = source
        self.primary = primary
        self.grouped = grouped  # the primary is a list: the members of a group
        self.compiler = cel.Compiler({**functions, **ENGINE})
        self.functions = self.compiler.functions
        self.definitions: dict[str, FnDef] = dict(definitions)  # bodies, to follow values through
        self.relations: dict[str, RelationSpec] = {}
        self.lets: dict[str, Expr] = {}
        self.names: set[str] = {primary, "params", "refused", "now", *(("group",) if grouped else ())}
        self.called: set[str] = set()  # functions, of libraries among others
        self.reads: Reads = {}
        self.kept: Reads = {}
        self._reader: tuple[tuple[int, int, int], Reader] | None = None
        # a step kept by delta is kept for what it reads of the primary: a list has no fields to tell it by
        self.lifter = Lifter({}, self.lets.get, self._pure, "" if grouped else primary)

    # --- parsing ------------------------------------------------------------------------------------------------------

    def parse(self, text: Any, path: Path) -> Expr:
        """The expression at ``path`` of the file. Raises SourceError."""
        if not isinstance(text, str):
            raise self.source.error(f"an expression was expected, found {type(text).__name__}", path)
        line, column = self.source.place(path)
        return self._parse_at(text, line, column)

    def template(self, value: Any, path: Path) -> Expr:
        """The expression that yields a template. Raises SourceError."""
        objects = {
            *(() if self.grouped else (self.primary,)),
            *(name for name, spec in self.relations.items() if spec.single),
        }
        return to_expression(value, self.source, path, self._parse_at, objects)

    def _parse_at(self, text: str, line: int, column: int) -> Expr:
        file, line, column = self.source.origin(line, column)
        expr = parse_at(text, file, line, column)
        self.called |= functions_called(expr)
        return expr

    def condition(self, text: str, path: Path, variable: str) -> tuple[Expr, str]:
        """A static condition on ``variable`` alone, and its identity. Raises SourceError, which binding then cannot."""
        expr = self.parse(text, path)
        self.compile(expr, path, (variable,), pure=True)
        for name in sorted(functions_called(expr)):
            if not self._pure(name):
                raise self.source.error(f"{name}() depends on more than the object: not in a static condition", path)
        return expr, self.identity(text, expr)

    def identity(self, text: str, expr: Expr) -> str:
        """A condition as a name: equal for conditions that mean the same, whatever library functions are called."""
        called = closure(functions_called(expr), self.definitions)
        return text if not called else f"{text} where {called}"

    # --- compiling ----------------------------------------------------------------------------------------------------

    def follow(self, env: Mapping[str, Abstract], expr: Expr, *, whole: bool = True) -> Abstract:
        """Note what ``expr`` reads; returns what its value is."""
        reads, value = self.reader().read(expr, {self.primary: self.own(), **env}, whole=whole)
        merge(self.reads, reads)
        return value

    def own(self) -> Abstract:
        """The primary, as a value to follow."""
        return Value(self.primary, many=self.grouped)

    def reader(self) -> Reader:
        """Follows values through the names known so far."""
        known = len(self.relations), len(self.lets), len(self.definitions)  # names are added, and never taken away
        if self._reader is None or self._reader[0] != known:
            relations = {name: spec.single for name, spec in self.relations.items()}
            self._reader = known, Reader(relations, self.lets, self.definitions)
        return self._reader[1]

    def compile(
        self,
        expr: Expr,
        path: Path,
        params: Sequence[str] = (),
        *,
        now: bool = False,
        pure: bool = False,
        scoped: bool = True,
    ) -> Fn:
        """A callable (scope, *params), or (*params) if not ``scoped``. ``now``: the instant may be used as a value.

        Raises SourceError at ``path``."""
        expr = self._timed(expr, path, now=now)
        if not pure:
            self.lifter.relations = {
                n: None if s.single and not s.params else s.params for n, s in self.relations.items()
            }
            before = len(self.lifter.specs)
            expr = self.lifter.lift(expr, frozenset(params))
            for spec in self.lifter.specs[before:]:
                self._finish(spec, path)
        names: Collection[str] = () if pure else self.names
        try:
            return self.compiler.compile(expr, names, tuple(params), scoped=scoped)
        except SourceError as error:
            raise self.placed(error, path) from error

    def placed(self, error: SourceError, path: Path) -> SourceError:
        """The same mistake with file and line, where the expression alone did not know them."""
        return error if error.file else self.source.error(error.message, path)

    def _finish(self, spec: Any, path: Path) -> None:
        """Compile the body of a step kept by delta, and register the function that yields it."""
        spec.fn = self.compile(spec.body, path, (spec.variable, *spec.dep_names), pure=True)
        reads, _ = self.reader().read(spec.body, {self.primary: self.own(), spec.variable: Value(_ELEMENT)})
        spec.reads = trie(reads.get(_ELEMENT, ()))
        wanted = tuple(sorted(reads.get(self.primary, ())))
        spec.projections = tuple(wanted if name == self.primary else None for name in spec.dep_names)

        def derived(scope: Any, *args: Any) -> Any:
            context: Context = scope.ctx
            return context.derived(spec, args)

        name = f"@d{spec.id}"
        self.functions[name] = cel.Function(name, derived, takes_scope=True)

    def _pure(self, name: str) -> bool:
        if name in TIMED:
            return False
        function = self.functions.get(name)
        return function is None or not function.takes_scope  # unknown: an operator, or an error told elsewhere

    # --- time ---------------------------------------------------------------------------------------------------------

    def _timed(self, expr: Expr, path: Path, *, now: bool) -> Expr:
        """``now`` alone on one side of a comparison tells when it flips; elsewhere it is only allowed where nothing
        is kept."""

        def change(part: Expr) -> Expr:
            if isinstance(part, Call) and part.function in _COMPARISONS and len(part.args) == 2:
                left, right = part.args
                if _is_now(left):
                    return Call(_COMPARISONS[part.function], (right,), None, part.pos)
                if _is_now(right):
                    return Call(_COMPARISONS[_MIRROR[part.function]], (left,), None, part.pos)
            if isinstance(part, Call) and part.function == "seen" and part.target is None:
                return self._seen(part, path)
            if isinstance(part, Call) and part.function == "changed" and part.target is None:
                return Call("@changed", part.args, None, part.pos)
            if isinstance(part, Call) and part.function in ("cronPrev", "cronNext") and part.target is None:
                self._scheduled(part, path)
            if isinstance(part, Call) and part.function == "history" and part.target is None:
                return self._history(part, path)
            return part

        expr = rewrite(expr, change)
        if not now and "now" in free_names(expr):
            raise self.source.error(
                "`now` stands alone on one side of <, <=, > or >=; as a value only in `initial` and `event` "
                "(or use tick())",
                path,
            )
        return expr

    def _scheduled(self, call: Call, path: Path) -> None:
        """What is written down is checked now; what is computed, when it runs."""
        if len(call.args) != 2:
            raise self.source.error(f"{call.function}() takes a schedule and a time zone, '0 6 * * *', 'UTC'", path)
        for check, part in zip((cron.schedule_of, cron.zone_of), call.args, strict=True):
            if isinstance(part, Literal) and isinstance(part.value, str):
                try:
                    check(part.value)
                except EvaluationError as error:
                    raise self.source.error(str(error), path) from None

    def _history(self, call: Call, path: Path) -> Expr:
        if len(call.args) != 2:
            raise self.source.error("history() takes a value and a duration: history(wanted, '5m')", path)
        if "request" in self.names:
            raise self.source.error("history() has no meaning here: a request has no former decisions", path)
        local = free_names(call.args[0]) - self.names - self.relations.keys()
        if local:
            message = f"history() keeps one value of the primary, and {min(local)!r} is one of many"
            raise self.source.error(message, path)
        return Call("@history", (Literal(cel.unparse(call)), *call.args), None, call.pos)

    def _seen(self, call: Call, path: Path) -> Expr:
        fields: list[str] = []
        part: Expr = call.args[0] if len(call.args) == 1 else Literal(None)
        while isinstance(part, Select) and not part.test:
            fields.insert(0, part.field)
            part = part.operand
        if not (isinstance(part, Ident) and fields):
            raise self.source.error("seen() takes the path of a field below an object: seen(node.status.phase)", path)
        return Call("@seen", (part, *(Literal(name) for name in fields)), None, call.pos)

    # --- what heads keep ----------------------------------------------------------------------------------------------

    def keep(self, source: str, expr: Expr, prefix: FieldPath = ()) -> None:
        """Note the fields that a template keeps on objects of ``source``: writes of others to them wake the rule."""
        if isinstance(expr, MapExpr) and expr.entries:
            for key, value in expr.entries:
                name = key.value if isinstance(key, Literal) and isinstance(key.value, str) else None
                if name is None:
                    self.kept.setdefault(source, set()).add(prefix)
                else:
                    self.keep(source, value, (*prefix, name))
        else:
            self.kept.setdefault(source, set()).add(prefix)


def _is_now(expr: Expr) -> bool:
    return isinstance(expr, Ident) and expr.name == "now"
