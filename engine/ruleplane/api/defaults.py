"""Declarative defaults: ``rules/apiserver/defaults.yaml`` compiled to one walk per kind.

The first link of admission. The entries of a kind become a tree of steps (fields and ``[]``), so that an object is
walked once; a field that is there costs one look. What an update leaves as it was is not looked at: it has its
defaults.

Guarantees: the same object is returned where nothing is absent; neither argument is changed.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.errors import EvaluationError, Invalid, SourceError
from ruleplane.lang.cel import Compiler, parse
from ruleplane.lang.source import Source, read
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json

    Compiled: TypeAlias = Callable[..., Any]

_TOP = frozenset(("places", "defaults"))
_ENTRY = frozenset(("of", "in", "when", "create", "fields", "append", "each"))
_EXPRESSION = re.compile(r"\s*\$\{(.*)\}\s*", re.DOTALL)
_NOTHING: dict[str, Any] = {}
_PARAMS = ("this", "object", "old")


class Entry:
    """One entry of the file, compiled."""

    __slots__ = ("append", "computed", "create", "each", "names", "static", "when", "where")

    def __init__(self, source: Source, row: Json, at: tuple[str | int, ...], compiler: Compiler) -> None:
        self.where = f"{source.file}:{source.place(at)[0]}"
        self.create = bool(row.get("create", False))
        self.when = _compile(source, row["when"], (*at, "when"), compiler) if "when" in row else None
        self.append: dict[str, list[Any]] = row.get("append", {})
        self.each: tuple[str, str] | None = (row["each"]["in"], row["each"]["of"]) if "each" in row else None
        self.static: dict[str, Any] = {}
        self.computed: list[tuple[str, Compiled]] = []
        for name, value in row.get("fields", {}).items():
            match = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
            if match:
                self.computed.append((name, _compile(source, match[1], (*at, "fields", name), compiler)))
            elif isinstance(value, str) and "${" in value:
                raise source.error("a default is either plain or one whole ${…}", (*at, "fields", name))
            else:
                self.static[name] = value
        self.names = dict.fromkeys([*self.static, *(name for name, _ in self.computed)]).keys()

    def apply(self, value: Json, root: Json, old: Json | None) -> Json:
        """The element with what it lacks, which the caller has found to be something."""
        if self.create and old is not None:
            return value
        try:
            if self.when is not None and self.when(None, value, root, old) is not True:
                return value
            return self._fill(value, root, old)
        except EvaluationError as error:
            raise Invalid(f"giving defaults ({self.where}): {error}") from error

    def _fill(self, value: Json, root: Json, old: Json | None) -> Json:
        out = {**value}
        for name, default in self.static.items():
            if name not in out:
                out[name] = default
        for name, compute in self.computed:
            if name not in out:
                found = compute(None, out, root, old)
                if found is not None:
                    out[name] = found
        for name, items in self.append.items():
            out[name] = [*(out.get(name) or ()), *items]
        if self.each is not None:
            into, of = self.each
            given = out.get(of) or {}
            if given.keys() - (out.get(into) or {}).keys():
                out[into] = {**given, **(out.get(into) or {})}
            else:
                return value if len(out) == len(value) else out
        return out


class Step:
    """One place in a kind's objects: what is given there, and the places below."""

    __slots__ = ("below", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.below: dict[tuple[str, bool], Step] = {}

    def at(self, path: list[tuple[str, bool]]) -> Step:
        """The step at a path below, made if need be."""
        step = self
        for part in path:
            step = step.below.setdefault(part, Step())
        return step

    def apply(self, value: Json, before: Any, root: Json, old: Json | None) -> Json:
        """The value with the defaults of this place and those below; ``before``: what was here in ``old``."""
        for entry in self.entries:
            names = entry.names
            if not names or not value.keys() >= names:
                value = entry.apply(value, root, old)
        out: Json | None = None
        known = before if before.__class__ is dict else _NOTHING
        for (name, many), step in self.below.items():
            have = value.get(name)
            if have is None or have is known.get(name):
                continue
            was = known.get(name)
            if many:
                given = step.elements(have, was, root, old) if have.__class__ is list else have
            else:
                given = step.apply(have, was, root, old) if have.__class__ is dict else have
            if given is not have:
                if out is None:
                    out = {**value}
                out[name] = given
        return value if out is None else out

    def elements(self, items: list[Any], before: Any, root: Json, old: Json | None) -> list[Any]:
        """The same for each element of a list; elements that were there are not looked at."""
        out: list[Any] | None = None
        known = before if before.__class__ is list else ()
        for at, item in enumerate(items):
            if item.__class__ is not dict or (known and any(item is one for one in known)):
                continue
            given = self.apply(item, None, root, old)
            if given is not item:
                out = list(items) if out is None else out
                out[at] = given
        return items if out is None else out


class Defaults:
    """An admission that gives defaults. Kinds without entries pass untouched."""

    def __init__(self, steps: dict[str, Step]) -> None:
        self._steps = steps

    @classmethod
    def builtin(cls) -> Defaults:
        """Those of the bundled file."""
        return _builtin()

    @classmethod
    def load(cls, path: Path) -> Defaults:
        """Those of a file. Raises SourceError where it holds a mistake."""
        return cls(_load(path))

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """The object with its defaults (see :class:`~ruleplane.api.admission.Admission`)."""
        step = self._steps.get(kind.ref)
        return obj if step is None else step.apply(obj, old, obj, old)

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """Defaults refuse nothing."""


@cache
def _builtin() -> Defaults:
    return Defaults.load(data_dir("rules") / "apiserver" / "defaults.yaml")


def _load(path: Path) -> dict[str, Step]:
    source = read(path)[0]
    _only(source, source.data, _TOP, ())
    places: dict[str, dict[str, str]] = source.data.get("places", {})
    compiler = Compiler()
    steps: dict[str, Step] = {}
    for index, row in enumerate(source.data["defaults"]):
        here = ("defaults", index)
        _only(source, row, _ENTRY, here)
        if "of" not in row or not row.keys() & {"fields", "append", "each"}:
            raise source.error("an entry says of what it is (`of`), and what is given (`fields`, `append`)", here)
        entry = Entry(source, row, here, compiler)
        of = row["of"] if isinstance(row["of"], list) else [row["of"]]
        within = row.get("in", "")
        for kind, root in _kinds(source, of, places, here):
            for one in within if isinstance(within, list) else [within]:
                for path_text in _alternatives(one):
                    full = ".".join(part for part in (root, path_text) if part)
                    steps.setdefault(kind, Step()).at(_steps(full)).entries.append(entry)
    return steps


def _kinds(
    source: Source, of: list[str], places: dict[str, dict[str, str]], here: tuple[str | int, ...]
) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for one in of:
        if one in places:
            out += places[one].items()
        elif "/" in one:
            out.append((one, ""))
        else:
            raise source.error(f"{one!r} is neither a kind (v1/Pod) nor a place ({', '.join(places)})", (*here, "of"))
    return out


def _alternatives(text: str) -> list[str]:
    """``a.{b,c}.d`` as ``a.b.d`` and ``a.c.d``."""
    parts = [part.split(",") if at % 2 else [part] for at, part in enumerate(re.split(r"\{([^}]*)\}", text))]
    return ["".join(choice) for choice in product(*parts)]


def _steps(text: str) -> list[tuple[str, bool]]:
    """``spec.ports[]`` as ``[("spec", False), ("ports", True)]``."""
    return [(part.removesuffix("[]"), part.endswith("[]")) for part in text.split(".")] if text else []


def _compile(source: Source, text: str, at: tuple[str | int, ...], compiler: Compiler) -> Compiled:
    line, column = source.place(at)
    compiled: Compiled = compiler.compile(parse(text, file=source.file, line=line, column=column), (), _PARAMS)
    return compiled


def _only(source: Source, data: Any, allowed: frozenset[str], path: tuple[str | int, ...]) -> None:
    if not isinstance(data, dict):
        raise source.error(f"a map with {', '.join(sorted(allowed))} was expected", path)
    for key in data:
        if key not in allowed:
            raise source.error(f"unknown key {key!r} (known: {', '.join(sorted(allowed))})", (*path, key), key=True)


__all__ = ["Defaults", "SourceError"]
