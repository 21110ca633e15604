"""Reading: pages of one revision, selectors, tokens that expire, versions that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.errors import BadRequest, Expired, Invalid, NotFound, Timeout
from support.api import Server, config_map, pod


def filled(count: int = 5) -> Server:
    server = Server()
    for number in range(count):
        server.create("v1/ConfigMap", config_map(f"m{number}", metadata={"labels": {"odd": str(number % 2)}}))
    return server


def test_an_object_is_read_by_name() -> None:
    server = filled(1)
    assert server.get("v1/ConfigMap", "m0")["metadata"]["name"] == "m0"
    with pytest.raises(NotFound) as caught:
        server.get("v1/ConfigMap", "x")
    assert caught.value.message == 'configmaps "x" not found'
    assert caught.value.status()["details"] == {"name": "x", "kind": "configmaps"}


def test_a_list_is_of_one_namespace_or_of_all() -> None:
    server = filled(2)
    server.create("v1/Namespace", {"metadata": {"name": "other"}})
    server.create("v1/ConfigMap", config_map("x"), namespace="other")
    assert server.names("v1/ConfigMap", "default") == ["m0", "m1"]
    assert server.names("v1/ConfigMap") == ["m0", "m1", "x"]
    assert server.names("v1/ConfigMap", field_selector="metadata.namespace=other") == ["x"]


def test_pages_are_of_the_revision_of_the_first() -> None:
    server = filled()
    first = server.list("v1/ConfigMap", limit=2)
    assert first.metadata() == {"resourceVersion": "6", "continue": first.continue_token, "remainingItemCount": 3}
    server.delete("v1/ConfigMap", "m3")
    server.create("v1/ConfigMap", config_map("m9"))
    second = server.list("v1/ConfigMap", limit=2, continue_token=first.continue_token)
    third = server.list("v1/ConfigMap", limit=2, continue_token=second.continue_token)
    names = [entry.value["metadata"]["name"] for page in (first, second, third) for entry in page.entries]
    assert names == ["m0", "m1", "m2", "m3", "m4"]
    assert third.metadata() == {"resourceVersion": "6"}


def test_a_page_is_full_of_what_matches() -> None:
    server = filled(250)
    names, token = [], ""
    while True:
        page = server.list("v1/ConfigMap", label_selector="odd=1", limit=50, continue_token=token)
        names += [entry.value["metadata"]["name"] for entry in page.entries]
        token = page.continue_token
        assert page.remaining is None
        if not token:
            break
        assert len(page.entries) == 50
    assert len(names) == 125
    assert len(set(names)) == 125


def test_a_field_selector_on_the_name_reads_one_object() -> None:
    server = filled()
    assert server.names("v1/ConfigMap", "default", field_selector="metadata.name=m2") == ["m2"]
    assert server.names("v1/ConfigMap", "default", field_selector="metadata.name=m2", label_selector="odd=1") == []
    assert server.names("v1/ConfigMap", field_selector="metadata.name=m2") == ["m2"]
    assert server.names("v1/ConfigMap", "default", field_selector="metadata.name=x") == []


def test_pods_are_selected_by_their_node() -> None:
    server = Server()
    for name in ("a", "b"):
        server.create("v1/Pod", pod(name))
    server.post("v1/Pod", "b", "binding", {"target": {"name": "n1"}})
    assert server.names("v1/Pod", field_selector="spec.nodeName=n1") == ["b"]
    assert server.names("v1/Pod", field_selector="spec.nodeName=,status.phase=Pending") == ["a"]
    with pytest.raises(BadRequest, match=r"field label not supported: spec\.image"):
        server.names("v1/Pod", field_selector="spec.image=x")


def test_a_list_can_be_of_the_past() -> None:
    server = filled(3)
    server.delete("v1/ConfigMap", "m0")
    then = {"resource_version": "4", "resource_version_match": "Exact"}
    assert server.names("v1/ConfigMap", **then) == ["m0", "m1", "m2"]
    assert server.names("v1/ConfigMap", resource_version="4", resource_version_match="NotOlderThan") == ["m1", "m2"]
    assert server.names("v1/ConfigMap", resource_version="4", limit=1) == ["m0"]
    assert server.names("v1/ConfigMap", resource_version="0") == ["m1", "m2"]


def test_a_token_whose_revision_is_forgotten_comes_with_one_that_goes_on_anyway() -> None:
    server = filled()
    token = server.list("v1/ConfigMap", limit=2).continue_token
    server.create("v1/ConfigMap", config_map("m2a"))
    server.store.compact(server.store.revision)
    with pytest.raises(Expired, match="The provided continue parameter is too old") as caught:
        server.list("v1/ConfigMap", limit=2, continue_token=token)
    status = caught.value.status()
    assert (status["code"], status["reason"]) == (410, "Expired")
    rest = server.names("v1/ConfigMap", continue_token=status["metadata"]["continue"])
    assert rest == ["m2", "m2a", "m3", "m4"]


def test_a_revision_that_is_forgotten_is_expired() -> None:
    server = filled()
    server.store.compact(server.store.revision)
    with pytest.raises(Expired, match=r"The resourceVersion for the provided list is too old\."):
        server.list("v1/ConfigMap", resource_version="2", resource_version_match="Exact")


def test_a_revision_that_is_to_come_is_waited_for_by_the_client() -> None:
    server = filled(1)
    with pytest.raises(Timeout) as caught:
        server.list("v1/ConfigMap", resource_version="99")
    assert caught.value.message == "Too large resource version: 99, current: 2"
    assert caught.value.status()["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"resource_version_match": "Exact"}, "resourceVersionMatch is forbidden unless resourceVersion is provided"),
        ({"resource_version_match": "Odd", "resource_version": "1"}, 'resourceVersionMatch: Unsupported value: "Odd"'),
        ({"resource_version_match": "Exact", "resource_version": "0"}, "is forbidden for resourceVersion"),
        ({"send_initial_events": True}, "sendInitialEvents is forbidden for list"),
        ({"resource_version": "abc"}, 'resourceVersion: Invalid value: "abc"'),
    ],
)
def test_parameters_that_contradict_each_other_are_invalid(query: Any, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        filled(1).list("v1/ConfigMap", **query)
    assert caught.value.message.startswith('ListOptions.meta.k8s.io "" is invalid: ')
    assert message in caught.value.message


@pytest.mark.parametrize("token", ["???", "e30", "eyJ2IjoidjEifQ", "bm9uc2Vuc2U", "W10"])
def test_a_token_of_somebody_else_is_a_bad_request(token: str) -> None:
    with pytest.raises(BadRequest, match="continue key is not valid"):
        filled(1).list("v1/ConfigMap", continue_token=token)


def test_a_token_already_says_the_version() -> None:
    server = filled()
    token = server.list("v1/ConfigMap", limit=2).continue_token
    with pytest.raises(BadRequest, match="specifying resource version is not allowed when using continue"):
        server.list("v1/ConfigMap", continue_token=token, resource_version="3")
