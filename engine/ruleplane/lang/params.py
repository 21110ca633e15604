"""Settings of a rule set (`params`): what is declared, what may be given instead, and the values that rules read.

A plain default declares a setting of its own type; a map with `type` says more. An override is checked as strictly as
the default: whoever mistypes a setting is told when the rules are loaded, not by a controller that behaves oddly.
Called by ``build``; :func:`parse_overrides` by whoever takes settings from a command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from ruleplane.errors import EvaluationError, SourceError
from ruleplane.lang import cel
from ruleplane.lang.source import complaint
from ruleplane.model.ruleset import Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ruleplane.lang.source import Path, Source

_JSON: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": int,
    "double": (float, int),
    "string": str,
    "list": list,
    "map": dict,
}
_MEASURED = ("int", "double", "duration", "quantity")  # what `min` and `max` can be said of
_ARTICLE = {"int": "an int"}


@dataclass(frozen=True, slots=True)
class Written:
    """A value as a person wrote it after ``=``: what it is depends on the setting's type."""

    text: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the rules read as ``params``, and the same as it was written (for the hash of the rule set)."""

    values: dict[str, Any]
    written: dict[str, Any]
    shapes: dict[str, cel.Shape]


def settings(source: Source, declared: Mapping[str, Any], given: Mapping[str, Any]) -> Settings:
    """The settings of a rule set, ``given`` ones instead of their defaults. Raises SourceError."""
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise source.error(
            f"the rule set has no setting {', '.join(unknown)} (it has: {', '.join(declared) or 'none'})", ("spec",)
        )
    values, written, shapes = {}, {}, {}
    for name, default in declared.items():
        path: Path = ("spec", "params", name)
        param = _param(source, default, path)
        if param is None:  # a default of null says nothing of the type
            values[name] = written[name] = _plain(source, path, given[name]) if name in given else None
            shapes[name] = cel.DYN
            continue
        values[name], written[name] = _checked(source, param, path, given.get(name, _NOT_GIVEN))
        shapes[name] = cel.shape(param.type)
    return Settings(values, written, shapes)


class _NotGiven:
    """The type of the mark for a setting that keeps its default: null may be given."""


_NOT_GIVEN = _NotGiven()


def _param(source: Source, default: Any, path: Path) -> Param | None:
    if isinstance(default, dict) and "type" in default:
        try:
            return Param.model_validate(default)
        except ValidationError as error:
            raise complaint(source, error, Param, path) from error
    if default is None:
        return None
    kind = next((name for name, types in _JSON.items() if _is(default, types)), None)
    if kind is None:
        raise source.error(f"a setting is a bool, number, text, list or map, not a {type(default).__name__}", path)
    return Param.model_validate({"type": kind, "default": default})


def _is(value: Any, types: type | tuple[type, ...]) -> bool:
    return isinstance(value, types) and (isinstance(value, bool) is (types is bool))


def _checked(source: Source, param: Param, path: Path, given: Any) -> tuple[Any, Any]:
    """The value and how it was written: of the default, then of what is given instead."""

    def read(value: Any, key: str) -> Any:
        try:
            return _read(param.type, value)
        except ValueError as error:
            place = (*path, key) if (*path, key) in source.places else path
            raise source.error(f"{key}: {error}", place) from None

    least, most = (read(bound, key) if bound is not None else None for key, bound in _bounds(source, param, path))
    allowed = [read(value, "enum") for value in param.enum] if param.enum is not None else None

    def outside(value: Any, text: Any) -> str:
        if allowed is not None and value not in allowed:
            return f"{_shown(text)} is not one of {', '.join(map(_shown, param.enum or ()))}"
        if least is not None and value < least:
            return f"{_shown(text)} is less than {_shown(param.min)}"
        if most is not None and most < value:
            return f"{_shown(text)} is more than {_shown(param.max)}"
        return ""

    default = read(param.default, "default")
    wrong = outside(default, param.default)
    if wrong:
        raise source.error(f"default: {wrong}", (*path, "default"))
    if given is _NOT_GIVEN:
        return default, param.default
    try:
        text = _typed(param.type, given.text) if isinstance(given, Written) else given
        value = _read(param.type, text)
        wrong = outside(value, text)
    except ValueError as error:
        wrong = str(error)
    if wrong:
        raise source.error(f"the setting {path[-1]} was given: {wrong}", path, key=True)
    return value, text


def _bounds(source: Source, param: Param, path: Path) -> list[tuple[str, Any]]:
    given = [("min", param.min), ("max", param.max)]
    for key, bound in given:
        if bound is not None and param.type not in _MEASURED:
            raise source.error(f"a {param.type} has no `{key}` (only {', '.join(_MEASURED)} have)", (*path, key))
    return given


def _read(kind: str, value: Any) -> Any:
    """The CEL value of a JSON value. Raises ValueError that says what was expected."""
    if kind in ("duration", "quantity"):
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise ValueError(f"a {kind} was expected, found {_shown(value)}")
        try:
            return _PARSERS[kind](str(value))
        except EvaluationError as error:
            raise ValueError(f"a {kind} was expected, found {_shown(value)} ({error})") from None
    if not _is(value, _JSON[kind]):
        raise ValueError(f"{_ARTICLE.get(kind, f'a {kind}')} was expected, found {_shown(value)}")
    return float(value) if kind == "double" else value


_PARSERS: dict[str, Callable[[str], Any]] = {
    "duration": lambda text: cel.STANDARD["duration"].call(text),
    "quantity": lambda text: cel.STANDARD["quantity"].call(text),
}


def _typed(kind: str, text: str) -> Any:
    """What a person's text is, as a value of that type in JSON."""
    return text if kind in ("string", "duration", "quantity") else _yaml(text)


def _plain(source: Source, path: Path, given: Any) -> Any:
    try:
        return _yaml(given.text) if isinstance(given, Written) else given
    except ValueError as error:
        raise source.error(f"the setting {path[-1]} was given: {error}", path, key=True) from None


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{text!r} is not YAML: {getattr(error, 'problem', error)}") from None


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)


def parse_overrides(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Settings as a command line takes them, by rule set. Raises SourceError for a text that is none.

    >>> parse_overrides(["node-ipam.nodeMask=25"])
    {'node-ipam': {'nodeMask': Written(text='25')}}
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        ruleset, dot, name = place.strip().rpartition(".")
        if not (equals and dot and ruleset and name):
            raise SourceError(f"a setting is written as ruleset.param=value, as node-ipam.nodeMask=25, not as {text!r}")
        if name in found.setdefault(ruleset, {}):
            raise SourceError(f"the setting {place.strip()} is given twice")
        found[ruleset][name] = Written(value.strip())
    return found
