"""Kubeconfig files as kubectl reads them: plugins, token files, several files, and what is told where one is wrong."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
import yaml

from ruleplane.client.credentials import Credentials
from ruleplane.clock import VirtualClock
from ruleplane.errors import RuleplaneError

EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}


@pytest.fixture
def kubeconfig(tmp_path):
    def write(user, name="config", server="https://one", context="c"):
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": server, "cluster": {"server": server}}],
            "users": [{"name": server, "user": user}],
            "contexts": [{"name": context, "context": {"cluster": server, "user": server, "namespace": "shop"}}],
            "current-context": context,
        }
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(config))
        return path

    return write


@pytest.fixture
def plugin(tmp_path):
    """A program that gives a token: its argument, a variable, and how often it was called."""

    def write(status):
        (tmp_path / "bin").mkdir()
        path = tmp_path / "bin" / "give-token"
        answer = {"apiVersion": EXEC["apiVersion"], "kind": "ExecCredential", "status": status}
        path.write_text(
            f"#!/bin/sh\necho >> {tmp_path}/calls\ncalls=$(wc -l < {tmp_path}/calls)\n"
            f"sed \"s/ARG/$1/; s/VAR/$PLACE/; s/CALLS/$calls/\" <<'E'\n{json.dumps(answer)}\nE\n"
        )
        path.chmod(0o755)
        return path

    return write


def headers(path, context="", clock=None, later=()):
    clock = clock or VirtualClock()

    async def ask():
        made = await Credentials.load(str(path), context, clock)
        found = [await made.headers()]
        for seconds in later:
            clock.advance(seconds * 1_000_000_000)
            found.append(await made.headers())
        return made, [one.get("Authorization") for one in found]

    return asyncio.run(ask())


def test_a_plugin_gives_the_token_and_is_asked_again_when_it_may_have_run_out(kubeconfig, plugin):
    command = plugin({"token": "ARG-VAR-CALLS", "expirationTimestamp": "2020-01-01T00:00:00Z"})
    user = {"exec": {**EXEC, "command": str(command), "args": ["a"], "env": [{"name": "PLACE", "value": "b"}]}}
    made, tokens = headers(kubeconfig(user), later=(1, 60))
    assert tokens == ["Bearer a-b-1", "Bearer a-b-1", "Bearer a-b-2"]
    assert (made.server, made.namespace) == ("https://one", "shop")


def test_a_plugin_with_a_path_is_meant_from_its_file(kubeconfig, plugin, tmp_path, monkeypatch):
    plugin({"token": "here"})
    monkeypatch.chdir(os.sep)
    path = kubeconfig({"exec": {**EXEC, "command": "../bin/give-token"}}, "conf/config")
    assert headers(path)[1] == ["Bearer here"]


def test_a_plugin_that_is_not_there_is_told_once_with_how_to_get_it(kubeconfig, caplog):
    path = kubeconfig({"exec": {**EXEC, "command": "nonesuch", "installHint": "Get it from example.com."}})
    with pytest.raises(
        RuleplaneError, match=r"come from the program nonesuch, which is not there\nGet it from example\.com\.$"
    ):
        headers(path)
    assert caplog.records == []


def test_a_plugin_that_fails_or_gives_nothing_is_told(kubeconfig, plugin):
    with pytest.raises(RuleplaneError, match="exec: process returned 1"):
        headers(kubeconfig({"exec": {**EXEC, "command": "false"}}))
    command = plugin({})
    with pytest.raises(RuleplaneError, match="exec: missing token"):
        headers(kubeconfig({"exec": {**EXEC, "command": str(command)}}))


def test_a_token_file_is_read_beside_its_kubeconfig(kubeconfig, tmp_path, monkeypatch):
    monkeypatch.chdir(os.sep)
    (tmp_path / "token").write_text("secret")
    assert headers(kubeconfig({"tokenFile": "token"}))[1] == ["Bearer secret"]


def test_of_several_files_the_first_current_context_counts(kubeconfig):
    first = kubeconfig({"token": "one"}, "first")
    second = kubeconfig({"token": "two"}, "second", "https://two", "d")
    both = f"{first}{os.pathsep}/nowhere{os.pathsep}{second}"
    assert headers(both)[0].server == "https://one"
    assert headers(both, "d")[0].server == "https://two"


def test_a_context_that_is_not_there_is_told_with_those_that_are(kubeconfig):
    with pytest.raises(RuleplaneError, match=r"no context 'prod' \(there are: c\)"):
        headers(kubeconfig({"token": "x"}), "prod")
