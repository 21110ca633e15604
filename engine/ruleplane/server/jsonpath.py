"""The JSONPaths of custom kinds' printer columns: fields, keys, indices, filters by equality; no more is allowed there.

https://kubernetes.io/docs/reference/kubectl/jsonpath/
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ruleplane.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[list[Any]], list[Any]]

_STEP = re.compile(
    r"""\.(?P<field>(?:[^.\[\]\\]|\\.)+)
    |\[(?P<index>-?\d+)\]
    |\[\*\](?P<all>)
    |\[(?P<key>'[^']*'|"[^"]*")\]
    |\[\?\(\s*@(?P<path>[^=!<>]*?)\s*==\s*(?P<value>'[^']*'|"[^"]*"|[^)\s]+)\s*\)\]""",
    re.VERBOSE,
)


@lru_cache(maxsize=1024)
def compile_path(text: str) -> Callable[[Any], list[Any]]:
    """A function from an object to every value at the path (none, where the way ends early).

    >>> compile_path('.status.conditions[?(@.type=="Ready")].status')({"status": {"conditions": [
    ...     {"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]}})
    ['True']

    Raises:
        SourceError: the path is none.
    """
    steps: list[Step] = []
    at, text = 0, text if text.startswith((".", "[")) else f".{text}"
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise SourceError(f"not a JSONPath: {text!r}", column=at + 1, text=text)
        steps.append(_step(match))
        at = match.end()

    def find(value: Any) -> list[Any]:
        found = [value]
        for step in steps:
            found = step(found)
        return found

    return find


def _step(match: re.Match[str]) -> Step:
    if match["field"] is not None:
        return _field(re.sub(r"\\(.)", r"\1", match["field"]))
    if match["key"] is not None:
        return _field(match["key"][1:-1])
    if match["index"] is not None:
        return _index(int(match["index"]))
    if match["all"] is not None:
        return lambda values: [one for value in values for one in _elements(value)]
    return _filter(match["path"], match["value"])


def _field(name: str) -> Step:
    return lambda values: [value[name] for value in values if isinstance(value, dict) and name in value]


def _index(index: int) -> Step:
    return lambda values: [
        value[index] for value in values if isinstance(value, list) and -len(value) <= index < len(value)
    ]  # fmt: skip


def _filter(path: str, literal: str) -> Step:
    inner = compile_path(path) if path else lambda value: [value]
    wanted = literal[1:-1] if literal[0] in "'\"" else json.loads(literal)
    return lambda values: [one for value in values for one in _elements(value) if wanted in inner(one)]


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
