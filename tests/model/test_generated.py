"""The files in schemas/ are what their generator makes of its inputs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_generated_files_are_current():
    command = [sys.executable, ROOT / "tools" / "schemas" / "generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run `make schemas`"


def test_no_reference_is_left_without_its_definition():
    text = (ROOT / "schemas" / "kubernetes-1.37.json").read_bytes()
    definitions = orjson.loads(text)["definitions"]
    assert {ref.decode() for ref in re.findall(rb'"\$ref":"([^"]+)"', text)} <= definitions.keys()


def test_every_protobuf_field_refers_to_a_message_that_is_there():
    messages = orjson.loads((ROOT / "schemas" / "protobuf-1.37.json").read_bytes())["messages"]
    referred = {
        name
        for fields in messages.values()
        for _, type_ in fields.values()
        for name in re.findall(r"k8s\.io\.[\w.\-]+", type_)
    }
    assert referred <= messages.keys()
    assert messages["k8s.io.api.core.v1.Pod"]["metadata"][0] == 1
