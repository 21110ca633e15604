"""``ruleplane run`` as a user runs it: processes of their own, against an API server over HTTPS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

import ruleplane as package
from support.apiserver import running_server
from support.runs import BUDGETS, Cluster

ENGINE = Path(package.__file__).parent.parent
SECONDS = 30


@pytest.fixture
def cluster(tmp_path):
    with running_server(tmp_path / "server", durable=False) as server:
        yield Cluster(server, tmp_path)


@pytest.fixture
def rules(tmp_path):
    file = tmp_path / "budgets.yaml"
    file.write_text(BUDGETS)
    return file


@contextmanager
def running(cluster, *command):
    """A process that is killed in the end; its standard error is read line by line."""
    kept = {name: value for name, value in os.environ.items() if name != "RULEPLANE_DATA"}
    environment = {
        **kept, "PYTHONPATH": str(ENGINE), "HOME": str(cluster.directory), "PYTHONUNBUFFERED": "1",
        "KUBECONFIG": str(cluster.server.kubeconfig), "COLUMNS": "200",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, *map(str, command)], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process, part):
    """Read on until a line with this in it."""
    seen = []
    for text in process.stderr:
        seen.append(text)
        if part in text:
            return text
    raise AssertionError(f"it ended without telling {part!r}: {seen}")


def test_a_run_once_makes_it_so_and_ends(ruleplane, cluster, rules):
    cluster.budget("food", 2)
    done = ruleplane("run", rules, "--kubeconfig", cluster.server.kubeconfig, "--once")
    assert done.code == 0, done.err
    assert len(cluster.parts("food")) == 2
    assert "budgets · report  patch v1/ConfigMap/default/food" in done.err
    assert done.out == ""


def test_a_dry_run_prints_one_write_a_line_for_programs(ruleplane, cluster, rules):
    cluster.budget("food", 1)
    done = ruleplane("run", rules, "--kubeconfig", cluster.server.kubeconfig, "--dry-run", "-o", "json")
    assert (done.code, done.err) == (0, "")
    create, patch = map(json.loads, done.out.splitlines())
    assert (create["verb"], create["kind"], create["rule"]) == ("create", "v1/ConfigMap", "keep-parts")
    assert create["body"]["data"] == {"budget": "food"}
    assert (patch["verb"], patch["name"], patch["ruleset"]) == ("patch", "food", "budgets")
    assert cluster.parts("food") == []


def test_where_no_cluster_is_found_the_error_says_where_it_was_looked_for(ruleplane, cluster, rules, tmp_path):
    done = ruleplane("run", rules, "--kubeconfig", tmp_path / "absent")
    assert done.code == 1
    assert done.err.strip().endswith(f"reading the kubeconfig {tmp_path / 'absent'}: no such file")
    done = ruleplane("run", rules, "--kubeconfig", cluster.server.kubeconfig, "--context", "moon")
    assert done.code == 1
    assert "moon" in done.err
    assert str(cluster.server.kubeconfig) in done.err


@pytest.mark.parametrize("other", ["--dry-run", "--retract"])
def test_what_ends_by_itself_goes_without_once(ruleplane, rules, other):
    done = ruleplane("run", rules, "--once", other)
    assert done.code == 1
    assert f"{other} ends by itself" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_as_asked_and_gives_the_lease_up(cluster, rules, number):
    with running(cluster, "-m", "ruleplane.cli", "run", rules) as process:
        line(process, "synced")
        process.send_signal(number)
        assert process.wait(SECONDS) == 0
    lease = cluster.objects("coordination.k8s.io/v1/Lease")["ruleplane-budgets"]
    assert not lease["spec"].get("holderIdentity")


# a run with a lease that ends soon: its terms are no option of the command
QUICK = """\
import asyncio, sys
from pathlib import Path
from ruleplane.client.election import Terms
from ruleplane.client.settings import Settings
from ruleplane.runner import Runner

async def main(rules, kubeconfig, identity):
    terms = Terms(duration=1, renew=0.6, retry=0.1)
    tell = lambda line, kind: print(line, file=sys.stderr, flush=True)
    runner = await Runner.start(Settings([Path(rules)], kubeconfig, terms=terms, identity=identity), tell)
    return await runner.run()

sys.exit(asyncio.run(main(*sys.argv[1:])))
"""


def test_one_that_is_killed_is_followed_by_one_that_stood_by(cluster, rules):
    given = ("-c", QUICK, rules, cluster.server.kubeconfig)
    with running(cluster, *given, "first") as first:
        line(first, "synced")
        with running(cluster, *given, "second") as second:
            line(second, "first leads")
            cluster.budget("food", 1)
            line(first, "create v1/ConfigMap")
            first.kill()
            line(second, "leading")
            line(second, "synced")
            cluster.budget("drink", 2)
            line(second, "patch v1/ConfigMap/default/drink")
            assert len(cluster.parts("drink")) == 2
            lease = cluster.objects("coordination.k8s.io/v1/Lease")["ruleplane-budgets"]
    assert lease["spec"]["holderIdentity"] == "second"
