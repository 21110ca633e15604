"""Requests for objects: what the edge makes of bodies, parameters and headers, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": "1"}}


def managers(obj):
    return [entry["manager"] for entry in obj["metadata"]["managedFields"]]


def test_an_object_is_served_as_the_bytes_that_are_stored(client, maps, server):
    made = client.ask("POST", maps, MAP)
    assert (made.status, made.headers["Content-Type"]) == (201, "application/json")
    assert client.get(f"{maps}/m").raw == made.raw
    page = client.get(maps).json
    assert (page["kind"], page["apiVersion"]) == ("ConfigMapList", "v1")
    assert page["items"] == [made.json]
    assert int(page["metadata"]["resourceVersion"]) >= int(made.json["metadata"]["resourceVersion"])


def test_the_field_manager_is_the_program_unless_it_says_otherwise(client, maps):
    made = client.ask("POST", maps, MAP, User_Agent="robot/1.2 (linux)").json
    assert managers(made) == ["robot"]
    told = client.ask("PUT", f"{maps}/m?fieldManager=hand", {**MAP, "data": {"k": "2"}}, User_Agent="robot/1.2").json
    assert "hand" in managers(told)


def test_yaml_bodies_and_yaml_answers(client, maps):
    made = client.ask("POST", maps, yaml.safe_dump(MAP).encode(), Content_Type="application/yaml")
    assert made.status == 201
    read = client.get(f"{maps}/m", Accept="application/yaml")
    assert read.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(read.raw)["data"] == {"k": "1"}


def test_a_person_may_ask_for_pretty_json(client, maps):
    client.ask("POST", maps, MAP)
    assert b'\n  "kind": "ConfigMap"' in client.get(f"{maps}/m?pretty=true").raw


def test_metadata_alone_of_one_of_many(client, maps):
    made = client.ask("POST", maps, MAP).json
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
    alone = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]}
    assert client.get(f"{maps}/m", Accept=accept).json == alone
    many = client.get(maps, Accept=accept.replace("Metadata;", "MetadataList;")).json
    assert (many["kind"], many["items"]) == ("PartialObjectMetadataList", [alone])


def test_tables_hold_what_was_asked_to_be_included(client, maps):
    client.ask("POST", maps, MAP)
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    table = client.get(maps, Accept=accept).json
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["m", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert client.get(f"{maps}?includeObject=Object", Accept=accept).json["rows"][0]["object"]["data"] == {"k": "1"}
    assert client.get(f"{maps}?includeObject=Nothing", Accept=accept).status == 400


def test_unknown_fields_are_told_in_a_warning_header(client, maps):
    made = client.ask("POST", maps, {**MAP, "dta": {}, "oh": 1})
    assert made.status == 201
    assert made.headers.get_all("Warning") == ['299 - "unknown field \\"dta\\""', '299 - "unknown field \\"oh\\""']


def test_a_key_sent_twice_is_refused_when_strict_and_told_otherwise(client, maps):
    body = b'{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"m"},"data":{"k":"1","k":"2"}}'
    strict = client.ask("POST", f"{maps}?fieldValidation=Strict", body, Content_Type="application/json")
    assert (strict.status, strict.json["message"]) == (400, 'strict decoding error: duplicate field "k"')
    told = client.ask("POST", maps, body, Content_Type="application/json")
    assert (told.status, told.headers["Warning"]) == (201, '299 - "duplicate field \\"k\\""')
    assert told.json["data"] == {"k": "2"}


def test_a_dry_run_stores_nothing(client, maps):
    assert client.ask("POST", f"{maps}?dryRun=All", MAP).status == 201
    assert client.get(f"{maps}/m").status == 404
    assert client.ask("POST", f"{maps}?dryRun=Some", MAP).status == 422


def test_apply_creates_then_changes_and_needs_a_name_for_who_applies(client, maps):
    path, kind = f"{maps}/m?fieldManager=me", "application/apply-patch+yaml"
    body = yaml.safe_dump(MAP).encode()
    assert [client.ask("PATCH", path, body, Content_Type=kind).status for _ in range(2)] == [201, 200]
    anonymous = client.ask("PATCH", f"{maps}/m", body, Content_Type=kind)
    assert anonymous.status in (400, 422)
    assert "fieldManager" in anonymous.json["message"]


def test_delete_takes_options_from_the_body_or_the_query(client, maps):
    uid = client.ask("POST", maps, MAP).json["metadata"]["uid"]
    wrong = client.ask("DELETE", f"{maps}/m", {"kind": "DeleteOptions", "preconditions": {"uid": "x"}})
    assert (wrong.status, wrong.json["reason"]) == (409, "Conflict")
    kept = client.ask("DELETE", f"{maps}/m?propagationPolicy=Foreground").json
    assert kept["metadata"]["finalizers"] == ["foregroundDeletion"]
    client.ask("PUT", f"{maps}/m", {**kept, "metadata": {**kept["metadata"], "finalizers": []}})
    assert client.get(f"{maps}/m").status == 404
    client.ask("POST", maps, MAP)
    gone = client.ask("DELETE", f"{maps}/m").json
    assert (gone["kind"], gone["status"], gone["details"]["name"]) == ("Status", "Success", "m")
    assert gone["details"]["uid"] != uid


def test_deleting_many_answers_with_what_was_deleted(client, maps):
    for name in ("a", "b"):
        client.ask("POST", maps, {**MAP, "metadata": {"name": name, "labels": {"n": name}}})
    assert [item["metadata"]["name"] for item in client.ask("DELETE", f"{maps}?labelSelector=n%3Da").json["items"]] == [
        "a"
    ]
    assert [item["metadata"]["name"] for item in client.get(maps).json["items"]] == ["b"]


@pytest.mark.parametrize(
    ("method", "suffix", "body", "headers", "status"),
    [
        ("POST", "", b"{", {}, 400),
        ("POST", "", b"[]", {}, 400),
        ("POST", "", b"", {}, 400),
        ("POST", "", b'{"data":{"k":"\xff"}}', {}, 400),
        ("POST", "", b"a: [", {"Content_Type": "application/yaml"}, 400),
        ("POST", "", b"a=b", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("PATCH", "/m", b"{}", {"Content_Type": "application/json"}, 415),
        ("POST", "", {**MAP, "kind": "Secret"}, {}, 400),
        ("POST", "", {**MAP, "metadata": {"name": "m", "namespace": "other"}}, {}, 400),
        ("POST", "", {**MAP, "metadata": {"name": "Not_A_Name"}}, {}, 422),
        ("POST", "/m", MAP, {}, 405),
        ("PUT", "", MAP, {}, 405),
        ("OPTIONS", "", None, {}, 405),
        ("GET", "?limit=x", None, {}, 400),
        ("GET", "?labelSelector=%3D%3D", None, {}, 400),
        ("GET", "?fieldSelector=data.k%3D1", None, {}, 400),
        ("GET", "?labelSelector=%FF", None, {}, 400),
        ("GET", "?resourceVersion=99999999", None, {}, 504),
        ("GET", "?continue=nonsense", None, {}, 400),
        ("GET", "", None, {"Accept": "text/html"}, 406),
        ("GET", "/nosuch", None, {}, 404),
        ("GET", "/m/nosuch", None, {}, 404),
        ("POST", "?fieldValidation=Sometimes", MAP, {}, 422),
        ("POST", f"?fieldManager={'x' * 129}", MAP, {}, 422),
    ],
)
def test_what_cannot_be_is_refused_with_a_status(client, maps, method, suffix, body, headers, status):
    answer = client.ask(method, maps + suffix, body, **headers)
    assert (answer.status, answer.json["kind"], answer.json["code"]) == (status, "Status", status), answer.raw


@pytest.mark.parametrize(
    "path", ["/api/v1/nosuch", "/apis/nosuch/v1/things", "/nosuch", "/apis/apps/v9", "/api/v1/pods/x"]
)
def test_unknown_paths_are_not_found(client, path):
    assert client.get(path).json["message"] == "the server could not find the requested resource"


def test_bodies_over_three_mebibytes_are_refused_whether_announced_or_not(client, maps):
    large = b'{"data":{"k":"' + b"x" * (3 * 1024 * 1024) + b'"}}'
    announced = client.ask("POST", maps, large, Content_Type="application/json")
    assert (announced.status, announced.json["message"]) == (413, "Request entity too large: limit is 3145728")
    client.close()
    pieces = iter([large[: 1 << 20], large[1 << 20 : 2 << 20], large[2 << 20 :]])
    client.connection.request(
        "POST", maps, body=pieces, headers={"Content-Type": "application/json"}, encode_chunked=True
    )
    assert client.connection.getresponse().status == 413


WIRE = Path(os.environ.get("KUBERNETES_WIRE_DIR", Path(__file__).parents[3] / "shared" / "kubernetes-wire"))


@pytest.mark.skipif(not WIRE.exists(), reason="published samples are absent (set KUBERNETES_WIRE_DIR)")
def test_a_protobuf_body_is_an_object_like_any_other(client, maps):
    body = (WIRE / "samples" / "core.v1.ConfigMap.pb").read_bytes()
    answer = client.ask("POST", maps, body, Content_Type="application/vnd.kubernetes.protobuf")
    # the sample's names are no valid ones: it was understood, and refused for what it says
    assert "namespaceValue" in answer.json["message"] or "does not match the namespace" in answer.json["message"]


def test_eviction_and_binding_answer_with_a_success(client, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    client.ask("POST", pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    bound = client.ask(
        "POST", f"{pods}/p/binding", {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
    )
    assert (bound.status, bound.json["status"]) == (201, "Success")
    assert client.get(f"{pods}/p").json["spec"]["nodeName"] == "n"
    evicted = client.ask("POST", f"{pods}/p/eviction", {"apiVersion": "policy/v1", "kind": "Eviction"})
    assert (evicted.status, evicted.json["status"]) == (201, "Success")
    assert "deletionTimestamp" in client.get(f"{pods}/p").json["metadata"]


def test_streams_into_containers_say_that_they_are_not_served(client, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    client.ask("POST", pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    answer = client.get(f"{pods}/p/log")
    assert (answer.status, answer.json["message"]) == (405, "pods/log is not served by this control plane")
