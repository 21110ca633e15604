"""The shapes of rule files as pydantic's models: what is wrong with data that has no shape, and the JSON Schema.

Imported only when somebody asks for that; what plainly has a shape is read without pydantic (plain.py).
"""

from __future__ import annotations

from functools import cache
from types import FunctionType, UnionType, new_class
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ruleplane.model.plain import REQUIRED, Declared, Text, hints
from ruleplane.model.shape import Misshapen, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

_Shape = TypeVar("_Shape", bound=Shape)
_SHAPES: dict[type[BaseModel], type[Shape]] = {}


def validated(shape: type[_Shape], data: Any) -> _Shape:
    """The data as this shape, by all the leniency that pydantic has. Raises Misshapen."""
    try:
        found = model(shape).model_validate(data)
    except ValidationError as error:
        raise Misshapen(list(error.errors())) from error
    made: _Shape = _ours(found)
    return made


def model(shape: Any) -> type[BaseModel]:
    """The model of a shape: the same fields, the same checks."""
    return _model(shape)


@cache
def _model(shape: Any) -> type[BaseModel]:
    namespace: dict[str, Any] = {
        "__module__": shape.__module__,
        "__qualname__": shape.__qualname__,
        "__doc__": shape.__doc__,
        "__annotations__": {name: _translated(kind) for name, kind in hints(shape).items()},
        "model_config": ConfigDict(extra=shape.extra, populate_by_name=True, frozen=True),
    }
    for name, value in vars(shape).items():
        if isinstance(value, Declared):
            namespace[name] = Field(**value.told) if value.default is REQUIRED else Field(value.default, **value.told)
        elif isinstance(value, property) or name in namespace["__annotations__"]:
            namespace[name] = value
        elif isinstance(value, FunctionType):
            namespace[name] = _checking(value) if getattr(value, "whole", False) else value
    made: type[BaseModel] = new_class(shape.__name__, (BaseModel,), exec_body=lambda body: body.update(namespace))
    _SHAPES[made] = shape
    return made


def _checking(check: Callable[[Any], None]) -> Any:
    def after(self: Any) -> Any:
        check(self)
        return self

    after.__name__ = check.__name__
    return model_validator(mode="after")(after)


def _translated(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and origin is None and issubclass(kind, Shape):
        return model(kind)
    if origin is Annotated:
        return Annotated[parts[0], *map(_constraints, parts[1:])]
    if origin in (Union, UnionType):
        return Union[*map(_translated, parts)]
    if origin in (list, dict):
        return origin[tuple(map(_translated, parts))]
    return kind


def _constraints(text: Text) -> StringConstraints:
    return StringConstraints(
        strip_whitespace=text.strip or None,
        min_length=text.min_length or None,
        max_length=text.max_length,
        pattern=text.pattern or None,
    )


def _ours(value: Any) -> Any:
    """What pydantic made, as our shapes."""
    if isinstance(value, BaseModel):
        shape = _SHAPES[type(value)]
        made = shape.__new__(shape)
        made.__dict__.update({name: _ours(getattr(value, name)) for name in hints(shape)})
        if shape.extra == "allow":
            made.__dict__["model_extra"] = value.model_extra
        return made
    if type(value) is list:
        return [_ours(one) for one in value]
    if type(value) is dict:
        return {key: _ours(one) for key, one in value.items()}
    return value
