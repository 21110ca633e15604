"""Seeded random clauses and objects over few names and literals, so that many clauses match and rule sets are full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.matcher.clause import EVENT_TYPES, And, Clause, Compare, Contains, Event, Flag, Has, In, Not, Or

if TYPE_CHECKING:
    import random

    from ruleplane.matcher.clause import Path

LITERALS: list[Any] = [0, 1, 2, 3, True, False, None, "", "a", "b", "1", "true", 0.5, 1e-7, 2**63, 10**25]
TOP = ["a", "b", "c", "d"]
INNER = ["x", "y", "z"]


def clause(rng: random.Random, depth: int = 3) -> Clause:
    """A clause of at most ``depth`` nested connectives."""
    if depth == 0 or rng.random() < 0.35:
        return _leaf(rng)
    if rng.random() < 0.25:
        return Not(clause(rng, depth - 1))
    junction = rng.choice([And, Or])
    return junction(tuple(clause(rng, depth - 1) for _ in range(rng.randint(2, 3))))


def instance(rng: random.Random) -> dict[str, Any]:
    """An object: some of its fields absent, some scalars, some maps, some lists."""
    return {name: _value(rng) for name in TOP if rng.random() < 0.8}


def event(rng: random.Random) -> str:
    """The type of an event."""
    return rng.choice(EVENT_TYPES)


def _path(rng: random.Random) -> Path:
    return (rng.choice(TOP),) if rng.random() < 0.5 else (rng.choice(TOP), rng.choice(INNER))


def _leaf(rng: random.Random) -> Clause:
    path = _path(rng)
    value = rng.choice(LITERALS)
    match rng.randrange(8):
        case 0 | 1:
            return Compare(path, rng.choice(["==", "!="]), value)
        case 2 | 3:
            return Compare(path, rng.choice(["<", "<=", ">", ">="]), 1 if value is None else value)
        case 4:
            return Has(path, rng.randint(-1, len(path) - 1))
        case 5:
            return In(path, tuple(rng.sample(LITERALS, 3)))
        case 6:
            return Contains(path, value)
        case _:
            return rng.choice([Flag(path), Event(event(rng))])


def _value(rng: random.Random) -> Any:
    match rng.randrange(6):
        case 0:
            return {name: rng.choice(LITERALS) for name in INNER if rng.random() < 0.7}
        case 1:
            return rng.sample(LITERALS, 2)
        case _:
            return rng.choice(LITERALS)
