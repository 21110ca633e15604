"""The hook that every write goes through."""

from __future__ import annotations

from typing import Any

import pytest

from ruleplane.api.admission import AdmissionChain
from ruleplane.errors import Forbidden
from support.api import Server, config_map


class Stamp:
    """Labels what passes, and refuses what is called ``no``."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.seen: list[tuple[str, str, bool]] = []

    def mutate(self, call: Any, verb: str, kind: Any, subresource: str, obj: Any, old: Any) -> Any:
        self.seen.append((verb, subresource, old is None))
        labels = obj["metadata"].get("labels") or {}
        trail = labels.get("trail", "")
        if self.label in trail:
            return obj
        return {**obj, "metadata": {**obj["metadata"], "labels": {**labels, "trail": trail + self.label}}}

    def validate(self, call: Any, verb: str, kind: Any, subresource: str, obj: Any, old: Any) -> None:
        self.seen.append((f"validate {verb}", subresource, old is None))
        if obj["metadata"]["name"] == "no" or verb == "delete":
            raise Forbidden(f"{verb} {obj['metadata']['name']}")


def test_each_link_sees_what_the_one_before_made() -> None:
    server = Server(admission=AdmissionChain([Stamp("a"), Stamp("b")]))
    assert server.create("v1/ConfigMap", config_map())["metadata"]["labels"] == {"trail": "ab"}


def test_creations_updates_and_deletions_are_asked_about() -> None:
    stamp = Stamp("a")
    server = Server(admission=stamp, namespaces=False)
    server.create("v1/Namespace", {"metadata": {"name": "default"}})
    server.patch("v1/Namespace", "default", {"metadata": {"annotations": {"x": "y"}}})
    server.patch("v1/Namespace", "default", {"status": {"phase": "Terminating"}}, subresource="status")
    with pytest.raises(Forbidden, match="delete default"):
        server.delete("v1/Namespace", "default")
    assert stamp.seen == [
        ("create", "", True),
        ("validate create", "", True),
        ("update", "", False),
        ("validate update", "", False),
        ("update", "status", False),
        ("validate update", "status", False),
        ("validate delete", "", False),
    ]


def test_a_refusal_stores_nothing() -> None:
    server = Server(admission=Stamp("a"))
    before = server.store.revision
    with pytest.raises(Forbidden, match="create no"):
        server.create("v1/ConfigMap", config_map("no"))
    assert server.store.revision == before
