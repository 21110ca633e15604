"""The command line as a whole: version, help, exit codes, errors in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ruleplane as package
from ruleplane.cli import app, rules

ENGINE = Path(package.__file__).parent.parent


def test_the_version_is_told_in_both_ways(ruleplane):
    told = ruleplane("--version")
    assert (told.code, told.out) == (0, ruleplane("version").out)
    assert told.out.startswith(f"ruleplane {package.__version__} (Python 3.")


def test_help_names_every_command(ruleplane):
    text = ruleplane("--help").out
    for command in ("demo", "up", "trace", "why", "spec", "rules", "version"):
        assert f" {command} " in text


@pytest.mark.parametrize("command", [command.name for command in app.registered_commands])
def test_every_command_explains_itself_with_examples(ruleplane, command):
    shown = ruleplane(command, "--help")
    assert shown.code == 0
    assert f"ruleplane {command}" in " ".join(shown.out.partition("Examples: ")[2].split())


def test_help_flows_however_wide_the_terminal_is(ruleplane, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    told = ruleplane("run", "--help").out
    assert "the lease was lost, (--once, --dry-run) something failed, or (--retract) something is not undone." in told


def test_a_command_line_that_cannot_be_understood_ends_with_2(ruleplane):
    assert ruleplane("whi", "pod/web").code == 2
    assert ruleplane("trace", "--limit", "0").code == 2


def test_an_error_is_one_line_on_standard_error(ruleplane, tmp_path):
    failed = ruleplane("why", "pod/web", "--data-dir", tmp_path)
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("error: opening the trace of")
    assert failed.err.count("\n") == 1


def test_a_command_does_not_import_what_it_does_not_need():
    heavy = (
        "aiohttp",
        "asyncio",
        "pydantic",
        "cryptography",
        "uvloop",
        "durable_rules_engine",
        "jsonschema_rs",
        "yaml",
    )
    code = f"import sys; import ruleplane.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ENGINE)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [command.name for command in rules.app.registered_commands])
def test_the_help_of_every_command_about_rules_shows_it_in_use(ruleplane, command):
    told = ruleplane("rules", command, "--help")
    assert told.code == 0
    assert f"ruleplane rules {command}" in " ".join(told.out.partition("Example")[2].split())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rules sh", ["show"]),
        ("rules show repl", ["replicaset"]),
        ("rules graph --ruleset repl", ["replicaset"]),
        ("trace --ruleset repl", ["replicaset"]),
        ("rules explain RP019", ["RP019"]),
        ("rules functions firstFreeS", ["firstFreeSubnet"]),
        ("rules new x --kind deploym", ["deployments"]),
        ("rules graph --kind apps/v1/D", ["apps/v1/DaemonSet", "apps/v1/Deployment"]),
        ("rules check ", []),  # paths are the shell's own
    ],
)
def test_the_shell_completes_commands_and_names(monkeypatch, capsys, line, words):
    asked = f"ruleplane {line}"
    monkeypatch.setenv("_RULEPLANE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", asked)
    monkeypatch.setenv("COMP_CWORD", str(len(asked.split(" ")) - 1))
    with pytest.raises(SystemExit):
        app([], prog_name="ruleplane")
    assert capsys.readouterr().out.split() == words
