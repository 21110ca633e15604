"""What every part of a rule file is made of: the strict base of all shapes, and the kinds of text in it.

Shapes are declared as pydantic's models are, and pydantic (strict.py) tells what is wrong with data that has no shape,
and makes the JSON Schema. To import it takes as long as to check all bundled rules; so what plainly has a shape is read
by plain.py, and whatever that doubts by pydantic, which alone refuses anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from ruleplane.model.plain import REQUIRED, Declared, Doubt, Text, shape_reader

_Check = TypeVar("_Check")

_IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_SPAN = r"^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$"
QUALIFIED = r"^[^/\s]+/[^/\s]+$"
WORDS = {  # what a mistake of these is called
    _IDENTIFIER: "a name of letters, digits and `_`",
    NAME: "a name of lower case letters, digits and `-`",
    _SPAN: "a duration as 1m30s",
    QUALIFIED: "a qualified name as example.com/backup",
}
Cel = Annotated[str, Text(strip=True, min_length=1)]
Identifier = Annotated[str, Text(pattern=_IDENTIFIER)]
Name = Annotated[str, Text(pattern=NAME, max_length=253)]
Span = Annotated[str, Text(pattern=_SPAN)]  # a duration, as 1m30s
Template = Any  # JSON whose texts may hold ${CEL}


def Field(default: Any = REQUIRED, **told: Any) -> Any:  # noqa: N802 - as pydantic's
    """A field's default, and what pydantic's ``Field`` is told of it: ``alias``, ``description``, ``min_length``,
    ``pattern``."""
    return Declared(default, told)


def whole(check: _Check) -> _Check:
    """Marks a method that is asked when all fields are read, and raises ValueError where they do not go together."""
    check.whole = True  # type: ignore[attr-defined]
    return check


@dataclass
class Misshapen(ValueError):
    """Data that has no shape. ``rows`` say why, as pydantic's errors do."""

    rows: list[Any]


class Shape:
    """Strict base: an unknown key is an error, never ignored. Nothing of it changes."""

    extra: ClassVar[Literal["forbid", "allow"]] = "forbid"
    model_extra: ClassVar[dict[str, Any] | None] = None  # of an instance: the keys beyond its fields, where allowed

    def __init__(self, **fields: Any) -> None:
        """Of fields that are well: they are not looked at."""
        self.__dict__.update(shape_reader(type(self)).complete(fields))

    @classmethod
    def model_validate(cls, data: Any) -> Self:
        """The data as this shape. Raises Misshapen."""
        try:
            found: Self = shape_reader(cls)(data)
        except Doubt:
            from ruleplane.model.strict import validated  # imports pydantic

            return validated(cls, data)
        return found

    @classmethod
    def keys(cls) -> dict[str, Any]:
        """The keys that may be given, and the types of their values."""
        return {field.key: field.type for field in shape_reader(cls).fields}

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is set once")

    def __eq__(self, other: object) -> bool:  # and has no hash: some fields are maps
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"
