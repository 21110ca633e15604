"""Random expressions and a scope for them: the fuel of the differential tests of CEL.

Types are mixed on purpose: half of the expressions fail, and where and whether they fail is what the tests compare.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from ruleplane.lang.cel import Optional, Uint, quantity
from ruleplane.lang.cel.ast import Call, Expr, Ident, ListExpr, Literal, Macro, MapExpr, Select
from ruleplane.lang.cel.macros import MEMBER
from ruleplane.lang.cel.values import MISSING, kind_of


class View(Sequence[Any]):
    """A sequence that is no list: what lazy relations look like."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


PODS = [
    {"name": "a", "n": 1, "status": {"phase": "Running", "ready": True}, "labels": {"app": "web"}},
    {"name": "b", "n": 2, "status": {"phase": "Failed"}, "labels": {}},
    {"name": "c", "n": 1.0, "status": {"phase": None, "ready": False}},
]
VALUES: dict[str, Any] = {
    "i": 3,
    "j": -7,
    "zero": 0,
    "one": 1,
    "big": (1 << 63) - 1,
    "low": -(1 << 63),
    "d": 2.5,
    "whole": 1.0,
    "nan": math.nan,
    "yes": True,
    "no": False,
    "s": "héllo",
    "empty": "",
    "digit": "1",
    "none": None,
    "raw": b"ab",
    "l": [1, 2, 3],
    "odd": [1, True, "1", 1.0, None, [1], [True]],
    "texts": ["b", "a", "c", "a"],
    "m": {"a": 1, "b": True, "c": {"d": [1, 2], "e": None}, "1": "one"},
    "numbers": {1: "x", 2: 1},
    "truths": {True: 1, False: "f"},
    "pods": PODS,
}
ONLY_OURS: dict[str, Any] = {
    "u": Uint(5),
    "unit": Uint(1),
    "view": View([1, 2, "1"]),
    "podview": View(PODS),
    "opt": Optional({"a": 1, "b": None}),
    "nothing": Optional(MISSING),
    "cpu": quantity("500m"),
}
SCOPE = SimpleNamespace(**VALUES, **ONLY_OURS)

_BINARY = ["_+_", "_-_", "_*_", "_/_", "_%_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_&&_", "_||_"]
_FIELDS = ["a", "b", "c", "d", "n", "name", "status", "phase", "ready", "labels", "app", "absent"]
_LITERALS = [0, 1, 2, -1, (1 << 63) - 1, 1 << 53, True, False, None, 0.0, 1.0, 2.5, -0.5, "", "1", "a", "héllo", b"ab"]
_STANDARD_CALLS = [
    ("size", 1, False),
    ("size", 1, True),
    ("startsWith", 2, True),
    ("endsWith", 2, True),
    ("contains", 2, True),
    ("matches", 2, True),
    ("int", 1, False),
    ("double", 1, False),
    ("string", 1, False),
    ("bool", 1, False),
    ("type", 1, False),
    ("dyn", 1, False),
]
_OUR_CALLS = [
    *_STANDARD_CALLS,
    ("uint", 1, False),
    ("orValue", 2, True),
    ("or", 2, True),
    ("hasValue", 1, True),
    ("value", 1, True),
    ("sum", 1, True),
    ("min", 1, True),
    ("isSorted", 1, True),
    ("distinct", 1, True),
    ("sort", 1, True),
    ("indexOf", 2, True),
    ("join", 2, True),
    ("quantity", 1, False),
    ("optional.of", 1, False),
]
_STANDARD_MACROS = sorted(
    {(form.name, form.variables, form.expressions) for (written, _), form in MEMBER.items() if form.variables == 1}
    & {(name, 1, count) for name in ("all", "exists", "existsOne", "map", "filter") for count in (1, 2)}
)
_OUR_MACROS = sorted({tuple(form) for form in MEMBER.values()} | {("bind", 1, 2)})


@st.composite
def expressions(draw: st.DrawFn, *, ours: bool, depth: int = 4, favour: tuple[str, ...] = ()) -> Expr:
    """A tree as the parser would make it; with ``ours`` every extension, else what any implementation knows.

    Names in ``favour`` are read more often than the others.
    """
    return _expression(draw, ours, depth, favour * 3)


def _expression(draw: st.DrawFn, ours: bool, depth: int, local: tuple[str, ...]) -> Expr:
    def sub(more: tuple[str, ...] = ()) -> Expr:
        return _expression(draw, ours, depth - 1, local + more)

    choice = draw(st.integers(0, 13)) if depth > 0 else draw(st.integers(0, 1))
    if choice == 0:
        values = [*_LITERALS, Uint(1), Uint(7)] if ours else _LITERALS
        return Literal(draw(st.sampled_from(values)))
    if choice <= 2:
        names = [*VALUES, *(ONLY_OURS if ours else ())]
        return Ident(draw(st.sampled_from([*local, *local, *local, *local, *names])))
    if choice <= 5:
        return Call(draw(st.sampled_from(_BINARY)), (sub(), sub()))
    if choice == 6:
        return Call(draw(st.sampled_from(["!_", "-_"])), (sub(),))
    if choice == 7:
        return Call("_?_:_", (sub(), sub(), sub()))
    if choice == 8:
        kind = draw(st.sampled_from(["plain", "plain", "test", "optional"] if ours else ["plain", "plain", "test"]))
        field = draw(st.sampled_from(_FIELDS))
        return Select(sub(), field, optional=kind == "optional", test=kind == "test")
    if choice == 9:
        return Call(draw(st.sampled_from(["_[_]", "_[?_]"] if ours else ["_[_]"])), (sub(), sub()))
    if choice == 10:
        return _container(draw, sub, ours)
    if choice == 11:
        name, count, member = draw(st.sampled_from(_OUR_CALLS if ours else _STANDARD_CALLS))
        return _call(name, [sub() for _ in range(count)], member)
    name, variables, count = draw(st.sampled_from(_OUR_MACROS if ours else _STANDARD_MACROS))
    bound = tuple(draw(st.sampled_from([("x", "y"), ("y", "z"), ("v", "w")])))[:variables]
    if name == "bind":
        return Macro(name, None, bound, (sub(), sub(bound)))
    return Macro(name, sub(), bound, tuple(sub(bound) for _ in range(count)))


def _call(name: str, args: list[Expr], member: bool) -> Expr:
    if "." in name:
        qualifier, _, name = name.rpartition(".")
        return Call(name, tuple(args), Ident(qualifier))
    return Call(name, tuple(args[1:]), args[0]) if member else Call(name, tuple(args))


def _container(draw: st.DrawFn, sub: Any, ours: bool) -> Expr:
    count = draw(st.integers(0, 3))
    marks = frozenset({n for n in range(count) if ours and draw(st.integers(0, 5)) == 0})
    if draw(st.booleans()):
        return ListExpr(tuple(sub() for _ in range(count)), optional=marks)
    keys = st.sampled_from([*map(Literal, ("a", "b", 1, "1", *([True] if ours else [])))])
    return MapExpr(tuple((draw(keys), sub()) for _ in range(count)), optional=marks)


def same(found: Any, wanted: Any) -> bool:
    """Equal and of one type at every depth: stricter than the language's equality (1 is not 1.0, NaN is NaN)."""
    kind = kind_of(found)
    if kind != kind_of(wanted):
        return False
    if kind == "list":
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if kind == "map":
        return len(found) == len(wanted) and all(
            any(same(key, other) and same(value, content) for other, content in found.items())
            for key, value in wanted.items()
        )
    if kind == "optional":
        return found.content is wanted.content or (
            MISSING not in (found.content, wanted.content) and same(found.content, wanted.content)
        )
    if kind == "double":
        return (math.isnan(found) and math.isnan(wanted)) or bool(
            found == wanted and math.copysign(1, found) == math.copysign(1, wanted)
        )
    return bool(found == wanted)
