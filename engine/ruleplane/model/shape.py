"""What every part of a rule file is made of: the strict base model, and the kinds of text in it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

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
Cel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER)]
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=253)]
Span = Annotated[str, StringConstraints(pattern=_SPAN)]  # a duration, as 1m30s
Template = Any  # JSON whose texts may hold ${CEL}


class Shape(BaseModel):
    """Strict base: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)
