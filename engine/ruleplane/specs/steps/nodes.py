"""Steps about nodes: machines whose kubelets register them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pytest_bdd import parsers, step

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster

_USUAL = {"cpu": "32", "memory": "256Gi", "pods": "110"}


@step(parsers.re(r'a node "(?P<name>[^"]+)"'))
def a_node(cluster: VirtualCluster, name: str) -> None:
    """A machine like any other."""
    cluster.add_machine(name)
    cluster.settle()


@step(parsers.re(r'a node "(?P<name>[^"]+)" with:'))
def a_node_with(cluster: VirtualCluster, name: str, docstring: str) -> None:
    """``capacity`` and ``labels`` of the machine, as YAML; ``taints`` and the like, of the node's spec."""
    given = yaml.safe_load(docstring)
    spec = given.pop("spec", None)
    if "capacity" in given:
        given["capacity"] = {**_USUAL, **given["capacity"]}
    cluster.add_machine(name, **given)
    cluster.settle()
    if spec:
        cluster.patch("node", name, {"spec": spec})
        cluster.settle()


@step(parsers.re(r'(?:the )?node "(?P<name>[^"]+)" is (?P<un>un)?cordoned'))
def cordoned(cluster: VirtualCluster, name: str, un: str | None) -> None:
    """It takes no further Pods (or does again)."""
    cluster.patch("node", name, {"spec": {"unschedulable": None if un else True}})


@step(parsers.re(r'(?:the )?node "(?P<name>[^"]+)" is tainted "(?P<taint>[^"]+)"'))
def tainted(cluster: VirtualCluster, name: str, taint: str) -> None:
    """``key=value:Effect`` or ``key:Effect``, as ``kubectl taint`` takes it."""
    pair, _, effect = taint.rpartition(":")
    key, _, value = pair.partition("=")
    wanted = {"key": key, "effect": effect, **({"value": value} if value else {})}
    present = cluster.get("node", name)["spec"].get("taints", [])
    cluster.patch("node", name, {"spec": {"taints": [*present, wanted]}})
