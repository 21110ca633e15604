"""``demo`` and ``up`` as a user runs them: a process of their own, a real control plane, HTTPS."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

import ruleplane as package

ENGINE = Path(package.__file__).parent.parent
SECONDS = 60


def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "RULEPLANE_DATA")}
    return {**kept, "PYTHONPATH": str(ENGINE), "HOME": str(tmp_path), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


def ruleplane(tmp_path, *arguments):
    command = [sys.executable, "-m", "ruleplane.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=SECONDS
    )


@contextmanager
def up(tmp_path, data, *arguments):
    """A control plane in the foreground of its own process; yields the process and its kubeconfig."""
    command = [sys.executable, "-m", "ruleplane.cli", "up", "--data-dir", str(data), "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert lines[1].startswith("export KUBECONFIG="), lines
        yield process, Path(lines[1].partition("=")[2].strip())
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The demonstration, run once: what it printed, and its data directory."""
    home = tmp_path_factory.mktemp("demo")
    done = ruleplane(home, "demo", "--data-dir", "data")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, home


def test_the_demonstration_converges_twice(shown):
    text, _ = shown
    assert text.count("3 Pods are Running and Ready.") == 2


def test_the_demonstration_numbers_the_steps_from_the_request_to_the_status(shown):
    text, _ = shown
    steps = dict(re.findall(r"^ +(\d)\. (?:rev \d+|node rev \d+)? *(?:\+[\d.]+ [µm]?s)? *(.*)$", text, re.MULTILINE))
    expected = {
        "1": r"ruleplane-demo \(newcomer\) created ReplicaSet default/web",
        "2": r"the watch event of rev \d+ wakes the rule set controller-manager/replicaset",
        "3": r"rule keep-replicas created Pod default/web-\w+",
        "4": r"the watch event of rev \d+ wakes the rule set scheduler/default-scheduler",
        "5": r"rule bind posted binding of Pod default/web-\w+ \(spec\.nodeName.*\)",
        "6": r"the watch event of rev \d+ wakes the rule set kubelet/kubelet",
        "7": r"rule sandbox created Sandbox .*",
        "8": r"controller-manager/replicaset: rule report set .*status\.readyReplicas.* of ReplicaSet default/web",
    }
    for number, pattern in expected.items():
        assert re.fullmatch(pattern, steps[number]), f"{number}. {steps[number]}"


def test_the_demonstration_tells_why_the_replacement_exists(shown):
    text, _ = shown
    replacement = re.search(r"Why is there a Pod (web-\w+)\?", text)[1]
    told = text.partition("Why is there")[2]
    assert re.search(rf"keep-replicas +created Pod default/{replacement}", told)
    assert re.search(r"ruleplane-demo \(newcomer\) +deleted Pod default/web-\w+", told)


def test_a_demonstration_leaves_a_past_that_can_be_asked(shown):
    text, home = shown
    replacement = re.search(r"Why is there a Pod (web-\w+)\?", text)[1]
    told = ruleplane(home, "why", f"pod/{replacement}.spec.nodeName", "--data-dir", "data")
    assert told.returncode == 0, told.stderr
    assert re.match(rf"Pod default/{replacement} \.spec\.nodeName = node-\d\n", told.stdout)
    sandbox = re.search(r"created Sandbox ([\w-]+)", text)[1]
    assert f"created Sandbox {sandbox}" in ruleplane(home, "trace", f"sandbox/{sandbox}", "--data-dir", "data").stdout


def test_the_demonstration_does_not_touch_a_directory_that_holds_something(shown):
    _, home = shown
    again = ruleplane(home, "demo", "--data-dir", "data")
    assert again.returncode == 1
    assert again.stderr == "error: the demonstration wants an empty directory: data is not\n"


def test_a_running_control_plane_is_asked_over_https_and_goes_on_after_a_restart(tmp_path):
    data = tmp_path / "data"
    with up(tmp_path, data, "--nodes", "1") as (_, kubeconfig):
        assert kubeconfig == data / "kubeconfig"
        told = ruleplane(tmp_path, "why", "node/node-1.spec.podCIDR", "--kubeconfig", kubeconfig)
        assert told.returncode == 0, told.stderr
        assert told.stdout.startswith("Node node-1 .spec.podCIDR = 10.244.0.0/24\n")
        assert "controller-manager/node-ipam · assign" in told.stdout
        last = json.loads(
            ruleplane(tmp_path, "trace", "-o", "json", "--kubeconfig", kubeconfig).stdout.splitlines()[-1]
        )
    with up(tmp_path, data, "--nodes", "1") as (_, kubeconfig):
        first = ruleplane(tmp_path, "why", "node/node-1.spec.podCIDR", "--kubeconfig", kubeconfig)
        assert first.stdout == told.stdout
        latest = ruleplane(tmp_path, "trace", "-o", "json", "--limit", "1", "--kubeconfig", kubeconfig).stdout
        assert json.loads(latest)["id"] >= last["id"]


def test_a_data_directory_in_use_is_refused_in_one_line(tmp_path):
    with up(tmp_path, tmp_path / "data", "--nodes", "0"):
        second = ruleplane(tmp_path, "up", "--data-dir", tmp_path / "data", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.startswith("error: ")
    assert second.stderr.count("\n") == 1
    assert str(tmp_path / "data") in second.stderr


def test_a_port_in_use_is_refused_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = ruleplane(tmp_path, "up", "--data-dir", tmp_path / "data", "--port", port)
    assert refused.returncode == 1
    assert str(port) in refused.stderr
    assert refused.stderr.count("\n") == 1
