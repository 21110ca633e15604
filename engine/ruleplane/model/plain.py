"""Reads data that plainly has a shape: exactly the types that are declared, and nothing beyond.

What is accepted here, pydantic accepts as well, and makes the same of it; whatever it would have to look at twice (a
number where a text is declared, an unknown key, a condition that does not hold) is a :class:`Doubt`, and pydantic's to
decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Final, Literal, Union, get_args, get_origin, get_type_hints

REQUIRED: Final = object()
_EXACT: Final = (str, bool, int, float, NoneType)


class Doubt(Exception):
    """This has perhaps no shape."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is asked of a text, beside its type."""

    strip: bool = False
    min_length: int = 0
    max_length: int | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a shape says of a field beside its type; ``told`` is pydantic's to read."""

    default: Any
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FieldReader:
    """One field of a shape, by the key that files know it by."""

    name: str
    key: str
    type: Any
    default: Any
    read: Any


class ShapeReader:
    """Reads a map as a shape."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape
        self.fields = [_field(shape, name, kind) for name, kind in hints(shape).items()]
        self._by_key = {one.key: one for one in self.fields}
        self._names = {one.name for one in self.fields}
        self._checks = [check for check in vars(shape).values() if getattr(check, "whole", False)]

    def __call__(self, data: Any) -> Any:
        """An instance of the shape. Raises Doubt."""
        if type(data) is not dict:
            raise Doubt
        values: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for key, value in data.items():
            known = self._by_key.get(key)
            if known is not None:
                values[known.name] = known.read(value)
            elif self._shape.extra == "allow" and type(key) is str and key not in self._names:
                more[key] = value
            else:
                raise Doubt
        made = self._shape.__new__(self._shape)
        made.__dict__.update(self.complete(values))
        if self._shape.extra == "allow":
            made.__dict__["model_extra"] = more
        try:
            for check in self._checks:
                check(made)
        except ValueError:
            raise Doubt from None
        return made

    def complete(self, values: dict[str, Any]) -> dict[str, Any]:
        """The fields in their order, with the defaults of those that are not given. Raises Doubt: one is missing."""
        found = {}
        for one in self.fields:
            value = values.get(one.name, one.default)
            if value is REQUIRED:
                raise Doubt
            found[one.name] = value.copy() if value is one.default and isinstance(value, (dict, list)) else value
        return found


def shape_reader(shape: Any) -> ShapeReader:
    """What reads this shape."""
    found: ShapeReader = reader(shape)
    return found


def hints(shape: Any) -> dict[str, Any]:
    """The fields of a shape, and their types."""
    found = get_type_hints(shape, include_extras=True)
    return {name: kind for name, kind in found.items() if get_origin(kind) is not ClassVar}


def _field(shape: Any, name: str, kind: Any) -> FieldReader:
    declared = vars(shape).get(name, Declared(REQUIRED))
    if not isinstance(declared, Declared):
        declared = Declared(declared)
    read = reader(kind)
    if {"pattern", "min_length"} & declared.told.keys():
        read = _bounded(read, declared.told)
    return FieldReader(name, declared.told.get("alias", name), kind, declared.default, read)


@cache
def reader(kind: Any) -> Any:
    """What reads values of a type: callable, raises Doubt."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return _same
    if kind in _EXACT:
        return _exact(kind)
    if origin is Annotated:
        (text,) = (part for part in parts[1:] if isinstance(part, Text))
        return _text(text)
    if origin is Literal:
        return _one_of(parts)
    if origin in (Union, UnionType):
        return _either([reader(part) for part in parts])
    if origin is list:
        return _list(reader(parts[0]))
    if origin is dict:
        return _map(reader(parts[0]), reader(parts[1]))
    return ShapeReader(kind)


def _same(value: Any) -> Any:
    return value


def _exact(kind: type) -> Any:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise Doubt
        return value

    return read


def _text(asked: Text) -> Any:
    fits = re.compile(asked.pattern).fullmatch if asked.pattern else None
    most = float("inf") if asked.max_length is None else asked.max_length

    def read(value: Any) -> str:
        if type(value) is not str:
            raise Doubt
        found = value.strip(" \t\r\n") if asked.strip else value
        if not asked.min_length <= len(found) <= most or (fits is not None and fits(found) is None):
            raise Doubt
        if asked.strip and found != found.strip():
            raise Doubt  # languages differ in what they take for space
        return found

    return read


def _bounded(read: Any, told: dict[str, Any]) -> Any:
    fits, least = re.compile(told.get("pattern", "")), told.get("min_length", 0)

    def bounded(value: Any) -> Any:
        found = read(value)
        if len(found) < least or ("pattern" in told and fits.fullmatch(found) is None):
            raise Doubt
        return found

    return bounded


def _one_of(values: tuple[Any, ...]) -> Any:
    def read(value: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in values):
            raise Doubt
        return value

    return read


def _either(readers: list[Any]) -> Any:
    def read(value: Any) -> Any:
        for one in readers:
            try:
                return one(value)
            except Doubt:
                continue
        raise Doubt

    return read


def _list(read: Any) -> Any:
    def each(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Doubt
        return [read(one) for one in value]

    return each


def _map(read_key: Any, read: Any) -> Any:
    def each(value: Any) -> dict[Any, Any]:
        if type(value) is not dict:
            raise Doubt
        return {read_key(key): read(one) for key, one in value.items()}

    return each
