"""The trace as JSON."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from ruleplane.clock import rfc3339_micro
from ruleplane.errors import BadRequest, NotFound
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.data import data_dir
from ruleplane.model.schema import Schemas
from ruleplane.model.trace import EffectRecord, json_schema
from ruleplane.trace.log import MemoryLog
from ruleplane.trace.service import ROOT, TraceService
from support.history import RS, START, a_pod_is_born, firing, watch


@pytest.fixture
def service():
    log = MemoryLog()
    refused = EffectRecord("keep-replicas", "create", RS, outcome="refused", message="no")
    log.append([*a_pod_is_born(), firing(6, "controller-manager/replicaset", RS, watch(RS, 5), refused)])
    present = {("pods", "default", "web-x7k2p"): {"spec": {"nodeName": "node-2"}}}
    return TraceService(
        lambda: log, builtin_registry(), Schemas.builtin(),
        lambda kind, namespace, name: present.get((kind.plural, namespace, name)),
    )  # fmt: skip


def ids(answer):
    return [item["id"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"object": "pod/web-x7k2p"}, [2, 3, 4]),
        ({"object": "po/web-x7k2p", "namespace": "other"}, []),
        ({"object": "rs/web", "limit": "2"}, [5, 6]),
        ({"object": "replicasets.apps/web", "requests": "false"}, [2, 5, 6]),
        ({"rule": "bind"}, [3]),
        ({"rule": "replicaset/report"}, [5]),
        ({"ruleset": "replicaset"}, [2, 5, 6]),
        ({"errors": "true"}, [6]),
        ({"since": rfc3339_micro(START + 4_000_000)}, [4, 5, 6]),
        ({"after": "4"}, [5, 6]),
        ({"after": "1", "limit": "2", "rule": "bind"}, [3]),
    ],
)
def test_records_are_found_by_what_is_asked(service, query, expected):
    assert ids(service.handle(f"{ROOT}/firings", query)) == expected


def test_the_cursor_goes_on_where_the_answer_ended(service):
    answer = service.handle("firings", {"after": "1", "limit": "2", "rule": "nobody"})
    assert (ids(answer), answer["cursor"]) == ([], 3)
    assert service.handle("firings", {"after": "6"})["cursor"] == 6


def test_why_tells_the_chain_and_the_present_value(service):
    answer = service.handle(f"{ROOT}/why", {"object": "pod/web-x7k2p.spec.nodeName"})
    assert [step["revision"] for step in answer["steps"]] == [3, 2, 1]
    assert (answer["value"], answer["found"]) == ("node-2", True)
    assert answer["text"][0] == "Pod default/web-x7k2p .spec.nodeName = node-2"
    assert service.handle("why", {"object": "pod/web-x7k2p", "field": ".spec.nodeName"}) == answer


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("firings", {"objekt": "pod/x"}, "unknown query parameter 'objekt'"),
        ("firings", {"limit": "many"}, "limit: 'many' is not a number"),
        ("firings", {"since": "yesterday"}, "since: 'yesterday' is not an RFC 3339 time"),
        ("why", {"object": "web"}, "'web' does not name an object: <kind>/<name> .* expected"),
        ("why", {"object": "pode/web"}, "the server doesn't have a resource type 'pode'"),
        ("why", {"object": "pod/web", "field": "spec[a"}, "field path 'spec\\[a' cannot be read at character 5"),
    ],
)
def test_a_question_that_cannot_be_understood_is_refused_with_the_reason(service, path, query, message):
    with pytest.raises(BadRequest, match=message):
        service.handle(path, query)


def test_there_is_nothing_else_to_ask(service):
    with pytest.raises(NotFound, match="firings, why"):
        service.handle(f"{ROOT}/replay", {})
    assert [resource["name"] for resource in service.handle(ROOT, {})["resources"]] == ["firings", "why"]


def test_the_published_schema_is_current_and_every_record_fits_it(service):
    published = json.loads((data_dir("schemas") / "trace.schema.json").read_text())
    assert published == json_schema(), "run: make schemas"
    validator = jsonschema_rs.validator_for(published)
    for item in service.handle("firings", {})["items"]:
        del item["text"]
        validator.validate(json.loads(json.dumps(item)))
