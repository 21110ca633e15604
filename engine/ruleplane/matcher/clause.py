"""A clause: a static condition on one object, as data.

It is what rule sets say of an object without looking at any other one: ``for``, ``where`` and the type of the event.
It is not an expression language: :mod:`ruleplane.matcher.static` extracts clauses from CEL, and what a clause cannot
say stays CEL. Matchers (:mod:`.closures`, :mod:`.durable`) read clauses.

A clause has three results, as CEL has: true, false, error. An absent field or a value of the wrong type is an error;
``false && error`` is false, ``true || error`` is true, ``!error`` is error. At the top an error does not match.

Values are those of JSON; NaN, which JSON lacks, has no defined result.

https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str, ...]
Scalar: TypeAlias = bool | int | float | str | None

EVENT_PATH: Final[Path] = ("@event",)
"""Where a ``get`` answers with the type of the event; no Kubernetes field has an ``@``."""

EVENT_TYPES: Final = ("ADDED", "MODIFIED", "DELETED")

NEGATED: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""Each operator with the one that is true where it is false; both are errors on the same values."""


class Missing:
    """The class of :data:`MISSING`. It answers ``get`` like an empty map, so that a walk needs no test at each step."""

    __slots__ = ()

    def get(self, _name: str, _default: Any = None) -> Missing:
        """Nothing is inside nothing."""
        return self

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()
"""What a ``get`` answers for a field that is absent, or that lies within something that is not a map."""

Get: TypeAlias = Callable[[Path], Any]
"""Reads one field of the object at hand: the JSON value, or :data:`MISSING`."""


class _Data:
    """Equality by what was written: unlike Python's, it tells ``1`` from ``True``."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


@dataclass(frozen=True, slots=True, eq=False)
class Always(_Data):
    """True of every object."""


@dataclass(frozen=True, slots=True, eq=False)
class Event(_Data):
    """The event is of this type: ADDED, MODIFIED or DELETED. ``ValueError`` for any other."""

    type: str

    def __post_init__(self) -> None:
        if self.type not in EVENT_TYPES:
            raise ValueError(f"event type {self.type!r} is none of {', '.join(EVENT_TYPES)}")


@dataclass(frozen=True, slots=True, eq=False)
class Compare(_Data):
    """``path op value``: op is one of ``== != < <= > >=``, value a JSON scalar.

    Numbers compare by value whatever their type, strings by code point, booleans with false first. ``==`` of two
    types is false, an order between two types is an error. ``ValueError`` for an operator that does not exist, an
    order with null, or NaN; ``TypeError`` for a value that is no scalar.
    """

    path: Path
    op: str
    value: Scalar

    def __post_init__(self) -> None:
        _check_path(self.path)
        _check_scalar(self.value)
        if self.op not in NEGATED:
            raise ValueError(f"operator {self.op!r} is none of {', '.join(NEGATED)}")
        if self.value is None and self.op not in ("==", "!="):
            raise ValueError(f"null has no order: {self.op}")


@dataclass(frozen=True, slots=True, eq=False)
class Has(_Data):
    """The field is there (null counts). The first ``firm`` names must be there, or it is an error.

    ``has(x.a.b)`` is ``Has(("a", "b"))``: ``firm`` is all but the last name. ``x.?a.b.hasValue()`` is
    ``Has(("a", "b"), 0)``. Whatever ``firm``, a field of something that is not a map is an error.
    """

    path: Path
    firm: int = -1

    def __post_init__(self) -> None:
        _check_path(self.path)
        if self.firm < 0:
            object.__setattr__(self, "firm", len(self.path) - 1)
        if self.firm >= len(self.path):
            raise ValueError(
                f"at most {len(self.path) - 1} names of {'.'.join(self.path)} can be firm, not {self.firm}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class In(_Data):
    """``path in [values]``: the field equals one of the scalars."""

    path: Path
    values: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        _check_path(self.path)
        for value in self.values:
            _check_scalar(value)


@dataclass(frozen=True, slots=True, eq=False)
class Contains(_Data):
    """``value in path``: the field is a list with such an element, or a map with such a key; an error on others."""

    path: Path
    value: Scalar

    def __post_init__(self) -> None:
        _check_path(self.path)
        _check_scalar(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class Flag(_Data):
    """The field itself, which must be a boolean (else an error)."""

    path: Path

    def __post_init__(self) -> None:
        _check_path(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Not(_Data):
    """The opposite; the opposite of an error is an error."""

    part: Clause


@dataclass(frozen=True, slots=True, eq=False)
class And(_Data):
    """All of them: false if one is false, else an error if one is an error. Of none: true."""

    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or(_Data):
    """One of them: true if one is true, else an error if one is an error. Of none: false."""

    parts: tuple[Clause, ...]


Clause: TypeAlias = Always | Event | Compare | Has | In | Contains | Flag | Not | And | Or

NEVER: Final = Not(Always())


def normalise(clause: Clause) -> Clause:
    """A clause that matches exactly the same objects, made of And, Or and leaves, where no leaf tells false from error.

    Leaves are ``Compare``, ``Has``, ``In``, ``Contains``, a ``Not`` of the last three, and for the whole clause only
    ``Always`` or :data:`NEVER`. Negation is pushed down by asking of each part when it is true and when it is false;
    an error is neither, so the result is two-valued and every law of plain logic holds on it.
    """
    return _holds(clause, True)


def all_of(*parts: Clause) -> Clause:
    """The conjunction, flattened."""
    return _junction(And, parts) if len(parts) != 1 else parts[0]


def any_of(*parts: Clause) -> Clause:
    """The disjunction, flattened."""
    return _junction(Or, parts) if len(parts) != 1 else parts[0]


def paths(clause: Clause) -> frozenset[Path]:
    """Every path that a clause reads, that of the event included."""
    match clause:
        case And(parts) | Or(parts):
            return frozenset().union(*(paths(part) for part in parts))
        case Not(part):
            return paths(part)
        case Always():
            return frozenset()
        case Event():
            return frozenset((EVENT_PATH,))
        case _:
            return frozenset((clause.path,))


def _holds(clause: Clause, truth: bool) -> Clause:
    """When is ``clause`` true (or, for ``truth`` False, false)?"""
    match clause:
        case Not(part):
            return _holds(part, not truth)
        case And(parts):
            return _fold(And if truth else Or, [_holds(part, truth) for part in parts])
        case Or(parts):
            return _fold(Or if truth else And, [_holds(part, truth) for part in parts])
        case Compare(path, op, value):
            return clause if truth else Compare(path, NEGATED[op], value)
        case Flag(path):
            return Compare(path, "==", truth)
        case Event(type_):
            return Compare(EVENT_PATH, "==" if truth else "!=", type_)
        case _:
            return clause if truth else Not(clause)


def _fold(junction: type[And] | type[Or], parts: list[Clause]) -> Clause:
    """Flatten, drop what is said twice and what says nothing."""
    neutral: Clause = Always() if junction is And else NEVER
    decisive: Clause = NEVER if junction is And else Always()
    kept = [part for part in dict.fromkeys(_junction(junction, parts).parts) if part != neutral]
    if decisive in kept:
        return decisive
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else junction(tuple(kept))


def _junction(junction: type[And] | type[Or], parts: list[Clause] | tuple[Clause, ...]) -> And | Or:
    flat: list[Clause] = []
    for part in parts:
        if isinstance(part, junction):
            flat.extend(part.parts)
        else:
            flat.append(part)
    return junction(tuple(flat))


def _check_path(path: Path) -> None:
    if not path or not all(isinstance(name, str) for name in path):
        raise ValueError(f"a path is a tuple of one or more field names, not {path!r}")


def _check_scalar(value: object) -> None:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise TypeError(f"a clause compares with null, a boolean, a number or a string, not {type(value).__name__}")
    if value != value:
        raise ValueError("NaN equals nothing and has no order")
