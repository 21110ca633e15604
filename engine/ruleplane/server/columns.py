"""Read ``rules/apiserver/columns.yaml`` and compile the columns of kinds; custom kinds bring theirs along.

A :class:`Sheet` makes the cells of one kind's objects. Mistakes in the file are SourceErrors with line and caret,
raised when the kind is first shown (and by a test, for all of them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import STANDARD, Compiler, Function, parse
from ruleplane.lang.source import Source, read
from ruleplane.model.data import data_dir
from ruleplane.server.jsonpath import compile_path
from ruleplane.server.table_functions import FUNCTIONS, Scope, age

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ruleplane.model.kind import Column, Kind

    Cell = Callable[..., Any]

Json: TypeAlias = dict[str, Any]

_TYPES = frozenset(("string", "integer", "boolean", "number", "date"))
_COLUMN_KEYS = frozenset(("name", "value", "type", "priority", "doc"))
_HEAD = re.compile(r"(\w+)\(([^)]*)\)")
_NAME_DOC = "Name must be unique within a namespace."


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of one kind. ``definitions`` are ``columnDefinitions``; ``cells(scope, object)`` one row."""

    definitions: list[Json]
    lets: tuple[Cell, ...]
    columns: tuple[Cell, ...]

    def cells(self, scope: Scope, obj: Json) -> list[Any]:
        """The cells of a row. A cell that cannot be computed shows ``<error>``, and the others are shown."""
        try:
            values: list[Any] = [obj]
            for let in self.lets:
                values.append(let(scope, *values))
            return [column(scope, *values) for column in self.columns]
        except EvaluationError:
            return self._one_by_one(scope, obj)

    def _one_by_one(self, scope: Scope, obj: Json) -> list[Any]:
        values: list[Any] = [obj]
        for let in self.lets:
            values.append(_or_error(let, scope, values))
        return [_or_error(column, scope, values) for column in self.columns]


def _or_error(cell: Cell, scope: Scope, values: list[Any]) -> Any:
    try:
        return cell(scope, *values)
    except EvaluationError:
        return "<error>"


class Columns:
    """The sheets of every kind, each compiled when first asked for."""

    def __init__(self, path: Path | None = None) -> None:
        self._source = read(path or data_dir("rules") / "apiserver" / "columns.yaml")[0]
        _known(self._source, self._source.data, frozenset(("functions", "kinds")), ())
        self._functions: dict[str, Function] = {**STANDARD, **FUNCTIONS}
        for head in self._source.data.get("functions", {}):
            self._add_function(head)
        self._compiler = Compiler(self._functions)
        self._sheets: dict[str, Sheet] = {}

    @property
    def refs(self) -> list[str]:
        """The references of the kinds that the file has columns for."""
        return list(self._source.data.get("kinds", {}))

    def sheet(self, ref: str) -> Sheet | None:
        """The columns of a kind, by its reference; None where the file has none."""
        sheet = self._sheets.get(ref)
        if sheet is None and ref in self._source.data.get("kinds", {}):
            sheet = self._sheets[ref] = self._compile(("kinds", ref))
        return sheet

    def _add_function(self, head: str) -> None:
        path = ("functions", head)
        match = _HEAD.fullmatch(head)
        if match is None:
            raise self._source.error("a function is named with its parameters: name(a, b)", path, key=True)
        params = [one.strip() for one in match[2].split(",") if one.strip()]
        compiler = Compiler(self._functions)  # a function may call those above it
        call = self._expression(compiler, self._source.data["functions"][head], path, params)
        self._functions[match[1]] = Function(match[1], call, takes_scope=True)

    def _compile(self, path: tuple[str, ...]) -> Sheet:
        data = self._source.data[path[0]][path[1]]
        _known(self._source, data, frozenset(("let", "columns")), path)
        names = ["self"]
        lets = []
        for name, text in data.get("let", {}).items():
            lets.append(self._expression(self._compiler, text, (*path, "let", name), names))
            names.append(name)
        definitions, cells = [], []
        for index, row in enumerate(data["columns"]):
            here: tuple[str | int, ...] = (*path, "columns", index)
            _known(self._source, row, _COLUMN_KEYS, here)
            if row.get("type", "string") not in _TYPES:
                raise self._source.error(f"no such type of column: {row['type']!r}", (*here, "type"))
            cells.append(self._expression(self._compiler, row["value"], (*here, "value"), names))
            definitions.append(
                _definition(row["name"], row.get("type", "string"), row.get("priority", 0), row.get("doc", ""))
            )
        return Sheet(definitions, tuple(lets), tuple(cells))

    def _expression(self, compiler: Compiler, text: Any, path: tuple[str | int, ...], params: list[str]) -> Cell:
        if not isinstance(text, str):
            raise self._source.error("an expression (text) was expected", path)
        line, column = self._source.place(path)
        compiled: Cell = compiler.compile(
            parse(text, file=self._source.file, line=line, column=column), (), tuple(params)
        )
        return compiled


def custom_sheet(kind: Kind) -> Sheet:
    """The columns that a custom kind's definition asks for; name and age where it asks for none."""
    definitions = [_definition("Name", "string", 0, _NAME_DOC)]
    cells: list[Cell] = [lambda scope, obj: obj["metadata"]["name"]]
    for column in kind.columns:
        definitions.append(_definition(column.name, column.type, column.priority, column.description, column.format))
        cells.append(_custom_cell(column))
    if not kind.columns:
        definitions.append(_definition("Age", "date", 0, ""))
        cells.append(lambda scope, obj: age(scope, obj["metadata"].get("creationTimestamp", "")))
    return Sheet(definitions, (), tuple(cells))


def _custom_cell(column: Column) -> Cell:
    find = compile_path(column.path)
    type_ = column.type

    def cell(scope: Scope, obj: Json) -> Any:
        found = find(obj)
        if not found or found[0] is None:
            return "" if type_ == "string" else None
        value = found[0]
        if type_ == "date":
            try:
                return age(scope, value)
            except (ValueError, TypeError, AttributeError):
                return "<invalid>"
        if type_ == "string" and not isinstance(value, str):
            return ",".join(map(str, found)) if len(found) > 1 else _text(value)
        return value

    return cell


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _definition(name: str, type_: str, priority: int, doc: str, format_: str = "") -> Json:
    shown = format_ or ("name" if name == "Name" else "")
    return {"name": name, "type": type_, "format": shown, "description": doc, "priority": priority}


def _known(source: Source, data: Any, allowed: frozenset[str], path: tuple[str | int, ...]) -> None:
    if not isinstance(data, dict):
        raise source.error(f"a map with {', '.join(sorted(allowed))} was expected", path)
    for key in data:
        if key not in allowed:
            raise source.error(f"unknown key {key!r} (known: {', '.join(sorted(allowed))})", (*path, key), key=True)
