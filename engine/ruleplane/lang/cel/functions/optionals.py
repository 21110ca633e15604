"""Optional values: making them, and taking them apart (``or``, ``orValue``, ``value`` are the interpreter's: lazy).

https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes
"""

from __future__ import annotations

from typing import Any

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.values import MISSING, NONE, Duration, Optional, Timestamp


@standard("optional.of(T) -> optional(T)")
def of(value: Any) -> Optional:
    """The value, present."""
    return Optional(value)


@standard("optional.none() -> optional(T)")
def none() -> Optional:
    """Nothing."""
    return NONE


@standard("optional.ofNonZeroValue(T) -> optional(T)")
def of_non_zero(value: Any) -> Optional:
    """The value, unless it is null, false, zero or empty."""
    if value.__class__ is Timestamp or value.__class__ is Duration:
        return Optional(value) if value.ns else NONE
    if value.__class__ is Optional:
        return NONE if value.content is MISSING else Optional(value)
    return Optional(value) if value else NONE


@standard("(optional(T)).hasValue() -> bool")
def has_value(value: Optional) -> bool:
    """Whether there is a value."""
    return value.content is not MISSING


@standard("(optional(T)).value() -> T")
def value_of(value: Optional) -> Any:
    """The value; an error if there is none."""
    if value.content is MISSING:
        raise CelError("optional.none() dereference")
    return value.content


@standard("(optional(T)).or(optional(T)) -> optional(T)")
def either(value: Optional, other: Optional) -> Optional:
    """The first that has a value."""
    return other if value.content is MISSING else value


@standard("(optional(T)).orValue(T) -> T")
def value_or(value: Optional, default: Any) -> Any:
    """The value, else ``default``."""
    return default if value.content is MISSING else value.content


@standard("optional.unwrap(list(optional(T))) -> list(T)", "(list(optional(T))).unwrapOpt() -> list(T)")
def unwrap(values: list[Any]) -> list[Any]:
    """The contents of those that have a value."""
    return [value.content for value in values if value.content is not MISSING]


@standard("(list(T)).first() -> optional(T)")
def first(values: list[Any]) -> Optional:
    """The first element, if any."""
    return Optional(values[0]) if len(values) else NONE


@standard("(list(T)).last() -> optional(T)")
def last(values: list[Any]) -> Optional:
    """The last element, if any."""
    return Optional(values[len(values) - 1]) if len(values) else NONE
