"""Claims about what rules did, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.specs.claims import claim, counted
from ruleplane.specs.selection import Mismatch, Selection
from ruleplane.trace.render import why_lines

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster
    from ruleplane.trace.why import Explanation


def _named(explanation: Explanation) -> list[str]:
    return [
        f"{step.by.rpartition('/')[2]}/{rule}" for step in explanation.steps for rule in step.rule.split(",") if rule
    ]


def _because(explanation: Explanation, rule: str, obj: dict[str, Any], *, last: bool) -> None:
    names = _named(explanation)[:1] if last else _named(explanation)
    if not any(name == rule or name.rpartition("/")[2] == rule for name in names):
        raise Mismatch("because of:\n    " + "\n    ".join(why_lines(explanation)), [obj])


@claim('{objects} exists? because of rule "{rule}"')
def exists_because(cluster: VirtualCluster, objects: Selection, rule: str) -> None:
    """The rule is in the chain of causes that ends at the object."""
    for obj in objects.some(cluster):
        _because(cluster.why(obj), rule, obj, last=False)


@claim('{field} of {objects} is so because of rule "{rule}"')
def field_because(cluster: VirtualCluster, field: str, objects: Selection, rule: str) -> None:
    """The rule was the last to set the field."""
    for obj in objects.some(cluster):
        _because(cluster.why(obj, field), rule, obj, last=True)


@claim('{field} of {objects} goes back to rule "{rule}"')
def goes_back(cluster: VirtualCluster, field: str, objects: Selection, rule: str) -> None:
    """The rule is somewhere in the field's chain of causes."""
    for obj in objects.some(cluster):
        _because(cluster.why(obj, field), rule, obj, last=False)


@claim("the cause of (?:{field} of )?{objects} is a request by {word}")
def requested(cluster: VirtualCluster, field: str | None, objects: Selection, word: str) -> None:
    """The chain of causes ends with a client's request."""
    for obj in objects.some(cluster):
        explanation = cluster.why(obj, field or "")
        if not explanation.steps or explanation.gap or explanation.steps[-1].by != word:
            raise Mismatch("because of:\n    " + "\n    ".join(why_lines(explanation)), [obj])


@claim('rule "{rule}" fired {count} times?(?: on {objects})?')
def fired(cluster: VirtualCluster, rule: str, count: str, objects: Selection | None) -> None:
    """How often it had an effect (on the one object)."""
    ref = cluster.ref(objects.one(cluster)) if objects is not None else ""
    name = rule.rpartition("/")[2]
    firings = [f for f in cluster.firings(rule, ref) if any(name in e.rule.split(",") for e in f.effects)]
    if not counted(len(firings), count):
        raise Mismatch(f"it fired {len(firings)} times")
