"""Python source of the macros: comprehensions, or small functions with a loop in them.

A function is written wherever a comprehension could not stop early, or where its list would hold an assignment
expression (which Python forbids there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from ruleplane.lang.cel.code import Code
from ruleplane.lang.cel.operators import make_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.lang.cel.ast import Macro
    from ruleplane.lang.cel.emit import Emitter

    Local = Mapping[str, Code]


def _loop(emitter: Emitter, macro: Macro, local: Local) -> tuple[str, str, dict[str, Code]]:
    """``(loop variables, iterable, what the body sees)``."""
    assert macro.target is not None
    target = emitter.emit(macro.target, local)
    names = [emitter.variable(name) for name in macro.variables]
    inner = {**local, **{name: Code(python, "any", True) for name, python in zip(macro.variables, names, strict=True)}}
    if len(names) == 2:
        return f"{names[0]}, {names[1]}", f"_pairs({target.text})", inner
    plain = target.kind in ("list", "dict")
    return names[0], target.text if plain else f"_elements({target.text})", inner


def _comprehension(emitter: Emitter, local: Local, value: str, loop: tuple[str, str, str]) -> Code:
    """``[value for … if …]``; in a function of its own if the iterable has an assignment in it."""
    names, iterable, condition = loop
    tail = f" if {condition}" if condition else ""
    if ":=" not in iterable:
        return Code(f"[{value} for {names} in {iterable}{tail}]", "list")
    source = emitter.fresh("s")
    call = emitter.block([source], [f"return [{value} for {names} in {source}{tail}]"], local)
    return Code(call(iterable), "list")


def _filter(emitter: Emitter, macro: Macro, local: Local) -> Code:
    names, iterable, inner = _loop(emitter, macro, local)
    return _comprehension(emitter, local, names, (names, iterable, emitter.condition(macro.args[0], inner)))


def _map(emitter: Emitter, macro: Macro, local: Local) -> Code:
    names, iterable, inner = _loop(emitter, macro, local)
    condition = emitter.condition(macro.args[0], inner) if len(macro.args) == 2 else ""
    return _comprehension(emitter, local, emitter.emit(macro.args[-1], inner).text, (names, iterable, condition))


def _quantifier(emitter: Emitter, macro: Macro, local: Local) -> Code:
    names, iterable, inner = _loop(emitter, macro, local)
    condition = emitter.condition(macro.args[0], inner)
    if macro.name == "all":
        test, found = f"not {condition}", "False"
    else:
        test, found = condition, "True"
    source = emitter.fresh("s")
    body = [f"for {names} in {source}:", f"    if {test}:", f"        return {found}", f"return {found == 'False'}"]
    return Code(emitter.block([source], body, local)(iterable), "bool")


def _exists_one(emitter: Emitter, macro: Macro, local: Local) -> Code:
    names, iterable, inner = _loop(emitter, macro, local)
    loop = (names, iterable, emitter.condition(macro.args[0], inner))
    return Code(f"(len({_comprehension(emitter, local, '0', loop).text}) == 1)", "bool")


def _over_values(combine: Callable[..., object]) -> Callable[[Emitter, Macro, Local], Code]:
    def emit(emitter: Emitter, macro: Macro, local: Local) -> Code:
        kind = {"tally": "dict", "flatMap": "list"}.get(macro.name, "any")
        return Code(f"{emitter.constant(combine)}({_map(emitter, macro, local).text})", kind)

    return emit


def _over_items(combine: Callable[..., object]) -> Callable[[Emitter, Macro, Local], Code]:
    def emit(emitter: Emitter, macro: Macro, local: Local) -> Code:
        names, iterable, inner = _loop(emitter, macro, local)
        value = emitter.emit(macro.args[-1], inner).text
        source = emitter.fresh("s")
        line = f"return {emitter.constant(combine)}({source}, [{value} for {names} in {source}])"
        call = emitter.block([source], [line], local)
        return Code(call(iterable), "list" if macro.name == "sortBy" else "any")

    return emit


def _entries(emitter: Emitter, macro: Macro, local: Local) -> Code:
    """``transformMap`` (its own keys) and ``toMap`` (computed ones)."""
    names, iterable, inner = _loop(emitter, macro, local)
    condition = ""
    if macro.name == "toMap":
        key = emitter.emit(macro.args[0], inner).text
    else:
        key = inner[macro.variables[0]].text
        condition = emitter.condition(macro.args[0], inner) if len(macro.args) == 2 else ""
    value = f"({key}, {emitter.emit(macro.args[-1], inner).text})"
    return Code(
        f"{emitter.constant(make_map)}({_comprehension(emitter, local, value, (names, iterable, condition)).text})"
    )


def _opt_map(emitter: Emitter, macro: Macro, local: Local) -> Code:
    found = emitter.maybe(macro, local)
    if found is not None:
        return Code(f"_optional({found})")
    assert macro.target is not None
    name = emitter.variable(macro.variables[0])
    inner = {**local, macro.variables[0]: Code(name, "any", True)}
    body = emitter.emit(macro.args[0], inner).text
    result = f"_Optional({body})" if macro.name == "optMap" else f"_checked_optional({body})"
    source = emitter.fresh("s")
    lines = [
        f"{name} = _checked_optional({source}).content",
        f"return _NONE if {name} is _M else {result}",
    ]
    return Code(emitter.block([source], lines, local)(emitter.emit(macro.target, local).text))


def _bind(emitter: Emitter, macro: Macro, local: Local) -> Code:
    init = emitter.emit(macro.args[0], local)
    name = emitter.variable(macro.variables[0])
    inner = {**local, macro.variables[0]: Code(name, init.kind, True, init.bound)}
    body = emitter.emit(macro.args[1], inner)
    call = emitter.block([name], [f"return {body.text}"], inner)
    return Code(call(init.text), body.kind, False, body.bound)


MACROS: Final[dict[str, Callable[[Emitter, Macro, Local], Code]]] = {
    "all": _quantifier,
    "exists": _quantifier,
    "existsOne": _exists_one,
    "filter": _filter,
    "map": _map,
    "transformList": _map,
    "transformMap": _entries,
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
    "toMap": _entries,
}
"""By the macro's canonical name (macros.py)."""
