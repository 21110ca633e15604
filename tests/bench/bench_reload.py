"""What a hot reload costs: one rule set takes another text while ten thousand objects are there.

Measured from the changed text to the moment at which the new program is bound and every key waits for its decision,
which is what requests have to wait for; the decisions themselves are paced.
"""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING, Any

from bench.bench_decide import pod, replica_set
from ruleplane.lang.build import build
from ruleplane.lang.source import parse, shape
from ruleplane.model.ruleset import RuleSet
from ruleplane.specs.drive import drive
from ruleplane.specs.virtual import VirtualCluster, bundled, functions_of

if TYPE_CHECKING:
    from ruleplane.lang.program import Program

OBJECTS = 10_000
LIBRARIES = bundled()[0] / "lib"
RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: annotate}
spec:
  doc: A ready Pod says in an annotation which node it is on, and how many Pods its ReplicaSet has.
  component: controller-manager
  for: {pod: {kind: v1/Pod, where: "has(pod.spec.nodeName)"}}
  watch:
    siblings:
      kind: v1/Pod
      theirs: it.metadata.ownerReferences.map(r, r.uid)
      ours: pod.metadata.ownerReferences.map(r, r.uid)
    set: {kind: apps/v1/ReplicaSet, name: "pod.metadata.ownerReferences[0].name"}
    here: {kind: v1/Pod, theirs: it.spec.nodeName, ours: pod.spec.nodeName, where: "it.status.phase == 'Running'"}
  let:
    ready: here.filter(p, isReady(p))
  rules:
    - name: note
      doc: The annotation is kept.
      when: "set != null && size(siblings) > 0 && size(ready) < -TEXT"
      apply: {to: "${pod}", metadata: {annotations: {node: "${pod.spec.nodeName}"}}}
"""
"""Its rule never holds: what is measured is the reload, not the writes."""


def placed(number: int) -> dict[str, Any]:
    """A Pod on one of a hundred nodes."""
    return {**pod(number), "spec": {"nodeName": f"node-{number % 100}"}}


def programs(number: int) -> list[Program]:
    """The rule set under one of its texts, compiled as an installed one is."""
    (source,) = parse(RULES.replace("TEXT", str(number)), "annotate.yaml")
    shaped = shape(source)
    assert isinstance(shaped, RuleSet)
    return [build(source, shaped, functions_of((LIBRARIES,)))]


def run() -> list[dict[str, Any]]:
    """Medians of seven."""
    gc.set_threshold(50_000, 50, 1000)  # as the control plane does
    functions_of((LIBRARIES,))  # compiled once, when the control plane starts
    cluster = VirtualCluster([bundled()[0] / "controller-manager", LIBRARIES])
    loop = cluster.cluster.loop
    pods, sets = loop.registry.get("v1/Pod"), loop.registry.get("apps/v1/ReplicaSet")
    loop.feed(sets, "default/web", replica_set(OBJECTS), 1, "ADDED")
    for number in range(OBJECTS):
        loop.feed(pods, f"default/web-{number}", placed(number), number, "ADDED")
    while drive(loop.step()):
        pass
    took: dict[str, list[float]] = {name: [] for name in ("compile", "add", "replace", "decide", "remove")}

    def timed(name: str, act: Any) -> Any:
        began = time.perf_counter()
        result = act()
        took[name].append((time.perf_counter() - began) * 1e3)
        return result

    def settle() -> None:
        while drive(loop.step()):
            pass

    for round_ in range(7):
        text = timed("compile", lambda number=round_: programs(2 * number))
        (bound,) = timed("add", lambda text=text: loop.add(text))
        timed("decide", settle)
        other = programs(2 * round_ + 1)[0]
        timed("replace", lambda bound=bound, other=other: loop.replace(bound, other))
        settle()
        timed("remove", lambda bound=bound: loop.remove(bound))
    medians = {name: statistics.median(values) for name, values in took.items()}
    each = medians["decide"] / OBJECTS * 1e3
    reload_ = medians["compile"] + medians["replace"]
    return [
        {"name": f"reload with {OBJECTS:,} primaries", "value": reload_, "unit": "ms", "target": 50},
        {"name": "… of it: compiling the text", "value": medians["compile"], "unit": "ms"},
        {"name": f"install over {OBJECTS:,} objects", "value": medians["compile"] + medians["add"], "unit": "ms"},
        {"name": f"remove with {OBJECTS:,} primaries", "value": medians["remove"], "unit": "ms"},
        {"name": "then each first decision", "value": each, "unit": "µs"},
    ]
