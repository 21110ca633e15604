"""Protobuf bodies: every published sample of a kind that we know decodes to its own JSON."""

import json
import os
from pathlib import Path

import pytest

from ruleplane.errors import BadRequest
from ruleplane.server import protobuf

WIRE = Path(os.environ.get("KUBERNETES_WIRE_DIR", Path(__file__).parents[3] / "shared" / "kubernetes-wire"))
SAMPLES = sorted((WIRE / "samples").glob("*.pb"))


def known(sample):
    obj = json.loads(sample.with_suffix(".json").read_bytes())
    return protobuf.is_known(obj.get("apiVersion", ""), obj.get("kind", ""))


@pytest.mark.skipif(not SAMPLES, reason="published samples are absent (set KUBERNETES_WIRE_DIR)")
def test_every_published_sample_of_a_known_kind_decodes_to_its_json():
    samples = [sample for sample in SAMPLES if known(sample)]
    assert len(samples) > 70
    for sample in samples:
        assert protobuf.decode(sample.read_bytes()) == json.loads(sample.with_suffix(".json").read_bytes()), sample.name


def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload


def envelope(kind, raw, api_version="v1"):
    type_meta = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\x00" + field(1, type_meta) + field(2, raw)


def test_unset_fields_of_go_structs_are_left_out_and_meant_zeros_kept():
    meta = field(1, b"a") + field(2, b"") + bytes([7 << 3, 0])  # name, generateName, generation
    deployment = field(1, meta) + field(2, bytes([1 << 3, 0, 5 << 3, 0]))  # spec: replicas, minReadySeconds
    assert protobuf.decode(envelope("Deployment", deployment, "apps/v1")) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"replicas": 0},
    }


def test_a_body_without_a_type_takes_that_of_its_resource():
    raw = b"k8s\x00" + field(2, field(1, field(1, b"a")))
    assert protobuf.decode(raw, "", "v1", "ConfigMap")["metadata"] == {"name": "a"}


def test_unknown_fields_are_skipped():
    raw = field(1, field(1, b"a")) + bytes([15 << 3, 7])
    assert protobuf.decode(envelope("ConfigMap", raw))["metadata"] == {"name": "a"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\x00\x0a\xff",
        b"k8s\x00\x0a\x7f\x01",
        envelope("Nothing", b""),
        envelope("ConfigMap", b"\x0a\x05ab"),
        envelope("ConfigMap", b"\x0b\x01"),
        envelope("ConfigMap", field(1, field(1, b"\xff"))),
        envelope("ConfigMap", b"\x08" + b"\xff" * 11),
        envelope("ConfigMap", b"\x08\x01"),
    ],
)
def test_damaged_bodies_are_bad_requests(body):
    with pytest.raises(BadRequest, match="unable to decode protobuf body"):
        protobuf.decode(body)


def test_go_durations_are_written_as_go_does():
    written = [
        protobuf.go_duration(n) for n in (0, 1, 1_500, 250_000_000, 90_000_000_000, 5_400_000_000_000, -1_000_000_000)
    ]
    assert written == ["0s", "1ns", "1.5µs", "250ms", "1m30s", "1h30m0s", "-1s"]
