"""Steps that make Pods in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pytest_bdd import parsers, step

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


def pod(name: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Pod of one container, with what is given laid over it: ``metadata`` and fields of ``spec``."""
    given = dict(given or {})
    metadata = {"name": name, **given.pop("metadata", {})}
    spec = {"containers": [{"name": "main", "image": "nginx:1.27"}], **given}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@step(parsers.re(r'a Pod "(?P<name>[^"]+)"'))
def a_pod(cluster: VirtualCluster, name: str) -> None:
    """Of one container of nginx."""
    cluster.apply(pod(name))


@step(parsers.re(r'a Pod "(?P<name>[^"]+)" with:'))
def a_pod_with(cluster: VirtualCluster, name: str, docstring: str) -> None:
    """Fields of its spec, and ``metadata``, as YAML."""
    cluster.apply(pod(name, yaml.safe_load(docstring)))


@step(parsers.re(r'a Pod "(?P<name>[^"]+)" that requests (?P<amount>\S+) (?P<resource>\S+)'))
def a_pod_requesting(cluster: VirtualCluster, name: str, amount: str, resource: str) -> None:
    """Of one container that requests so much."""
    container = {"name": "main", "image": "nginx:1.27", "resources": {"requests": {resource: amount}}}
    cluster.apply(pod(name, {"containers": [container]}))


@step(parsers.re(r'(?P<count>\d+) Pods "(?P<name>[^"]+)-N" that request (?P<amount>\S+) (?P<resource>\S+)'))
def pods_requesting(cluster: VirtualCluster, count: str, name: str, amount: str, resource: str) -> None:
    """Numbered from 1."""
    for number in range(1, int(count) + 1):
        a_pod_requesting(cluster, f"{name}-{number}", amount, resource)
