"""Real kubectl puts each worked example in force and takes it out again, and reads rule files as the loader does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ruleplane.lang.load import documents
from support.kubectl import Kubectl
from support.plane import running

ROOT = Path(__file__).parents[2]
RULES = [
    path
    for part in ("rules/**/*.yaml", "docs/examples/*/rules.yaml")
    for path in sorted(ROOT.glob(part))
    if "\napiVersion: ruleplane.dev/v1\n" in f"\n{path.read_text()}"
]
EXAMPLES = sorted(path.parent for path in ROOT.glob("docs/examples/*/rules.yaml"))


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", nodes=0) as plane:
        yield Kubectl("1.37", plane.kubeconfig, home)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_applied_at_once_and_goes_again(kubectl, folder):
    told = kubectl("apply", "-f", str(folder))
    try:
        assert told.count(" created") == len(told.splitlines())
        for name in kubectl("get", "rulesets", "-o", "name").split():
            kubectl("wait", "--for=condition=Loaded", name, "--timeout=20s")
        assert " configured" not in kubectl("apply", "-f", str(folder)), "applied again it changes nothing"
    finally:
        kubectl("delete", "-f", str(folder), "--timeout=20s")
    assert kubectl("get", "rulesets,libraries", "-o", "name") == ""


@pytest.mark.parametrize("file", RULES, ids=lambda path: path.stem)
def test_kubectl_reads_a_rule_file_as_the_loader_does(kubectl, file):
    ours = [source.data for source, _ in documents([file])]
    text = kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(file))
    theirs, at, decode = [], 0, json.JSONDecoder().raw_decode
    while at < len(text.strip()):
        one, at = decode(text, at + len(text[at:]) - len(text[at:].lstrip()))
        theirs += one["items"] if one["kind"] == "List" else [one]
    assert theirs == json.loads(json.dumps(ours))
