"""The types that the checker reasons with: ``list(map(string, int))``, objects with known fields, type variables.

A shape is what is known before anything runs; the type of a value at run time is
:class:`~ruleplane.lang.cel.values.Type`. :class:`Unifier` holds what type variables have come to stand for; its rules
are those of cel-go's checker, so ``[]`` is a list of anything until it meets a list of something.
https://github.com/google/cel-spec/blob/master/doc/langdef.md#type-checking
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from operator import is_
from typing import TYPE_CHECKING, Final, Protocol

from ruleplane.lang.cel.record import record
from ruleplane.lang.cel.registry import split_types

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fields(Protocol):
    """The fields of an object."""

    def field(self, name: str) -> Shape | None:
        """The shape of a field; None if there is none of that name."""

    def names(self) -> Iterable[str]:
        """Which fields there are, for *did you mean*."""


@record
class Shape:
    """A type by name, with parameters. Objects are told apart by name; ``$T`` is a type variable.

    >>> str(shape("map(string, list(T))"))
    'map(string, list(T))'
    """

    name: str
    params: tuple[Shape, ...] = ()
    fields: Fields | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def variable(self) -> bool:
        """Whether it stands for any one type."""
        return self.name[0] == "$"

    def __str__(self) -> str:
        name = self.name.lstrip("$").rpartition("#")[0] or self.name.lstrip("$")
        return f"{name}({', '.join(map(str, self.params))})" if self.params else name


DYN: Final = Shape("dyn")
NULL: Final = Shape("null")
BOOL: Final = Shape("bool")
INT: Final = Shape("int")
STRING: Final = Shape("string")
_ABSTRACT: Final = frozenset(
    {"bool", "bytes", "double", "dyn", "int", "list", "map", "string", "type", "uint", "wrapper"}
)
"""What null is not assignable to; it is to messages and opaque types."""


def list_of(element: Shape) -> Shape:
    """``list(element)``."""
    return Shape("list", (element,))


def map_of(key: Shape, value: Shape) -> Shape:
    """``map(key, value)``."""
    return Shape("map", (key, value))


def optional_of(content: Shape) -> Shape:
    """``optional(content)``; an optional of an optional is one."""
    return content if content.name == "optional" else Shape("optional", (content,))


@lru_cache(maxsize=2048)
def shape(text: str) -> Shape:
    """The shape that a signature writes; single capital letters are type variables."""
    head, bracket, rest = text.partition("(")
    if bracket:
        return Shape(head, tuple(shape(part) for part in split_types(rest.removesuffix(")"))))
    if head in ("list", "map", "optional"):
        return Shape(head, (DYN,) * (2 if head == "map" else 1))
    return Shape(f"${head}" if len(head) == 1 and head.isupper() else head)


class Unifier:
    """What type variables stand for, and which shape may be used where another is wanted."""

    def __init__(self) -> None:
        self._known: dict[str, Shape] = {}
        self._count = 0

    def fresh(self) -> Shape:
        """A new type variable."""
        self._count += 1
        return Shape(f"$T#{self._count}")

    def instance(self, shapes: Iterable[Shape]) -> list[Shape]:
        """The shapes of one signature with type variables of their own."""
        new: dict[str, Shape] = {}
        return [self._renamed(one, new) for one in shapes]

    def _renamed(self, one: Shape, new: dict[str, Shape]) -> Shape:
        if one.name[0] == "$":
            if one.name not in new:
                new[one.name] = self.fresh()
            return new[one.name]
        if not one.params:
            return one
        return Shape(one.name, tuple([self._renamed(param, new) for param in one.params]), one.fields)

    def resolved(self, one: Shape, *, final: bool = False) -> Shape:
        """The shape with known variables replaced; with ``final`` the unknown ones are ``dyn``."""
        if one.name[0] == "$":
            known = self._known.get(one.name)
            return self.resolved(known, final=final) if known is not None else DYN if final else one
        if not one.params:
            return one
        params = tuple([self.resolved(param, final=final) for param in one.params])
        return one if all(map(is_, params, one.params)) else Shape(one.name, params, one.fields)

    def assignable(self, wanted: Iterable[Shape], found: Iterable[Shape]) -> bool:
        """Whether all found shapes fit; if so, what that says of variables is kept."""
        before = dict(self._known)
        for a, b in zip(wanted, found, strict=True):
            if a is not b and not self._fits(a, b):
                self._known = before
                return False
        return True

    def joined(self, a: Shape, b: Shape) -> Shape:
        """The more general of two shapes; ``dyn`` if neither fits the other."""
        if self.assignable([a], [b]) or self.assignable([b], [a]):
            return self._general(a, b)
        return DYN

    # --- cel-go's rules ---------------------------------------------------------------------------------------------

    def _fits(self, wanted: Shape, found: Shape) -> bool:
        names = wanted.name, found.name
        if names[1][0] == "$":
            fits, known = self._substitutes(wanted, found)
            if fits or known:
                return fits
        if names[0][0] == "$":
            return self._substitutes(found, wanted)[0]
        if "dyn" in names:
            return True
        if "null" in names:
            other = found if wanted.name == "null" else wanted
            return other.name not in _ABSTRACT or other.name == "wrapper"
        if "wrapper" in names:
            return _unwrapped(wanted) == _unwrapped(found)
        if "map" in names and {"map", "object"} == {_family(wanted), _family(found)}:
            # An object is read as a map of its fields.
            key, value = (wanted if wanted.name == "map" else found).params
            return self._fits(key, STRING) and self._fits(value, DYN)
        if wanted.name != found.name or len(wanted.params) != len(found.params):
            return False
        return wanted.name == "type" or all(self._fits(a, b) for a, b in zip(wanted.params, found.params, strict=True))

    def _substitutes(self, one: Shape, variable: Shape) -> tuple[bool, bool]:
        """``(may the variable stand for the shape, was it already known)``; if it may, it does from now on."""
        if one == variable:
            return True, True
        known = self._known.get(variable.name)
        if known is None:
            if self._occurs(variable, one):
                return False, False
            self._known[variable.name] = one
            return True, False
        if one == known:
            return True, True
        if self._fits(one, known):
            general = self._general(one, known)
            if not self._occurs(variable, general):
                self._known[variable.name] = general
            return True, True
        return False, True

    def _occurs(self, variable: Shape, within: Shape) -> bool:
        if within == variable:
            return True
        if within.variable:
            known = self._known.get(within.name)
            return known is not None and self._occurs(variable, known)
        return any(self._occurs(variable, param) for param in within.params)

    def _general(self, a: Shape, b: Shape) -> Shape:
        return a if self._covers(a, b) else b

    def _covers(self, a: Shape, b: Shape) -> bool:
        """Whether ``a`` is equal to ``b`` or says less."""
        if a.name == "dyn" or a.variable or b.name == "null":
            return True
        if b.name == "dyn" or b.variable or a.name == "null":
            return False
        if a.name == "wrapper":
            return True
        if a.name != b.name or len(a.params) != len(b.params):
            return False
        return all(map(self._covers, a.params, b.params))


def _unwrapped(one: Shape) -> Shape:
    return one.params[0] if one.name == "wrapper" else one


def _family(one: Shape) -> str:
    return "object" if one.fields is not None else one.name
