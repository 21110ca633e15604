"""The causal chain of one object as numbered sentences, oldest first: made of nothing but the trace's answer to *why*.

    1. newcomer (ruleplane-demo) created ReplicaSet default/web                  rev 12
    2. the watch event of rev 12 wakes controller-manager/replicaset
    3. rule keep-replicas created Pod default/web-x7k2p                          rev 14
       …

Pure: an answer in, lines out. Called by ``cli.demo``.
"""

from __future__ import annotations

from typing import Any

from ruleplane.trace.render import deed, span

_HOPS = 3  # of rule sets that get numbers of their own; what follows is told below the last


def chain(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Rows of (number, sentence, revision and time) from an explanation's JSON."""
    steps = list(reversed(answer["steps"]))
    rows: list[tuple[str, str, str]] = []
    began = steps[0]["at"] if steps else 0
    number, hops, woken = 0, 0, ""
    for step in steps:
        mark = f"rev {step['revision']}  +{span(step['at'] - began)}"
        text = deed(step["verb"], step["ref"], step["subresource"], tuple(step["paths"]))
        if step["cause"] is None:
            number += 1
            rows.append((f"{number}.", f"{step['by']} ({step['user']}) {text}", mark))
            continue
        if step["by"] != woken and hops < _HOPS:
            number, hops, woken = number + 1, hops + 1, step["by"]
            rows.append((f"{number}.", f"{_wake(step['cause'])} wakes the rule set {step['by']}", ""))
            number += 1
            rows.append((f"{number}.", f"rule {step['rule']} {text}", mark))
        else:
            rows.append(("", f"{step['by']}: rule {step['rule']} {text}", mark))
    return rows


def _wake(cause: dict[str, Any]) -> str:
    if cause["kind"] == "watch":
        return f"the watch event of rev {cause['revision']}"
    words = {"timer": "the clock", "retry": "a failure before", "start": "the start", "request": "a request"}
    return words[cause["kind"]]
