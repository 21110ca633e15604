"""The house keeps its floors: what may import what, how long a file is, and no Kubernetes noun in Python."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ruleplane.model.builtin import builtin_registry

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "engine" / "ruleplane"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "bench")

# Rooms where kinds may be named: shapes, the subresources of the API, and the steps of specs, one file per noun
NOUN_ROOMS = ("model/", "api/subresources", "specs/steps/")

# Kinds' names that are also words of every program, in lower case: they say nothing
PLAIN = {
    "binding", "bindings", "event", "events", "job", "jobs", "lease", "leases", "namespace", "namespaces", "node",
    "nodes", "role", "roles", "service", "services", "status",
}  # fmt: skip


def exceptions() -> list[dict[str, Any]]:
    """``[{why, files: {path: [noun]}}]`` from tests/nouns.yaml."""
    return yaml.safe_load((ROOT / "tests" / "nouns.yaml").read_text())


def allowed() -> dict[str, set[str]]:
    """file -> nouns that it may name."""
    found: dict[str, set[str]] = {}
    for exception in exceptions():
        for file, names in exception["files"].items():
            found.setdefault(file, set()).update(names)
    return found


def strings_and_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Every identifier and string of a module that is not a docstring."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found.append((node.lineno, node.value))
        elif isinstance(node, ast.Name):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in ("asyncio", "threading"):
                continue  # asyncio.Event is no kind
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((node.lineno, node.name))
    return found


def nouns() -> set[str]:
    """The names of all kinds: ``ReplicaSet``, ``replicaset``, ``replicasets``."""
    return {name for kind in builtin_registry() for name in (kind.kind, kind.plural, kind.singular)} - PLAIN


def named_kinds(path: Path) -> dict[str, list[int]]:
    """noun -> lines of a module that name it."""
    found: dict[str, list[int]] = {}
    wanted = nouns()
    for line, text in strings_and_names(ast.parse(path.read_text())):
        for word in re.findall(r"[A-Za-z]+", text):
            if word in wanted:
                found.setdefault(word, []).append(line)
    return found


def test_the_floors_of_the_house_hold():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_at_most_four_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def test_no_kind_is_named_in_python():
    may = allowed()
    wrong = [
        f"engine/ruleplane/{file}:{lines[0]}: {noun}"
        for path in SOURCES
        if not (file := str(path.relative_to(PACKAGE))).startswith(NOUN_ROOMS)
        for noun, lines in named_kinds(path).items()
        if noun not in may.get(file, ())
    ]
    where = "kinds belong into rules/ and schemas/ (exceptions, with reasons: tests/nouns.yaml)"
    assert not wrong, "\n".join((where, *wrong))


def test_no_exception_is_kept_for_a_noun_that_is_gone():
    stale = [
        f"{file}: {noun}"
        for file, names in allowed().items()
        for noun in sorted(names)
        if not (PACKAGE / file).is_file() or noun not in named_kinds(PACKAGE / file)
    ]
    assert not stale, f"tests/nouns.yaml excepts what is no longer there: {stale}"


def test_every_exception_has_a_reason():
    assert all(len(exception["why"].split()) > 3 for exception in exceptions())


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_sleeps(path):
    slept = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sleep"
        and not (
            node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        )  # gives others a turn
    ]
    assert not slept, f"{path.relative_to(ROOT)} sleeps in lines {slept}: wait for a condition, or turn a clock"


def test_every_package_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent
