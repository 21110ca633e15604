"""The plain matcher: every clause is a Python closure.

It is the meaning of clauses in executable form: the oracle that the durable-rules matcher is compared with, what that
one falls back to for a clause beyond its limits, and the whole matcher where its extension cannot be imported.
Called through :func:`ruleplane.matcher.build.build_matcher`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruleplane.matcher.clause import (
    EVENT_PATH,
    MISSING,
    Always,
    And,
    Clause,
    Compare,
    Contains,
    Event,
    Flag,
    Get,
    Has,
    In,
    Missing,
    Not,
    Or,
    Path,
    Scalar,
)

Verdict: TypeAlias = bool | None
"""True, false, or ``None`` for an error."""

Test: TypeAlias = Callable[[Get], Verdict]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(slots=True)
class Stats:
    """What a matcher did since it was built, in numbers of things."""

    engine: str
    events: int = 0  # calls of match
    hits: int = 0  # … answered from memory
    asserts: int = 0  # facts given to durable-rules
    rebuilds: int = 0  # rule sets thrown away after an error
    rule_sets: int = 0  # durable-rules rule sets that stand
    plain: int = 0  # clauses that closures decide because durable-rules cannot


class Getter:
    """A ``get`` for a JSON object, and the type of the event that brought it (none: no ``Event`` clause matches)."""

    __slots__ = ("event", "obj")

    def __init__(self, obj: Mapping[str, Any], event: str = "") -> None:
        self.obj = obj
        self.event: str | Missing = event or MISSING

    def __call__(self, path: Path) -> Any:
        """The field at ``path``, or MISSING."""
        if path == EVENT_PATH:
            return self.event
        at: Any = self.obj
        try:
            for name in path:
                at = at.get(name, MISSING)
        except AttributeError:  # a scalar or a list on the way
            return MISSING
        return at


getter = Getter


def present(get: Get, path: Path, firm: int, value: Any) -> Verdict:
    """The verdict of ``Has(path, firm)``; ``value`` is what ``get`` answers for the path."""
    if value is not MISSING:
        return True
    for depth in range(len(path) - 1, -1, -1):
        holder = get(path[:depth]) if depth else None
        if holder is MISSING:
            continue
        if depth and not isinstance(holder, Mapping):
            return None
        return None if depth < firm else False
    raise AssertionError("the object itself is always there")


def contains(holder: Any, equal: Callable[[Any], bool]) -> Verdict:
    """Whether an element of a list, or a key of a map, passes ``equal``; ``None`` for anything else."""
    if isinstance(holder, list | tuple | Mapping):
        return any(map(equal, holder))
    return None


def equality(value: Scalar) -> Callable[[Any], bool]:
    """A test of CEL's equality with a scalar: numbers by value, and no two other types ever equal."""
    if value is None or isinstance(value, bool):
        return lambda other: other is value
    if isinstance(value, str):
        return lambda other: bool(other == value)
    return lambda other: bool(other == value) and other is not True and other is not False


def verdict_of(clause: Clause) -> Test:
    """Compile a clause to a function from a ``get`` to its verdict."""
    match clause:
        case Always():
            return lambda get: True
        case Not(part):
            return _negation(verdict_of(part))
        case And(parts):
            return _junction([verdict_of(part) for part in parts], decisive=False)
        case Or(parts):
            return _junction([verdict_of(part) for part in parts], decisive=True)
        case Has(path, firm):
            return lambda get: present(get, path, firm, get(path))
        case _:
            return _leaf(clause)


class ClosureMatcher:
    """``clauses``: kind → name → clause. See :class:`ruleplane.matcher.build.Matcher`."""

    def __init__(self, clauses: Mapping[str, Mapping[str, Clause]]) -> None:
        self.stats = Stats("closures")
        self._kinds = {
            kind: [(name, verdict_of(clause)) for name, clause in named.items()] for kind, named in clauses.items()
        }

    def match(self, kind: str, get: Get) -> tuple[str, ...]:
        """The names of the clauses of this kind that match, in the order of their declaration."""
        self.stats.events += 1
        return tuple([name for name, test in self._kinds.get(kind, ()) if test(get)])

    def close(self) -> None:
        """Closures hold nothing."""


def _leaf(clause: Compare | In | Contains | Flag | Event) -> Test:
    match clause:
        case Compare(path, "==" | "!=" as op, value):
            return _equal(path, equality(value), op == "==")
        case Compare(path, op, value):
            return _ordered(path, _ORDER[op], value)
        case In(path, values):
            tests = [equality(value) for value in values]
            return _equal(path, lambda other: any(test(other) for test in tests), True)
        case Contains(path, value):
            equal = equality(value)
            return lambda get: contains(get(path), equal)
        case Flag(path):
            return _flag(path)
        case Event(type_):
            return _equal(EVENT_PATH, equality(type_), True)


def _flag(path: Path) -> Test:
    def test(get: Get) -> Verdict:
        value = get(path)
        return value if isinstance(value, bool) else None

    return test


def _equal(path: Path, equal: Callable[[Any], bool], truth: bool) -> Test:
    def test(get: Get) -> Verdict:
        value = get(path)
        return None if value is MISSING else equal(value) is truth

    return test


def _ordered(path: Path, order: Callable[[Any, Any], bool], bound: Scalar) -> Test:
    types = str if isinstance(bound, str) else bool if isinstance(bound, bool) else (int, float)
    boolean = isinstance(bound, bool)

    def test(get: Get) -> Verdict:
        value = get(path)
        # Python counts booleans among the integers, CEL does not
        if not isinstance(value, types) or isinstance(value, bool) is not boolean:
            return None
        return order(value, bound)

    return test


def _negation(test: Test) -> Test:
    def negated(get: Get) -> Verdict:
        verdict = test(get)
        return None if verdict is None else not verdict

    return negated


def _junction(tests: list[Test], *, decisive: bool) -> Test:
    """And (a false one decides) or Or (a true one decides); the order does not matter, errors wait for the end."""

    def test(get: Get) -> Verdict:
        result: Verdict = not decisive
        for part in tests:
            verdict = part(get)
            if verdict is decisive:
                return decisive
            if verdict is None:
                result = None
        return result

    return test
