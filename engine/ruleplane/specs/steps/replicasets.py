"""Steps that make and scale ReplicaSets in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pytest_bdd import parsers, step

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


def replica_set(name: str, replicas: int, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """A ReplicaSet that selects ``app=<name>``; ``given``: fields of its spec, of which ``annotations`` and
    ``template`` (fields of the Pods' spec) are laid into the template."""
    given = dict(given or {})
    labels = {"app": name}
    annotations, inner = given.pop("annotations", None), given.pop("template", {})
    metadata = {"labels": labels, **({"annotations": annotations} if annotations else {})}
    template = {"metadata": metadata, "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}], **inner}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **given}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name}, "spec": spec}


@step(parsers.re(r'a ReplicaSet "(?P<name>[^"]+)" of (?P<replicas>\d+) replicas?'))
def a_replica_set(cluster: VirtualCluster, name: str, replicas: str) -> None:
    """Of Pods of one container of nginx."""
    cluster.apply(replica_set(name, int(replicas)))


@step(parsers.re(r'a ReplicaSet "(?P<name>[^"]+)" of (?P<replicas>\d+) replicas? with:'))
def a_replica_set_with(cluster: VirtualCluster, name: str, replicas: str, docstring: str) -> None:
    """And fields of its spec (``annotations``, ``template``: of its Pods), as YAML."""
    cluster.apply(replica_set(name, int(replicas), yaml.safe_load(docstring)))


@step(parsers.re(r'ReplicaSet "(?P<name>[^"]+)" is scaled to (?P<replicas>\d+)'))
def scaled(cluster: VirtualCluster, name: str, replicas: str) -> None:
    """As ``kubectl scale`` does."""
    cluster.patch("replicaset", name, {"spec": {"replicas": int(replicas)}}, subresource="scale")
