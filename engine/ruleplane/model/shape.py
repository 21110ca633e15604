"""What every part of a rule file is made of: the strict base model, and the kinds of text in it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

Cel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=253)]
Template = Any  # JSON whose texts may hold ${CEL}


class Shape(BaseModel):
    """Strict base: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)
