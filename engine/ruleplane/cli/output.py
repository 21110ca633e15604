"""Terminal or pipe: colours for people, plain lines for programs."""

from __future__ import annotations

import inspect
import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REVISION = re.compile(r"\b(?:node )?rev \d+")
_RULE = re.compile(r"[\w-]+/[\w.-]+ · [\w-]+")


class Format(StrEnum):
    """How an answer is printed."""

    text = "text"
    json = "json"


def help_of(command: Callable[..., None]) -> str:
    """A command's docstring as help: its paragraphs flow, however wide the terminal is."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines; on a terminal revisions, rules and failures stand out."""
    colours = sys.stdout.isatty()
    for line in lines:
        typer.echo(coloured(line) if colours else line)


def coloured(line: str) -> str:
    """A line of a trace with colours.

    >>> coloured("x rev 7")
    'x \\x1b[33mrev 7\\x1b[0m'
    """
    if re.search(r": (refused|conflict|error)\b|^\s+error: |here the chain ends", line):
        return typer.style(line, fg="red")
    line = _REVISION.sub(lambda match: typer.style(match[0], fg="yellow"), line)
    return _RULE.sub(lambda match: typer.style(match[0], fg="cyan", bold=True), line)
