"""How many watch events a second the matchers decide, at 150 clauses over 15 kinds and at 150 over one.

``python tests/bench/bench_matcher.py`` prints the table; ``run()`` gives it. With ``--memory`` it also asserts facts
for a while and tells by how much the process grew (it should not).
"""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Any

from ruleplane.matcher.build import build_matcher
from ruleplane.matcher.clause import And, Clause, Compare, Contains, Event, Has, In, Not, Or
from ruleplane.matcher.closures import getter

if TYPE_CHECKING:
    from ruleplane.matcher.build import Matcher
    from ruleplane.matcher.clause import Get

PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"]
CLAUSES = 150


def run(events: int = 20_000) -> list[dict[str, Any]]:
    """``[{"name", "value", "unit"}]``: the best of three runs each."""
    rng = random.Random(7)
    objects = [
        (getter(_pod(rng), rng.choice(["ADDED", "MODIFIED", "DELETED"])), rng.randrange(15)) for _ in range(events)
    ]
    results = []
    for spread, title in ((15, "over 15 kinds"), (1, "of one kind")):
        arrivals = [(f"kind{kind % spread}", get) for get, kind in objects]
        clauses = _clauses(spread)
        for name, matcher in (
            ("durable-rules, no memo", build_matcher(clauses, engine="durable", memo=0)),
            ("durable-rules, memo", build_matcher(clauses, engine="durable")),
            ("closures", build_matcher(clauses, engine="closures")),
        ):
            rate = max(_rate(matcher, arrivals) for _ in range(3))
            results.append({"name": f"{name}, {CLAUSES} clauses {title}", "value": round(rate), "unit": "events/s"})
            matcher.close()
    return results


def growth(facts: int = 300_000) -> int:
    """By how many KB the process grows while ``facts`` facts are asserted."""
    rng = random.Random(7)
    matcher = build_matcher(_clauses(15), engine="durable", memo=0)
    gets = [getter(_pod(rng), "MODIFIED") for _ in range(1000)]
    for get in gets:
        matcher.match("kind0", get)
    before = _resident()
    for number in range(facts):
        matcher.match(f"kind{number % 15}", gets[number % 1000])
    after = _resident()
    matcher.close()
    return after - before


def _rate(matcher: Matcher, arrivals: list[tuple[str, Get]]) -> float:
    match = matcher.match
    start = time.perf_counter()
    for kind, get in arrivals:
        match(kind, get)
    return len(arrivals) / (time.perf_counter() - start)


def _resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4


def _clauses(kinds: int) -> dict[str, dict[str, Clause]]:
    """The mix that controllers ask for: bound to this node, in a phase, not being deleted, with an owner, a label …"""
    alive = Not(Has(("metadata", "deletionTimestamp")))
    shapes = [
        lambda n: alive,
        lambda n: And((alive, Not(Has(("spec", "nodeName"))))),
        lambda n: Compare(("spec", "nodeName"), "==", f"node-{n % 20}"),
        lambda n: And((Compare(("status", "phase"), "==", PHASES[n % 5]), Has(("spec", "nodeName")))),
        lambda n: In(("status", "phase"), ("Succeeded", "Failed")),
        lambda n: Or((Event("DELETED"), Not(alive), Compare(("status", "phase"), "==", "Failed"))),
        lambda n: Compare(("metadata", "labels", "app"), "==", f"app-{n % 10}"),
        lambda n: And((Has(("metadata", "ownerReferences")), Compare(("spec", "priority"), ">=", n % 7))),
        lambda n: Contains(("metadata", "finalizers"), "foregroundDeletion"),
        lambda n: And((alive, Compare(("spec", "schedulerName"), "!=", f"other-{n % 3}"))),
    ]
    clauses: dict[str, dict[str, Clause]] = {f"kind{kind}": {} for kind in range(kinds)}
    for number in range(CLAUSES):
        # one kind after the other gets one of each shape
        kind = number // len(shapes) % kinds
        clauses[f"kind{kind}"][f"rule-{number}"] = shapes[number % len(shapes)](number // len(shapes))
    return clauses


def _pod(rng: random.Random) -> dict[str, Any]:
    number = rng.randrange(100_000)
    pod: dict[str, Any] = {
        "metadata": {"name": f"pod-{number}", "uid": str(number), "labels": {"app": f"app-{number % 12}"}},
        "spec": {
            "schedulerName": "default",
            "priority": number % 9,
            "containers": [{"name": "main", "image": "busybox"}],
        },
        "status": {"phase": PHASES[number % 5]},
    }
    if number % 3:
        pod["spec"]["nodeName"] = f"node-{number % 30}"
    if number % 11 == 0:
        pod["metadata"] |= {"deletionTimestamp": "2030-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]}
    if number % 4:
        pod["metadata"]["ownerReferences"] = [{"uid": "1"}]
    return pod


if __name__ == "__main__":
    for line in run():
        print(f"{line['value']:>10,} {line['unit']}  {line['name']}")
    if "--memory" in sys.argv:
        print(f"{growth():>10,} KB more after 300,000 events")
