"""``ruleplane trace`` and ``ruleplane why``: against a stopped directory and against a running server alike."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(params=["stopped", "running"])
def source(request):
    option = "--data-dir" if request.param == "stopped" else "--kubeconfig"
    return option, request.getfixturevalue(request.param)


def test_firings_are_listed_oldest_first(ruleplane, source):
    told = ruleplane("trace", *source)
    assert told.code == 0
    heads = [line for line in told.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[1] for line in heads] == ["#1", "#2", "#3", "#4", "#5"]
    assert "    bind: posted binding of Pod default/web-x7k2p (spec.nodeName)  rev 3" in told.out.splitlines()


def test_firings_are_found_by_object_and_by_rule(ruleplane, source):
    assert ruleplane("trace", "rs/web", *source).out.count("#") == 3
    assert ruleplane("trace", "--rule", "default/bind", *source).out.count("#") == 1
    assert ruleplane("trace", "rs/web", "-n", "elsewhere", *source).out == ""


def test_as_json_each_record_is_a_line(ruleplane, source):
    lines = ruleplane("trace", "-o", "json", "--limit", "2", *source).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [4, 5]
    assert json.loads(lines[0])["effects"][0]["rule"] == "report"


def test_why_walks_back_to_the_request(ruleplane, source):
    told = ruleplane("why", "pod/web-x7k2p.spec.nodeName", *source)
    assert told.code == 0
    head, *tree = told.out.splitlines()
    assert head == "Pod default/web-x7k2p .spec.nodeName"
    assert [line.split("rev ")[1].split()[0] for line in tree] == ["3", "2", "1"]
    assert "kubectl-create (admin)" in tree[-1]


def test_why_as_json_is_one_document(ruleplane, source):
    told = ruleplane("why", "pod/web-x7k2p", "--field", "spec.nodeName", "-o", "json", *source)
    assert [step["revision"] for step in json.loads(told.out)["steps"]] == [3, 2, 1]


def test_why_of_what_nobody_wrote_says_so_and_ends_with_1(ruleplane, source):
    told = ruleplane("why", "pod/nobody", *source)
    assert told.code == 1
    assert "no write of v1/Pod/default/nobody is on record" in told.out


def test_a_misspelt_kind_is_told_as_kubectl_tells_it(ruleplane, source):
    told = ruleplane("why", "pode/web", *source)
    assert (told.code, told.err) == (1, "error: the server doesn't have a resource type 'pode'\n")


def test_following_goes_on_with_what_came_after(ruleplane, stopped, monkeypatch):
    answers = iter([{"items": [], "cursor": 5}, {"items": [{"id": 6, "text": ["news"]}], "cursor": 6}])
    waits = []

    def following(self, path, query):
        if "after" not in query:
            return {"items": [{"id": 5, "text": ["old"]}], "cursor": 5}
        try:
            return {**next(answers), "asked": query["after"]}
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("ruleplane.cli.sources.Stopped.get", following)
    monkeypatch.setattr("ruleplane.cli.trace.time.sleep", waits.append)
    told = ruleplane("trace", "--follow", "--data-dir", stopped)
    assert told.out == "old\nnews\n"
    assert len(waits) == 1
    assert told.code == 130


def test_the_kubeconfig_is_found_in_the_environment(ruleplane, running, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(running))
    assert ruleplane("why", "rs/web").code == 0


def test_where_nothing_runs_the_way_out_is_told(ruleplane, running, tmp_path):
    dead = tmp_path / "dead"
    dead.write_text(running.read_text().replace("https://127.0.0.1:", "https://127.0.0.1:1/#"))
    told = ruleplane("why", "rs/web", "--kubeconfig", dead)
    assert told.code == 1
    assert "Does the control plane run? A stopped one is asked with --data-dir DIR" in told.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file. Start a control plane (ruleplane up)"),
        ("apiVersion: [", "while parsing"),
        ("apiVersion: v1", "its current context is incomplete"),
        ("\x00", "reading the kubeconfig"),
    ],
)
def test_a_kubeconfig_that_cannot_be_read_is_told(ruleplane, tmp_path, content, message):
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    told = ruleplane("why", "rs/web", "--kubeconfig", path)
    assert told.code == 1
    assert message in told.err


def test_two_sources_at_once_are_refused(ruleplane, stopped, running):
    told = ruleplane("why", "rs/web", "--data-dir", stopped, "--kubeconfig", running)
    assert told.err == "error: --data-dir asks a stopped control plane, --kubeconfig a running one: give one of them\n"
