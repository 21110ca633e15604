"""The macros, exactly: each a function of the interpreter, the macro's node and the variables around it.

``all`` and ``exists`` absorb errors of some elements if another decides; the others fail with the first error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.aggregate import (
    flatten,
    greatest,
    group_by,
    least,
    merge_entries,
    sort_by,
    tally,
    total,
)
from ruleplane.lang.cel.operators import elements, make_map, pairs
from ruleplane.lang.cel.source import no_overload
from ruleplane.lang.cel.values import MISSING, NONE, Optional, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ruleplane.lang.cel.ast import Expr, Macro
    from ruleplane.lang.cel.interpret import Interpreter

Variables = dict[str, Any]


class Later:
    """A variable of ``cel.bind``: evaluated when first read, so an unused one cannot fail."""

    __slots__ = ("_compute", "_value")

    def __init__(self, compute: Callable[[], Any]) -> None:
        self._compute = compute
        self._value: Any = MISSING

    def get(self) -> Any:
        """The value."""
        if self._value is MISSING:
            self._value = self._compute()
        return self._value


def _rounds(run: Interpreter, macro: Macro, variables: Variables) -> Iterator[tuple[Any, Variables]]:
    """``(element or key, variables)`` for every round."""
    assert macro.target is not None
    target = run.evaluate(macro.target, variables)
    inner = dict(variables)
    if len(macro.variables) == 1:
        for item in elements(target):
            inner[macro.variables[0]] = item
            yield item, inner
    else:
        for first, second in pairs(target):
            inner[macro.variables[0]], inner[macro.variables[1]] = first, second
            yield first, inner


def _truth(name: str, value: Any) -> bool:
    if value.__class__ is not bool:
        raise no_overload(name, kind_of(value))
    return bool(value)


def _quantifier(run: Interpreter, macro: Macro, variables: Variables) -> bool:
    decisive = macro.name == "exists"
    failure: EvaluationError | None = None
    for _, inner in _rounds(run, macro, variables):
        outcome = run.attempt(macro.args[0], inner)
        if outcome is decisive:
            return bool(outcome)
        if isinstance(outcome, EvaluationError):
            failure = failure or outcome
        elif outcome.__class__ is not bool:
            failure = failure or no_overload(macro.name, kind_of(outcome))
    if failure is not None:
        raise failure
    return not decisive


def _exists_one(run: Interpreter, macro: Macro, variables: Variables) -> bool:
    rounds = _rounds(run, macro, variables)
    return sum(_truth("existsOne", run.evaluate(macro.args[0], inner)) for _, inner in rounds) == 1


def _filter(run: Interpreter, macro: Macro, variables: Variables) -> list[Any]:
    rounds = _rounds(run, macro, variables)
    return [item for item, inner in rounds if _truth("filter", run.evaluate(macro.args[0], inner))]


def _values(run: Interpreter, macro: Macro, variables: Variables) -> Iterator[tuple[Any, Any]]:
    """``(element or key, value of the last expression)`` where the condition before it, if any, holds."""
    for item, inner in _rounds(run, macro, variables):
        if len(macro.args) == 1 or _truth(macro.name, run.evaluate(macro.args[0], inner)):
            yield item, run.evaluate(macro.args[-1], inner)


def _map(run: Interpreter, macro: Macro, variables: Variables) -> list[Any]:
    return [value for _, value in _values(run, macro, variables)]


def _transform_map(run: Interpreter, macro: Macro, variables: Variables) -> Any:
    return make_map(_values(run, macro, variables))


def _to_map(run: Interpreter, macro: Macro, variables: Variables) -> Any:
    key, value = macro.args
    rounds = _rounds(run, macro, variables)
    return make_map((run.evaluate(key, inner), run.evaluate(value, inner)) for _, inner in rounds)


def _over_values(combine: Callable[[list[Any]], Any]) -> Callable[[Interpreter, Macro, Variables], Any]:
    return lambda run, macro, variables: combine(_map(run, macro, variables))


def _over_items(combine: Callable[[list[Any], list[Any]], Any]) -> Callable[[Interpreter, Macro, Variables], Any]:
    def apply(run: Interpreter, macro: Macro, variables: Variables) -> Any:
        both = list(_values(run, macro, variables))
        return combine([item for item, _ in both], [value for _, value in both])

    return apply


def _opt_map(run: Interpreter, macro: Macro, variables: Variables) -> Optional:
    assert macro.target is not None
    target = run.evaluate(macro.target, variables)
    if target.__class__ is not Optional:
        raise no_overload(macro.name, kind_of(target))
    if target.content is MISSING:
        return NONE
    value = run.evaluate(macro.args[0], {**variables, macro.variables[0]: target.content})
    if macro.name == "optMap":
        return Optional(value)
    if value.__class__ is not Optional:
        raise no_overload(macro.name, kind_of(value))
    return value


def _bind(run: Interpreter, macro: Macro, variables: Variables) -> Any:
    init, body = macro.args
    return run.evaluate(body, {**variables, macro.variables[0]: _later(run, init, variables)})


def _later(run: Interpreter, init: Expr, variables: Variables) -> Later:
    variables = dict(variables)  # a macro around may go on to its next element before this is read
    return Later(lambda: run.evaluate(init, variables))


MACROS: Final[dict[str, Callable[[Interpreter, Macro, Variables], Any]]] = {
    "all": _quantifier,
    "exists": _quantifier,
    "existsOne": _exists_one,
    "filter": _filter,
    "map": _map,
    "transformList": _map,
    "transformMap": _transform_map,
    "transformMapEntry": _over_values(merge_entries),
    "optMap": _opt_map,
    "optFlatMap": _opt_map,
    "bind": _bind,
    "sortBy": _over_items(sort_by),
    "groupBy": _over_items(group_by),
    "min": _over_values(least),
    "max": _over_values(greatest),
    "sum": _over_values(total),
    "tally": _over_values(tally),
    "flatMap": _over_values(flatten),
    "toMap": _to_map,
}
"""By the macro's canonical name (macros.py)."""
