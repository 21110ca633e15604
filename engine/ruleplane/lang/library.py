"""Libraries: named pure functions in CEL that every rule set may call. A rule set's own functions are compiled here
too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang import cel
from ruleplane.lang.lets import without_scope
from ruleplane.lang.signature import signature
from ruleplane.lang.unit import Unit
from ruleplane.lang.walk import functions_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.reads import FnDef
    from ruleplane.lang.source import Path, Source
    from ruleplane.model.ruleset import Library


class Functions:
    """What rule sets may call: CEL's own, and every library's."""

    def __init__(self) -> None:
        self.compiled: dict[str, cel.Function] = dict(cel.STANDARD)
        self.definitions: dict[str, FnDef] = {}

    def add(self, documents: Iterable[tuple[Source, Library]]) -> None:
        """Compile libraries; their functions may call one another in any order. Raises SourceError."""
        pending: dict[str, tuple[Source, Path, tuple[str, ...], Expr]] = {}
        for source, library in documents:
            unit = Unit(source, "", self.compiled, self.definitions)
            for key, text in library.spec.functions.items():
                assert isinstance(text, str), key  # a typed one is refused before
                path: Path = ("spec", "functions", key)
                name, params = signature(source, key, path)
                if name in self.compiled or name in pending:
                    raise source.error(f"the function {name!r} exists already", path, key=True)
                pending[name] = (source, path, params, unit.parse(text, path))
        done: list[str] = []

        def define(name: str, trail: tuple[str, ...]) -> None:
            if name not in pending or name in done:
                return
            source, path, params, expr = pending[name]
            if name in trail:
                raise source.error(f"{' calls '.join((*trail, name))}: a function cannot call itself", path, key=True)
            for called in sorted(functions_called(expr)):
                define(called, (*trail, name))
            unit = Unit(source, "", self.compiled, self.definitions)
            fn = unit.compile(expr, path, params, pure=True)
            self.compiled[name] = cel.Function(name, without_scope(fn))
            self.definitions[name] = (params, expr)
            done.append(name)

        for name in pending:
            define(name, ())
