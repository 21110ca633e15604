"""Mistakes of shape in a rule file, all of them, in the words of rule files: what pydantic found, with its own names of
branches and validators taken out, so that only keys remain that the author wrote.

``mend`` (mend.py) leaves out what is wrong, so that the rest can be looked at. Called by ``source`` and ``params``.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ruleplane.errors import SourceError
from ruleplane.model.shape import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import ValidationError

    Path = tuple[str | int, ...]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_EXPECTED = {
    "string_type": "a text", "dict_type": "a map", "model_type": "a map", "list_type": "a list",
    "bool_type": "true or false", "bool_parsing": "true or false", "int_type": "a whole number",
    "int_parsing": "a whole number", "int_from_float": "a whole number",
}  # fmt: skip
Sort = Literal["unknown", "missing", "value", "whole"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """``path`` is that of what is at fault; of a missing key, that of the map which lacks it (``key``). ``whole``: its
    parts are well, and do not go together."""

    sort: Sort
    path: Path
    message: str
    key: str = ""
    meant: str = ""  # the key that an unknown one probably is
    quoted: bool = False  # in quotes it would be well

    @property
    def at_key(self) -> bool:
        """Whether the key is to be shown instead of its value."""
        return self.sort in ("unknown", "missing") or self.key == "[key]"


@contextmanager
def noted(told: list[SourceError] | None) -> Iterator[None]:
    """A SourceError ends this part; it is raised on, unless somebody wants to be told of all of them."""
    try:
        yield
    except SourceError as error:
        if told is None:
            raise
        told.append(error)


def field_path(path: Iterable[str | int]) -> str:
    """A path as Kubernetes writes it.

    >>> field_path(("spec", "rules", 0, "when")), field_path(("spec", "let", "f(x)"))
    ('spec.rules[0].when', 'spec.let[f(x)]')
    """
    out = ""
    for part in path:
        if isinstance(part, int) or not _WORD.fullmatch(part):
            out += f"[{part}]"
        else:
            out += f".{part}" if out else part
    return out


def mistakes(data: Any, error: ValidationError, model: type[BaseModel], below: Path = ()) -> list[Mistake]:
    """What is wrong with ``data``, which is no ``model``; ``below``: where in the document it stands."""
    rows = [(_written(data, row["loc"]), row) for row in error.errors()]
    told = [path for path, row in rows if row["type"] not in _EXPECTED]
    found: dict[tuple[Path, str, str], Mistake] = {}
    expected: dict[Path, list[str]] = {}
    for path, row in rows:
        if row["type"] in _EXPECTED:
            if not any(other[: len(path)] == path for other in told):  # else another branch of a union came further
                words = expected.setdefault(path, [])
                words += [_EXPECTED[row["type"]]] if _EXPECTED[row["type"]] not in words else []
            continue
        one = _mistake(data, path, dict(row), model, below)
        found[one.path, one.key, one.message] = one
    for path, words in expected.items():
        one = _unexpected(_at(data, path), path, words, below)
        found[one.path, one.key, one.message] = one
    return unpaired(found.values())


def _written(data: Any, loc: Sequence[Any]) -> Path:
    """The part of a place that stands in the data: unions and validators add names of their own."""
    path: list[str | int] = []
    for part in loc:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        ):
            data = data[part]
            path.append(part)
    return tuple(path)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _mistake(data: Any, path: Path, row: dict[str, Any], model: type[BaseModel], below: Path) -> Mistake:
    where, last, value = field_path((*below, *path)), str(row["loc"][-1]), _at(data, path)
    match row["type"]:
        case "extra_forbidden":
            parent = field_path((*below, *path[:-1])) or "the document"
            near = get_close_matches(last, keys_of(model, path[:-1]), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            message = f"unknown key {last!r} in {parent}{hint}"
            return Mistake("unknown", (*below, *path), message, last, near[0] if near else "")
        case "missing":
            return Mistake("missing", (*below, *path), f"missing key {last!r} in {where or 'the document'}", last)
        case "value_error":
            return Mistake("whole", (*below, *path), f"{where}: {row['msg'].removeprefix('Value error, ')}")
        case "literal_error":
            choices = row["ctx"]["expected"]
            return Mistake("value", (*below, *path), f"{where}: {choices} is expected, found {_shown(value)}")
        case "string_pattern_mismatch":
            words = WORDS.get(row["ctx"]["pattern"], f"a text like {row['ctx']['pattern']}")
            text = path[-1] if last == "[key]" else value
            key = last if last == "[key]" else ""
            return Mistake("value", (*below, *path), f"{where}: {words} is expected, found {text!r}", key)
        case "string_too_short":
            return Mistake("value", (*below, *path), f"{where}: an expression is expected, and this is empty")
        case "too_short":
            return Mistake("value", (*below, *path), f"{where}: at least one is needed, and this is empty")
    return Mistake("value", (*below, *path), f"{where}: {row['msg']}")


def _unexpected(value: Any, path: Path, words: list[str], below: Path) -> Mistake:
    quoted = "a text" in words and isinstance(value, (bool, int, float))
    where = field_path((*below, *path)) or "the document"
    message = f"{where}: {_either(words)} is expected, found {_shown(value)}"
    return Mistake("value", (*below, *path), message, quoted=quoted)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a map"
    return f"the text {value!r}" if isinstance(value, str) else f"the number {value}"


def unpaired(found: Iterable[Mistake], before: Iterable[Mistake] = ()) -> list[Mistake]:
    """Without the missing keys that another key beside them was meant to be."""
    found = list(found)
    meant = {(one.path[:-1], one.meant) for one in (*before, *found) if one.meant}
    return [one for one in found if one.sort != "missing" or (one.path, one.key) not in meant]


def keys_of(shape: Any, path: Path) -> list[str]:
    """The keys that may stand at a place below a shape; none where any may.

    >>> from ruleplane.model.ruleset import RuleSet
    >>> keys_of(RuleSet, ("spec", "rules", 0, "deny"))
    ['message', 'reason', 'field']
    """
    origin, parts = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return keys_of(parts[0], path)
    if origin in (Union, UnionType):
        return next((keys for part in parts if (keys := keys_of(part, path))), [])
    if origin in (dict, list):
        return keys_of(parts[-1], path[1:]) if path else []
    if not (isinstance(shape, type) and issubclass(shape, BaseModel)):
        return []
    fields = {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
    if not path:
        return list(fields)
    return keys_of(fields[str(path[0])], path[1:]) if path[0] in fields else []
