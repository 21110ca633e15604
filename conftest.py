"""For every test of the house: nothing is skipped in silence, and the examples in the documents run.

Documents: a ``python`` block is executed; every document of a ``yaml`` block must parse, and one that is a rule file
must load; in an ``sh`` block the ``make`` targets and ``ruleplane`` commands must exist. ``text`` blocks are pictures.
"""

from __future__ import annotations

import os
import re
import shlex
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Example

ROOT = Path(__file__).parent
# Where the checkout is not installed, its pytest plugin is loaded from here (pytest refuses one that it gets twice).
if not any(entry.value == "ruleplane.specs.plugin" for entry in entry_points(group="pytest11")):
    pytest_plugins = ["ruleplane.specs.plugin"]
# On CI a test is skipped only for what pip and apt-get cannot provide; the reason must begin with one of these.
ALLOWED_SKIPS = (
    "published samples are absent",  # ../shared: large data sets that are not part of the repository
    "no cases of cel-spec in",
    "needs root",
    "needs node",  # yaml-language-server is an npm package
    "needs a kernel with",
)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """On CI a skip without an allowed reason is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        if not reason.startswith(ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: skipped on CI for a reason that conftest.py does not allow: {reason!r}"


def _yaml(example: Example) -> None:
    for document in yaml.safe_load_all(example.parsed):
        assert document is not None, "an empty YAML document"
        if isinstance(document, dict) and str(document.get("apiVersion", "")).startswith("ruleplane.dev/"):
            _load_rules(example)


def _load_rules(example: Example) -> None:
    from ruleplane.lang.source import parse, shape  # only where a document shows a rule

    for source in parse(str(example.parsed), file=Path(example.path).name):
        shape(source)


def _shell(example: Example) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = _commands()
    for line in example.parsed.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words[:1] == ["make"]:
            unknown = {word for word in words[1:] if "=" not in word} - targets
            assert not unknown, f"no such make target: {sorted(unknown)}"
        if words[:1] == ["ruleplane"]:
            named = [word for word in words[1:] if not word.startswith("-")][:1]
            assert set(named) <= commands, f"no such command: ruleplane {named}"


def _commands() -> set[str]:
    from ruleplane.cli import app

    return {command.name or command.callback.__name__ for command in app.registered_commands} | {
        group.name for group in app.registered_groups
    }


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("yaml", _yaml), CodeBlockParser("sh", _shell)],
    patterns=["*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"],
).pytest()
