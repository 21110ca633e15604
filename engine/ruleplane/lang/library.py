"""Libraries: named pure functions in CEL that every rule set may call. A rule set's own functions are compiled here
too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruleplane.errors import SourceError
from ruleplane.lang import cel
from ruleplane.lang.mistakes import noted
from ruleplane.lang.signature import signature
from ruleplane.lang.source import Source
from ruleplane.lang.types import fits, parse_type
from ruleplane.lang.unit import Unit
from ruleplane.lang.walk import functions_called
from ruleplane.model.ruleset import API_VERSION, Library, TypedFunction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.reads import FnDef
    from ruleplane.lang.source import Path
    from ruleplane.lang.types import Kinds


class Functions:
    """What rule sets may call: CEL's own, and every library's."""

    def __init__(self, kinds: Kinds | None = None) -> None:
        self.kinds = kinds  # of custom resources too, where somebody knows them; else the built-in ones
        self.compiled: dict[str, cel.Function] = dict(cel.STANDARD)
        self.definitions: dict[str, FnDef] = {}

    def add(self, documents: Iterable[tuple[Source, Library]], told: list[SourceError] | None = None) -> None:
        """Compile libraries; their functions may call one another in any order. Raises SourceError; given ``told``,
        mistakes are added to it instead, and what does not compile can be called with anything, for anything."""
        pending: dict[str, _Pending] = {}
        for source, library in documents:
            unit = Unit(source, "", self.compiled, self.definitions)
            for key, written in library.spec.functions.items():
                with noted(told):
                    name, one = self._pending(unit, source, key, written)
                    if name in self.compiled or name in pending:
                        raise source.error(f"the function {name!r} exists already", one.at, key=True)
                    pending[name] = one
                    continue
                name = key.partition("(")[0].strip()
                self.compiled.setdefault(name, cel.Function(name, _nothing))
        done: list[str] = []

        def define(name: str, trail: tuple[str, ...]) -> None:
            if name not in pending or name in done:
                return
            one = pending[name]
            source, expr = one.source, one.expr
            with noted(told):
                if name in trail:
                    message = f"{' calls '.join((*trail, name))}: a function cannot call itself"
                    raise source.error(message, one.path, key=True)
                for called in sorted(functions_called(expr)):
                    define(called, (*trail, name))
                unit = Unit(source, "", self.compiled, self.definitions)
                fn = unit.compile(expr, one.path, one.params, pure=True, scoped=False)
                if one.types is not None:
                    _check_body(unit, name, one, one.types)
                self.compiled[name] = cel.Function(name, fn, signature=one.types or ())
                self.definitions[name] = (one.params, expr)
            self.compiled.setdefault(name, cel.Function(name, _nothing))
            done.append(name)

        for name in pending:
            define(name, ())

    def _pending(self, unit: Unit, source: Source, key: str, written: str | TypedFunction) -> tuple[str, _Pending]:
        """Name and text of one function. Raises SourceError."""
        at: Path = ("spec", "functions", key)
        name, params = signature(source, key, at)
        path, text, types = at, written, None
        if isinstance(written, TypedFunction):
            types = self._types(source, at, params, written)
            text, path = written.expr, (*at, "expr")
        assert isinstance(text, str), key
        return name, _Pending(source, path, at, params, unit.parse(text, path), types)

    def copy(self) -> Functions:
        """The same functions, to be added to."""
        other = Functions(self.kinds)
        other.compiled, other.definitions = dict(self.compiled), dict(self.definitions)
        return other

    def redefined(self, texts: Mapping[str, str]) -> Functions:
        """The same with these functions (head -> expression, as :func:`~ruleplane.lang.walk.closure` tells them) in
        the place of those of their names. Raises SourceError."""
        other = self.copy()
        for head in texts:
            name = head.partition("(")[0]
            other.compiled.pop(name, None)
            other.definitions.pop(name, None)
        data = {"apiVersion": API_VERSION, "kind": "Library", "metadata": {"name": "redefined"}}
        source = Source("functions in force", [], {**data, "spec": {"functions": dict(texts)}})
        other.add([(source, Library.model_validate(source.data))])
        return other

    def _types(
        self, source: Source, path: Path, params: tuple[str, ...], written: TypedFunction
    ) -> tuple[cel.Shape, ...]:
        """The shapes of the parameters and, last, of the value. Raises SourceError."""
        stray = sorted(set(written.types) - set(params))
        if stray:
            message = f"there is no parameter {', '.join(stray)} (there is: {', '.join(params) or 'none'})"
            raise source.error(message, (*path, "types", stray[0]), key=True)

        def parsed(text: str, place: Path) -> cel.Shape:
            try:
                return parse_type(text, self.kinds)
            except ValueError as error:
                raise source.error(str(error), place) from None

        own = [parsed(written.types.get(param, "dyn"), (*path, "types", param)) for param in params]
        return (*own, parsed(written.returns, (*path, "returns")))


@dataclass(frozen=True, slots=True)
class _Pending:
    """A function that is read and not compiled yet: what it calls comes first."""

    source: Source
    path: Path
    at: Path  # of the function; ``path`` is its expression's
    params: tuple[str, ...]
    expr: Expr
    types: tuple[cel.Shape, ...] | None


def _nothing(*_: object) -> None:
    """Stands for a function that does not compile: never called."""


def _check_body(unit: Unit, name: str, one: _Pending, types: tuple[cel.Shape, ...]) -> None:
    """Raise SourceError where the body cannot work on its parameters, or yields another type than it says."""
    *given, wanted = types
    try:
        found = unit.compiler.check(one.expr, {}, dict(zip(one.params, given, strict=True)))
    except SourceError as error:
        raise unit.placed(error, one.path) from error
    if not fits(wanted, found):
        raise one.source.error(f"{name} returns {wanted}, its expression is of type {found}", one.path)
