"""What is remembered of a control plane's work: firings of rule sets, and requests of clients.

Plain slotted dataclasses: one firing is recorded per reconciled key, so that nothing is validated on the way in. It is
not a log of what was thought: bindings are found again by evaluating the rule on a firing's :class:`Inputs`.

Made by the reconcile loop (:class:`Firing`) and by the listener on the API's writes (:class:`RequestRecord`); kept by
``trace.recorder``. ``schemas/trace.schema.json`` is generated from here (``make schemas``).

An object is named by its reference, ``<kind's ref>/<namespace>/<name>``: ``apps/v1/ReplicaSet/default/web``; the
namespace of an object without one is empty: ``v1/Node//node-1``. Instants and durations are nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

CauseKind: TypeAlias = Literal["watch", "timer", "retry", "start", "request"]
Verb: TypeAlias = Literal["create", "patch", "delete", "post", "event"]
Outcome: TypeAlias = Literal["done", "unchanged", "conflict", "refused", "error"]


def object_ref(kind_ref: str, namespace: str, name: str) -> str:
    """The reference of one object.

    >>> object_ref("apps/v1/ReplicaSet", "default", "web")
    'apps/v1/ReplicaSet/default/web'
    >>> object_ref("v1/Node", "", "node-1")
    'v1/Node//node-1'
    """
    return f"{kind_ref}/{namespace}/{name}"


def split_ref(ref: str) -> tuple[str, str, str]:
    """Kind's reference, namespace and name of an object reference; ValueError if it is none.

    >>> split_ref("apps/v1/ReplicaSet/default/web")
    ('apps/v1/ReplicaSet', 'default', 'web')
    """
    parts = ref.rsplit("/", 2)
    if len(parts) != 3 or "/" not in parts[0]:
        raise ValueError(f"{ref!r} is not an object reference (<group>/<version>/<Kind>/<namespace>/<name> expected)")
    return parts[0], parts[1], parts[2]


@dataclass(slots=True)
class Cause:
    """Why a key was reconciled. Of several causes the first is kept."""

    kind: CauseKind
    ref: str = ""  # the object whose change woke the key (watch), or the primary itself
    revision: int = 0  # that changed it; 0 where nothing was written (timer, retry)
    at: int = 0  # when the key was queued
    detail: str = ""  # in words: the event's type, the comparison that flipped, the error retried


@dataclass(slots=True)
class EffectRecord:
    """One thing that a firing wanted changed, and what came of it."""

    rule: str  # its name; of several rules that one request serves: "bind,report"
    verb: Verb
    ref: str  # of the object written
    uid: str = ""
    subresource: str = ""
    outcome: Outcome = "done"
    revision: int = 0  # that the write got; 0 unless ``done``
    paths: tuple[
        str, ...
    ] = ()  # fields changed: "spec.nodeName", "status.conditions[type=Ready]"; of a creation: none, it is all
    message: str = ""  # of a refusal or error, as the API worded it; of an Event, its text


@dataclass(slots=True)
class Inputs:
    """What a firing read: enough to evaluate it again."""

    now: int = 0  # the instant that ``now`` meant
    text: str = ""  # hash of the rule set's text
    params: str = ""  # hash of its parameters
    revisions: dict[str, int] = field(default_factory=dict)  # per store (or per kind, where caches lag alone)
    refused: tuple[dict[str, Any], ...] = ()  # refusals of the key's previous firing
    flight: tuple[str, ...] = ()  # references of objects written but not yet seen


@dataclass(slots=True)
class Firing:
    """One pass of a rule set over one key."""

    id: int
    at: int
    ruleset: str
    component: str
    key: str  # the primary's reference
    cause: Cause
    revision: int = 0  # of the store that the pass decided on
    rules: tuple[str, ...] = ()  # that held
    effects: tuple[EffectRecord, ...] = ()
    error: str = ""  # the pass could not be evaluated, or the rules contradict each other
    wake_at: int = 0  # the instant at which a time comparison flips; 0: none
    took: int = 0
    inputs: Inputs = field(default_factory=Inputs)


@dataclass(slots=True)
class RequestRecord:
    """One write by a client: what ends every chain of causes."""

    id: int
    at: int
    user: str
    actor: str  # the field manager
    verb: str
    ref: str
    uid: str = ""
    subresource: str = ""
    revision: int = 0
    paths: tuple[str, ...] = ()


Record: TypeAlias = Firing | RequestRecord


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one record as ``trace -o json`` prints it."""
    from pydantic import TypeAdapter  # at build time only: the import costs more than a whole command

    schema = TypeAdapter(Record).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://ruleplane.dev/schemas/trace.schema.json",
        "title": "A trace record of ruleplane",
        **schema,
    }


if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
