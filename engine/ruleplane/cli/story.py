"""The causal chain of one object as numbered sentences, oldest first: made of nothing but the trace's answers.

    1. rev 12    +0.0 µs   newcomer (ruleplane-demo) created ReplicaSet default/web
    2.                     the watch event of rev 12 wakes the rule set controller-manager/replicaset
    3. rev 14    +0.9 ms   rule keep-replicas created Pod default/web-x7k2p
       …

Pure: answers in, rows out. Called by ``cli.demo``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.trace.render import deed, revision_text, since

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOPS = 3  # of rule sets that get numbers of their own; what follows is told below the last

Row = tuple[str, str, str, str]  # number, revision, time since the request, sentence


def chain(answer: dict[str, Any], around: Sequence[dict[str, Any]] = ()) -> list[Row]:
    """Rows from an explanation's JSON.

    ``around``: records of the objects that the last hop brought about; what they did before the chain's last step is
    told between.
    """
    steps = list(reversed(answer["steps"]))
    began = steps[0]["at"] if steps else 0
    rows: list[Row] = []
    number = hops = 0
    last: dict[str, Any] = {}
    woken = ""
    for step in steps:
        if step["cause"] is None:
            number += 1
            rows.append(_row(f"{number}.", step, began, f"{step['by']} ({step['user']}) {_deed(step)}"))
        elif step["by"] != woken and hops < _HOPS:
            number, hops, woken = number + 2, hops + 1, step["by"]
            rows.append((f"{number - 1}.", "", "", f"{_wake(step['cause'])} wakes the rule set {woken}"))
            rows.append(_row(f"{number}.", step, began, f"rule {step['rule']} {_deed(step)}"))
        else:
            rows += _between(around, last, step["record"], began)
            rows.append(_row("", step, began, f"{step['by']}: rule {step['rule']} {_deed(step)}"))
        last = step
    return rows


def _between(around: Sequence[dict[str, Any]], last: dict[str, Any], before: int, began: int) -> list[Row]:
    """What the records between two steps wrote, and what the earlier of the two wrote besides."""
    rows = []
    for record in sorted(around, key=lambda record: int(record["id"])):
        if not last["record"] <= record["id"] < before:
            continue
        by = "" if record["id"] == last["record"] else f"{record['component']}/{record['ruleset']}: "
        for effect in record.get("effects", ()):
            told = effect["ref"] == last["ref"] and effect["revision"] == last["revision"]
            if effect["outcome"] == "done" and effect["verb"] != "event" and not told:
                sentence = f"{by}rule {effect['rule']} {_deed(effect)}"
                rows.append(_row("", {**effect, "at": record["at"]}, began, sentence))
    return rows


def made(records: Sequence[dict[str, Any]], number: int) -> list[str]:
    """References of the objects that a firing created, Events aside."""
    return [
        effect["ref"]
        for record in records
        if record["id"] == number
        for effect in record.get("effects", ())
        if effect["verb"] == "create" and effect["outcome"] == "done"
    ]


def _row(number: str, step: dict[str, Any], began: int, sentence: str) -> Row:
    return number, revision_text(step["ref"], step["revision"]), since(step["at"] - began), sentence


def _deed(step: dict[str, Any]) -> str:
    return deed(step["verb"], step["ref"], step["subresource"], tuple(step["paths"]))


def _wake(cause: dict[str, Any]) -> str:
    if cause["kind"] == "watch":
        return f"the watch event of {revision_text(cause['ref'], cause['revision'])}"
    words = {"timer": "the clock", "retry": "a failure before", "start": "the start", "request": "a request"}
    return words[cause["kind"]]
