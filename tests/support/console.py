"""Runs a document's ``console`` blocks as a reader would type them, and holds what is printed to what is shown.

<!-- file: NAME -->      the fenced block that follows is saved under that name
$ command                is run in the folder of the reading; the lines below it are what it prints, ``…`` is any text
$ command &              goes on in the background until the reading ends; its first lines are waited for
$ export NAME=value      holds for what follows
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 60  # the longest that one command may take
_FENCE = re.compile(r"(?:^<!-- file: (?P<file>\S+) -->\n+)?^```(?P<language>\w*)\n(?P<body>.*?)^```", re.M | re.S)
_ENGINE = Path(__file__).resolve().parents[2] / "engine"


@dataclass
class Reading:
    """One reader at work in a folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    background: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """ruleplane and kubectl are on the path, as installed."""
        tools = self.folder / ".bin"
        tools.mkdir()
        command = tools / "ruleplane"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ruleplane.cli "$@"\n')
        command.chmod(0o755)
        path = os.pathsep.join((str(tools), str(Path(sys.executable).parent), os.environ["PATH"]))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "KUBECONFIG"))}
        self.environment = {
            **kept,
            "PATH": path,
            "PYTHONPATH": str(_ENGINE),
            "HOME": str(self.folder),
            "COLUMNS": "160",
        }

    def read(self, text: str) -> list[str]:
        """Type everything; what differed from the document, as readable texts."""
        wrong = []
        for block in _FENCE.finditer(text):
            if block["file"]:
                (self.folder / block["file"]).write_text(block["body"])
            elif block["language"] == "console":
                for command, shown in steps(block["body"]):
                    printed = self.type(command)
                    if not matches(shown, printed):
                        wrong.append(f"$ {command}\n--- shown\n{shown}\n--- printed\n{printed}")
        return wrong

    def type(self, command: str) -> str:
        """Run one command; what it prints."""
        if command.startswith("export "):
            for assignment in shlex.split(command)[1:]:
                name, _, value = assignment.partition("=")
                self.environment[name] = value.replace("$PWD", str(self.folder))
            return ""
        if command.endswith("&"):
            return self._start(command[:-1])
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout

    def _start(self, command: str) -> str:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.background.append(process)
        assert process.stdout is not None
        return "".join(process.stdout.readline() for _ in range(2))

    def end(self) -> None:
        """Stop what runs in the background."""
        for process in self.background:
            process.terminate()
            process.communicate(timeout=SECONDS)


def steps(block: str) -> list[tuple[str, str]]:
    """Commands of a console block, with what is shown below each.

    >>> steps("$ echo a\\na\\n$ true\\n")
    [('echo a', 'a'), ('true', '')]
    """
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def matches(shown: str, printed: str) -> bool:
    """Whether a text is the one that is shown, in which ``…`` stands for anything; runs of blanks are equal.

    >>> matches("age … s", "age  12 s"), matches("a", "b"), matches("", "anything")
    (True, False, True)
    """
    if not shown.strip():
        return True
    parts = (r"\s+".join(map(re.escape, part.split())) for part in shown.split("…"))
    return re.fullmatch(r"\s*" + r".*?".join(r"\s*" + part + r"\s*" for part in parts), printed, re.S) is not None
