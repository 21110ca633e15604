"""A rule file as data plus the place of every value in it, so that each mistake can be shown with its line and a caret.

YAML is read by the 1.1 rules of PyYAML; keys that 1.1 takes for booleans (`on`, `yes`) and repeated keys are refused.
So is, in a rule file, unquoted text that kubectl reads as something else (`n`, `1e3`): one file means the same to both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from pydantic import ValidationError

from ruleplane.errors import SourceError
from ruleplane.lang.folded import Folded
from ruleplane.lang.mistakes import mistakes
from ruleplane.model.loader import Loader
from ruleplane.model.ruleset import API_VERSION, Library, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path as FilePath

    from pydantic import BaseModel

    from ruleplane.lang.mistakes import Mistake

_BARE = re.compile(r"[{\[,:]\s*\$\{")
_PLAIN_WORD = re.compile(r"[^\s,#}\]]+")
Path: TypeAlias = tuple[str | int, ...]

_TEXT = "tag:yaml.org,2002:str"
# what sigs.k8s.io/yaml, which kubectl reads manifests by, takes for something else than PyYAML's text
_BOOLEAN = re.compile(r"[yYnN]")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7_]+")
_NUMERIC = "0123456789.+-"  # how a number begins
_TAG = "tag:yaml.org,2002:"


@dataclass
class Source:
    """One YAML document of a file: its data, and where each value stands (line and column from 1)."""

    file: str
    lines: list[str]
    data: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    whole: bool = True  # false: what is looked at is only a part of it, for the rest has no shape
    told: list[SourceError] | None = None  # where mistakes in YAML go instead of ending the reading
    folded: list[Folded] = field(default_factory=list)
    disputed: list[SourceError] = field(default_factory=list)  # what kubectl would read otherwise, and how

    def place(self, path: Iterable[str | int]) -> tuple[int, int]:
        """Line and column of the value at ``path``, or of the nearest value above it."""
        path = tuple(path)
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def origin(self, line: int, column: int) -> tuple[str, int, int]:
        """What people call this place: file, line and column."""
        return self.file, line, column

    def exact(self, line: int, column: int) -> tuple[int, int]:
        """The place in the file that an expression of this document calls so."""
        for text in self.folded:
            if text.holds(line, column):
                return text.place(self.lines, line, column)
        return line, column

    def refuse(self, error: SourceError) -> None:
        """Raise the error, or go on without what it is about."""
        if self.told is None:
            raise error
        self.told.append(error)
        self.whole = False

    def error(self, message: str, path: Iterable[str | int], *, key: bool = False) -> SourceError:
        """The mistake ``message`` at ``path`` (at its key instead of its value if ``key``)."""
        path = tuple(path)
        line, column = self.keys[path] if key and path in self.keys else self.place(path)
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return SourceError(message, file=self.file, line=line, column=column, text=text)


def read(path: FilePath, told: list[SourceError] | None = None) -> list[Source]:
    """The documents of a rule file. Raises SourceError: unreadable, not UTF-8, not YAML (for ``told`` see
    :func:`parse`)."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"reading the rule file: {error.strerror or error}", file=str(path)) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SourceError(f"not UTF-8 (byte {error.start})", file=str(path), line=line, column=1) from error
    return parse(text, str(path), told)


def parse(text: str, file: str = "", told: list[SourceError] | None = None) -> list[Source]:
    """The documents of a YAML text. Raises SourceError with the place of the mistake; given ``told``, mistakes are
    added to it instead, and what can be read is returned: other documents, and of a map the keys that are well."""
    lines = text.split("\n")
    sources: list[Source] = []
    begin: int | None = 0
    while begin is not None:
        try:
            _documents("\n" * begin + "\n".join(lines[begin:]) if begin else text, file, lines, sources, told)
            break
        except SourceError as error:
            if told is None:
                raise
            told.append(error)
            begin = next((n for n in range(max(error.line - 1, begin + 1), len(lines)) if _divides(lines[n])), None)
    return sources


def _divides(line: str) -> bool:
    return line.rstrip() == "---" or line.startswith("--- ")


def _documents(text: str, file: str, lines: list[str], sources: list[Source], told: list[SourceError] | None) -> None:
    loader = Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            source = Source(file, lines, told=told)
            source.data = _construct(loader, node, source, ())
            if source.data is not None:
                sources.append(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        shown = lines[line - 1] if 0 < line <= len(lines) else ""
        message = f"not YAML: {error.problem or error.context}"
        if _BARE.search(shown):
            message += '; within { } and [ ] a text with ${ } is written in quotes: "${…}"'
        raise SourceError(message, file=file, line=line, column=column, text=shown) from error
    except yaml.YAMLError as error:
        raise SourceError(f"not YAML: {error}", file=file) from error
    finally:
        loader.dispose()


def _construct(loader: Any, node: Any, source: Source, path: Path) -> Any:
    mark = node.start_mark
    line, column = mark.line + 1, mark.column + 1
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    if style in ("'", '"'):
        column += 1
    elif style in ("|", ">"):  # the text begins on the next line, at its indentation
        line += 1
        shown = source.lines[line - 1] if line <= len(source.lines) else ""
        column = len(shown) - len(shown.lstrip()) + 1
    source.places[path] = (line, column)
    if isinstance(node, yaml.ScalarNode) and style != "|":
        value = node.value.rstrip("\n")
        if not (line <= len(source.lines) and source.lines[line - 1].startswith(value, column - 1)):
            end = node.end_mark
            last = end.line + (end.column > 0 and style != ">")
            source.folded.append(Folded(line, column, last, style or "", node.value))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, source, path)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, child, source, (*path, i)) for i, child in enumerate(node.value)]
    if node.tag == _TEXT:
        if not style and (len(node.value) == 1 or node.value[:1] in _NUMERIC):
            _dispute(node, source, path)
        return node.value
    _dispute(node, source, path)
    try:
        return loader.construct_object(node)
    except ValueError as error:
        source.refuse(source.error(f"not a value of {node.tag.rpartition(':')[2]}: {error}", path))
        return None


def _mapping(loader: Any, node: Any, source: Source, path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        here: Path = (*path, str(key))
        before = (source.keys[here], source.places[here]) if here in source.keys else None
        source.keys[here] = source.places[here] = mark.line + 1, mark.column + 1
        wrong = ""
        if key is None or key_node.tag == "tag:yaml.org,2002:merge":
            wrong = "a key must be plain text"
        elif key_node.tag == "tag:yaml.org,2002:bool":
            wrong = f"the key {key!r} is a boolean in YAML: quote it or choose another word"
        elif key in mapping:
            wrong = f"the key {key!r} is given twice"
        if wrong:
            source.refuse(source.error(wrong, here))
            if before is not None:
                source.keys[here], source.places[here] = before
        else:
            if _BOOLEAN.fullmatch(str(key)) and not key_node.style:
                message = f"the key {key!r} is a boolean to kubectl: quote it or choose another word"
                source.disputed.append(source.error(message, here))
            mapping[str(key)] = _construct(loader, value_node, source, here)
    return mapping


def _dispute(node: Any, source: Source, path: Path) -> None:
    """Note a plain value that kubectl reads otherwise."""
    if node.style:
        return
    ours, theirs, text = node.tag.removeprefix(_TAG), "", node.value
    if ours == "str" and _BOOLEAN.fullmatch(text):
        theirs = "a boolean"
    elif ours == "str" and _NUMBER.fullmatch(text):
        theirs = "a number"
    elif ours == "timestamp" or (ours in ("int", "float") and ":" in text):
        theirs = "text"
    if theirs:
        source.disputed.append(source.error(f"{text!r} is {theirs} to kubectl: quote it", path))


def exactly(error: SourceError, sources: Iterable[Source]) -> SourceError:
    """An error of an expression, at its place in the file and with the whole line."""
    for source in sources:
        if source.file == error.file and 0 < error.line <= len(source.lines):
            place = source.exact(error.line, error.column)
            moved = place != (error.line, error.column)
            line = source.lines[place[0] - 1]
            if moved or error.text.strip() in line:
                error.line, error.column = place
                error.text = line
            if moved:
                break
    return error


def shape(source: Source) -> RuleSet | Library:
    """The document as a rule set or library. Raises SourceError at the first mistake of shape."""
    model = _model(source)
    for error in source.disputed:
        raise error
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise complaint(source, error, model) from error


def shaped(source: Source) -> tuple[RuleSet | Library | None, list[SourceError]]:
    """What of the document has a shape, None if nothing; and every mistake of shape, in order of place."""
    from ruleplane.lang.mend import mended

    try:
        model = _model(source)
    except SourceError as error:
        return None, [error]
    try:
        return model.model_validate(source.data), source.disputed
    except ValidationError:
        found, wrong = mended(source.data, model)
    source.whole = False
    told = [*source.disputed, *(_placed(source, one) for one in wrong)]
    return found, sorted(told, key=lambda one: (one.line, one.column))


def _model(source: Source) -> type[RuleSet] | type[Library]:
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
    return model


def complaint(source: Source, error: ValidationError, model: type[BaseModel], below: Path = ()) -> SourceError:
    """The first mistake of shape, at its place; ``below``: where in the file the shape stands."""
    data: Any = source.data
    for part in below:
        data = data[part]
    found = [_placed(source, one) for one in mistakes(data, error, model, below)]
    return min(found, key=lambda one: (one.line, one.column))


def _placed(source: Source, one: Mistake) -> SourceError:
    error = source.error(one.message, one.path, key=one.at_key)
    word = _PLAIN_WORD.match(error.text, error.column - 1) if one.quoted and error.text else None
    if word is not None:
        if word[0] not in one.message:
            error.message += f" (that is what YAML takes `{word[0]}` for)"
        error.message += f"; write it in quotes: '{word[0]}'"
    return error
