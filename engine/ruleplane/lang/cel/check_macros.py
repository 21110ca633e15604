"""The shapes of the macros: what their variables are, what their expressions must be, what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.shapes import BOOL, DYN, INT, STRING, Shape, list_of, map_of, optional_of
from ruleplane.lang.cel.source import source_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.ast import Macro
    from ruleplane.lang.cel.check import Checker

    Local = Mapping[str, Shape]


def _over(checker: Checker, macro: Macro, local: Local) -> tuple[tuple[Shape, Shape], Local]:
    """``(key or index, element)`` of what the macro runs over, and what its expressions see."""
    assert macro.target is not None
    target = checker.shape(macro.target, local)
    if target.variable:
        checker.unifier.assignable([DYN], [target])
        target = DYN
    checker.ran_over(macro, target)
    if target.name == "dyn":
        both = DYN, DYN
    elif target.name == "list":
        both = INT, target.params[0]
    elif target.name == "map":
        both = target.params[0], target.params[1]
    elif target.fields is not None:
        both = STRING, DYN
    else:
        raise source_error(f"{macro.name}() cannot run over a {target}", macro.pos)
    if len(macro.variables) == 2:
        return both, {**local, macro.variables[0]: both[0], macro.variables[1]: both[1]}
    single = both[1] if target.name in ("list", "dyn") else both[0]
    return (both[0], single), {**local, macro.variables[0]: single}


def _condition(checker: Checker, macro: Macro, local: Local) -> Shape:
    """all, exists, existsOne."""
    _, inner = _over(checker, macro, local)
    checker.expect(BOOL, macro.args[0], inner)
    return BOOL


def _same_elements(checker: Checker, macro: Macro, local: Local) -> Shape:
    """filter, sortBy."""
    (_, element), inner = _over(checker, macro, local)
    if macro.name == "filter":
        checker.expect(BOOL, macro.args[0], inner)
    else:
        checker.shape(macro.args[0], inner)
    return list_of(element)


def _value(checker: Checker, macro: Macro, local: Local) -> Shape:
    """The shape of the last expression, after the condition before it, if any."""
    _, inner = _over(checker, macro, local)
    if len(macro.args) == 2:
        checker.expect(BOOL, macro.args[0], inner)
    return checker.shape(macro.args[-1], inner)


def _listed(checker: Checker, macro: Macro, local: Local) -> Shape:
    return list_of(_value(checker, macro, local))


def _wanted(name: str) -> Callable[[Checker, Macro, Local], Shape]:
    """The value must be a list or map of anything, and is the result."""

    def find(checker: Checker, macro: Macro, local: Local) -> Shape:
        value = _value(checker, macro, local)
        any_one = list_of(checker.unifier.fresh()) if name == "list" else map_of(checker.unifier.fresh(), DYN)
        if not checker.unifier.assignable([any_one], [value]):
            raise source_error(f"the expression of {macro.name}() is of type {value}, not {name}", macro.args[-1].pos)
        return value

    return find


def _transform_map(checker: Checker, macro: Macro, local: Local) -> Shape:
    (key, _), _ = _over(checker, macro, local)
    return map_of(key, _value(checker, macro, local))


def _group_by(checker: Checker, macro: Macro, local: Local) -> Shape:
    (_, element), inner = _over(checker, macro, local)
    return map_of(checker.shape(macro.args[0], inner), list_of(element))


def _to_map(checker: Checker, macro: Macro, local: Local) -> Shape:
    _, inner = _over(checker, macro, local)
    return map_of(checker.shape(macro.args[0], inner), checker.shape(macro.args[1], inner))


def _opt_map(checker: Checker, macro: Macro, local: Local) -> Shape:
    assert macro.target is not None
    content = checker.unifier.fresh()
    checker.expect(Shape("optional", (content,)), macro.target, local)
    inner = {**local, macro.variables[0]: checker.unifier.resolved(content)}
    if macro.name == "optMap":
        return optional_of(checker.shape(macro.args[0], inner))
    return checker.expect(Shape("optional", (checker.unifier.fresh(),)), macro.args[0], inner)


def _bind(checker: Checker, macro: Macro, local: Local) -> Shape:
    init, body = macro.args
    return checker.shape(body, {**local, macro.variables[0]: checker.shape(init, local)})


MACROS: Final[dict[str, Callable[[Checker, Macro, Local], Shape]]] = {
    "all": _condition,
    "exists": _condition,
    "existsOne": _condition,
    "filter": _same_elements,
    "sortBy": _same_elements,
    "map": _listed,
    "transformList": _listed,
    "transformMap": _transform_map,
    "transformMapEntry": _wanted("map"),
    "flatMap": _wanted("list"),
    "tally": _wanted("map"),
    "min": _value,
    "max": _value,
    "sum": _value,
    "groupBy": _group_by,
    "toMap": _to_map,
    "optMap": _opt_map,
    "optFlatMap": _opt_map,
    "bind": _bind,
}
"""By the macro's canonical name (macros.py)."""
