"""Compiles `let`: lazy named values, and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.lang import cel
from ruleplane.lang.cel.walk import free_names
from ruleplane.lang.signature import signature
from ruleplane.lang.walk import functions_called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.heads import Fn
    from ruleplane.lang.source import Path
    from ruleplane.lang.unit import Unit


def compile_lets(unit: Unit, shapes: Mapping[str, Any]) -> dict[str, Fn]:
    """name -> callable(scope) for the values; functions are added to the unit. Raises SourceError (a cycle, for
    one)."""
    parsed: dict[str, tuple[Path, tuple[str, ...], Expr]] = {}
    for key, value in shapes.items():
        path: Path = ("spec", "let", key)
        name, params = signature(unit.source, key, path)
        if name in unit.names or name in unit.relations or name in parsed:
            raise unit.source.error(f"the name {name!r} is used already", path, key=True)
        if name in unit.functions:
            raise unit.source.error(f"the function {name!r} exists already", path, key=True)
        expr = unit.parse(value, path) if isinstance(value, str) else unit.template(value, path)
        parsed[name] = (path, params, expr)
        is_function = "(" in key
        if is_function:
            unit.definitions[name] = (params, expr)
        else:
            unit.lets[name] = expr
    fill: dict[str, Fn] = {}
    done: set[str] = set()

    def define(name: str, trail: tuple[str, ...]) -> None:
        if name not in parsed or name in done:
            return
        path, params, expr = parsed[name]
        if name in trail:
            raise unit.source.error(
                f"{' uses '.join((*trail[trail.index(name) :], name))}: a let cannot use itself", path, key=True
            )
        inner = free_names(expr) - set(params)
        for used in sorted(inner | functions_called(expr)):
            define(used, (*trail, name))
        if name in unit.lets:
            unit.names.add(name)
            fill[name] = unit.compile(expr, path)
        else:
            pure = (
                not inner
                and all(unit.lifter.pure(called) for called in functions_called(expr))
                and not _relations(unit, expr)
            )
            fn = unit.compile(expr, path, params, pure=pure, scoped=not pure)
            unit.functions[name] = cel.Function(name, fn, takes_scope=not pure)
        done.add(name)

    for name in parsed:
        define(name, ())
    return fill


def _relations(unit: Unit, expr: Expr) -> bool:
    return any(name in unit.relations for name in functions_called(expr))
