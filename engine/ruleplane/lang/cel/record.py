"""Records: small values that nothing changes, made by the ten thousand whenever rules are read.

A frozen dataclass sets each field through ``object.__setattr__``, which takes three times as long. Here the
type checker refuses an assignment, and Python does not look.
"""

from __future__ import annotations

import dataclasses
from typing import TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: type[_Class]) -> type[_Class]:
    """A dataclass with slots, equal and hashed by its fields unless it says itself what equals it."""
    by_fields = "__eq__" not in cls.__dict__
    return dataclasses.dataclass(slots=True, eq=by_fields, unsafe_hash=by_fields)(cls)
