"""A rule file as data plus the place of every value in it, so that each mistake can be shown with its line and a caret.

YAML is read by the 1.1 rules of PyYAML; keys that 1.1 takes for booleans (`on`, `yes`) and repeated keys are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from pydantic import ValidationError

from ruleplane.errors import SourceError
from ruleplane.model.ruleset import API_VERSION, Library, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path as FilePath

Path: TypeAlias = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Source:
    """One YAML document of a file: its data, and where each value stands (line and column from 1)."""

    file: str
    lines: list[str]
    data: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: Iterable[str | int]) -> tuple[int, int]:
        """Line and column of the value at ``path``, or of the nearest value above it."""
        path = tuple(path)
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def origin(self, line: int, column: int) -> tuple[str, int, int]:
        """What people call this place: file, line and column."""
        return self.file, line, column

    def error(self, message: str, path: Iterable[str | int], *, key: bool = False) -> SourceError:
        """The mistake ``message`` at ``path`` (at its key instead of its value if ``key``)."""
        path = tuple(path)
        line, column = self.keys[path] if key and path in self.keys else self.place(path)
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return SourceError(message, file=self.file, line=line, column=column, text=text)


def read(path: FilePath) -> list[Source]:
    """The documents of a rule file. Raises SourceError: unreadable, not UTF-8, not YAML."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"reading the rule file: {error.strerror or error}", file=str(path)) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SourceError(f"not UTF-8 (byte {error.start})", file=str(path), line=line, column=1) from error
    return parse(text, str(path))


def parse(text: str, file: str = "") -> list[Source]:
    """The documents of a YAML text. Raises SourceError with the place of the mistake."""
    lines = text.split("\n")
    loader = _Loader(text)
    sources = []
    try:
        while loader.check_node():
            node = loader.get_node()
            source = Source(file, lines)
            source.data = _construct(loader, node, source, ())
            if source.data is not None:
                sources.append(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        shown = lines[line - 1] if 0 < line <= len(lines) else ""
        message = f"not YAML: {error.problem or error.context}"
        raise SourceError(message, file=file, line=line, column=column, text=shown) from error
    except yaml.YAMLError as error:
        raise SourceError(f"not YAML: {error}", file=file) from error
    finally:
        loader.dispose()
    return sources


def _construct(loader: Any, node: Any, source: Source, path: Path) -> Any:
    mark = node.start_mark
    quoted = isinstance(node, yaml.ScalarNode) and node.style in ("'", '"')
    block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    line, column = mark.line + 1, mark.column + 1 + quoted
    if block:  # the text begins on the next line, at its indentation
        line += 1
        shown = source.lines[line - 1] if line <= len(source.lines) else ""
        column = len(shown) - len(shown.lstrip()) + 1
    source.places[path] = (line, column)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, source, path)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, child, source, (*path, i)) for i, child in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise source.error(f"not a value of {node.tag.rpartition(':')[2]}: {error}", path) from error


def _mapping(loader: Any, node: Any, source: Source, path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        here: Path = (*path, str(key))
        source.keys[here] = source.places[here] = (mark.line + 1, mark.column + 1)
        if key is None or key_node.tag == "tag:yaml.org,2002:merge":
            raise source.error("a key must be plain text", here)
        if key_node.tag == "tag:yaml.org,2002:bool":
            raise source.error(f"the key {key!r} is a boolean in YAML: quote it or choose another word", here)
        if key in mapping:
            raise source.error(f"the key {key!r} is given twice", here)
        mapping[key] = _construct(loader, value_node, source, here)
    return mapping


def shape(source: Source) -> RuleSet | Library:
    """The document as a rule set or library. Raises SourceError at the first mistake of shape."""
    data = source.data
    if not isinstance(data, dict):
        raise source.error(
            f"a rule file holds maps with apiVersion, kind, metadata and spec, not a {type(data).__name__}", ()
        )
    if data.get("apiVersion") != API_VERSION:
        raise source.error(f"apiVersion: expected {API_VERSION!r}, found {data.get('apiVersion')!r}", ("apiVersion",))
    models: dict[str, type[RuleSet] | type[Library]] = {"RuleSet": RuleSet, "Library": Library}
    model = models.get(str(data.get("kind")))
    if model is None:
        raise source.error(f"kind: expected RuleSet or Library, found {data.get('kind')!r}", ("kind",))
    try:
        shaped = model.model_validate(data)
    except ValidationError as error:
        raise complaint(source, error) from error
    return shaped


def complaint(source: Source, error: ValidationError, below: Path = ()) -> SourceError:
    """The first mistake of shape, at its place; ``below``: where in the file the shape stands."""
    first: dict[str, Any] = dict(error.errors()[0])
    first["loc"] = (*below, *first["loc"])
    path: Path = tuple(part for part in first["loc"] if part not in ("function-after", "[key]"))
    while path and path not in source.places:
        path = path[:-1]  # unions add the names of their branches
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        parent = ".".join(str(part) for part in first["loc"][:-1]) or "the document"
        return source.error(f"unknown key {first['loc'][-1]!r} in {parent}", path, key=True)
    if first["type"] == "missing":
        return source.error(
            f"missing key {first['loc'][-1]!r} in {'.'.join(str(p) for p in first['loc'][:-1])}", path, key=True
        )
    return source.error(f"{where}: {message}", path)
