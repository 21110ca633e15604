"""Claims about fields and conditions of objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruleplane.specs.claims import claim
from ruleplane.specs.selection import Mismatch, Selection, equals, show
from ruleplane.trace.paths import lookup, split

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster


def _name(obj: dict[str, Any]) -> str:
    return f"{obj['kind']} {obj['metadata']['name']}"


@claim("{objects} (?:has|have) (?!no |some ){field} {value}")
def has_value(cluster: VirtualCluster, objects: Selection, field: str, value: str) -> None:
    """Each of them has this value there."""
    for obj in objects.some(cluster):
        have = lookup(obj, split(field))
        if not equals(have, value):
            raise Mismatch(f"{_name(obj)}: {field} is {show(have)}, not {value}", [obj])


@claim("{objects} (?:has|have) {field} other than {value}")
def has_other(cluster: VirtualCluster, objects: Selection, field: str, value: str) -> None:
    """Each has a value there, and not this one."""
    for obj in objects.some(cluster):
        have = lookup(obj, split(field))
        if have is None or equals(have, value):
            raise Mismatch(f"{_name(obj)}: {field} is {show(have)}", [obj])


@claim("{objects} (?:has|have) no {field}")
def has_none(cluster: VirtualCluster, objects: Selection, field: str) -> None:
    """None of them has the field, or it is empty."""
    for obj in objects.some(cluster):
        have = lookup(obj, split(field))
        if have not in (None, [], {}, ""):
            raise Mismatch(f"{_name(obj)}: {field} is {show(have)}", [obj])


@claim("{objects} (?:has|have) some {field}")
def has_some(cluster: VirtualCluster, objects: Selection, field: str) -> None:
    """Each has a value there."""
    for obj in objects.some(cluster):
        if lookup(obj, split(field)) in (None, [], {}, ""):
            raise Mismatch(f"{_name(obj)}: {field} is not set", [obj])


@claim('{objects} (?:has|have) {field} (?P<how>containing|matching|beginning with) "{text}"')
def has_text(cluster: VirtualCluster, objects: Selection, field: str, how: str, text: str) -> None:
    """Each has a text there like this one."""
    for obj in objects.some(cluster):
        have = str(lookup(obj, split(field)))
        right = {"containing": text in have, "beginning with": have.startswith(text)}.get(how)
        if not (re.fullmatch(text, have) if right is None else right):
            raise Mismatch(f"{_name(obj)}: {field} is {show(have)}", [obj])


@claim("{objects} have {field} each of (?:its|their) own")
def distinct(cluster: VirtualCluster, objects: Selection, field: str) -> None:
    """No two share the value, and nobody lacks one."""
    seen: dict[str, dict[str, Any]] = {}
    for obj in objects.some(cluster):
        have = lookup(obj, split(field))
        other = seen.get(str(have))
        if have is None or other is not None:
            raise Mismatch(f"{_name(obj)}: {field} is {show(have)}, as of {_name(other) if other else 'nobody'}", [obj])
        seen[str(have)] = obj


@claim("{objects} (?:has|have) {number} entries in {field}")
def entries(cluster: VirtualCluster, objects: Selection, number: str, field: str) -> None:
    """A list or map of that size."""
    for obj in objects.some(cluster):
        have = lookup(obj, split(field)) or []
        if len(have) != int(number):
            raise Mismatch(f"{_name(obj)}: {field} has {len(have)} entries: {show(have)}", [obj])


@claim(
    "condition {word} of {objects} is (?P<status>True|False|Unknown)"
    '(?: with reason (?P<reason>\\w+))?(?: and message "{text}")?'
)
def condition(
    cluster: VirtualCluster, word: str, objects: Selection, status: str, reason: str | None, text: str | None
) -> None:
    """The entry of ``status.conditions`` of that type."""
    for obj in objects.some(cluster):
        have = lookup(obj, ("status", "conditions", f"type={word}"))
        if have is None:
            types = [one["type"] for one in lookup(obj, ("status", "conditions")) or []]
            raise Mismatch(f"{_name(obj)} has no condition {word} (it has: {', '.join(types) or 'none'})", [obj])
        for name, want in (("status", status), ("reason", reason), ("message", text)):
            if want is not None and have.get(name) != want:
                raise Mismatch(
                    f"{_name(obj)}: {name} of condition {word} is {show(have.get(name))}, not {want!r}", [obj]
                )


@claim("{objects} (?:has|have) no condition {word}")
def no_condition(cluster: VirtualCluster, objects: Selection, word: str) -> None:
    """No such entry."""
    for obj in objects.some(cluster):
        have = lookup(obj, ("status", "conditions", f"type={word}"))
        if have is not None:
            raise Mismatch(f"{_name(obj)}: condition {word} is {have}", [obj])
