"""Fields under `while`: held by a server-side apply, given up by one that states nothing.

The manager is the rule set on the primary itself, and the rule set with the primary's key on other objects, which
several primaries may share. All fields that one manager holds on one object go into one request, for what it no
longer states it gives up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.api.apply import apply
from ruleplane.api.field_set import difference, path_text, paths
from ruleplane.api.strategies import settings
from ruleplane.errors import EvaluationError
from ruleplane.reconcile.effect import Effect, changed_paths, resolve

if TYPE_CHECKING:
    from ruleplane.api.field_set import FieldSet
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode


@dataclass(slots=True)
class Held:
    """What one manager wants to hold on one object."""

    effect: Effect
    obj: dict[str, Any]


def hold(
    kind: Kind, node: SchemaNode | None, rule: str, obj: dict[str, Any], want: Any, subresource: str, manager: str
) -> Held:
    """The wish to hold these fields. Raises EvaluationError for what no apply can state."""
    want = settings().of(kind).stored(resolve(node, obj, want))
    if _has_null(want):
        raise EvaluationError("`null` removes a field; under `while` a field can be held, not removed")
    return Held(_effect(kind, rule, obj, want, subresource, manager), obj)


def give_up(kind: Kind, rule: str, obj: dict[str, Any], subresource: str, manager: str) -> Held:
    """The wish to hold nothing any more."""
    return Held(_effect(kind, rule, obj, {}, subresource, manager), obj)


def _effect(kind: Kind, rule: str, obj: dict[str, Any], want: Any, subresource: str, manager: str) -> Effect:
    metadata = obj["metadata"]
    return Effect(
        "patch",
        kind,
        metadata.get("namespace", ""),
        metadata["name"],
        [rule],
        subresource,
        want,
        "apply",
        uid=metadata.get("uid", ""),
        seen=metadata.get("resourceVersion", ""),
        manager=manager,
    )


def request(held: Held, node: SchemaNode | None, now: str, *, shrink: bool) -> Effect | None:
    """The request; None where it would change neither fields nor owners, or (unless ``shrink``) give something up.
    Raises ApiError for a configuration that cannot be applied."""
    effect, obj = held.effect, held.obj
    kind = effect.kind
    identity: dict[str, Any] = {"name": effect.name}
    if effect.namespace:
        identity["namespace"] = effect.namespace
    body = {"apiVersion": kind.api_version, "kind": kind.kind, **effect.body}
    body["metadata"] = {**effect.body.get("metadata", {}), **identity}
    new, entries = apply(
        kind,
        node,
        settings().of(kind),
        obj,
        body,
        effect.manager,
        effect.subresource,
        now,
        force=True,
    )
    if entries is None and new is obj:
        return None
    before = _fields(obj["metadata"].get("managedFields"), effect)
    given_up = difference(before, _fields(entries, effect))
    if given_up and not shrink:
        return None
    gone = [path_text(path).removeprefix(".") for path in paths(given_up)]
    effect.paths = (*changed_paths(node, obj, effect.body), *gone)
    effect.body = body
    return effect


def _fields(entries: Any, effect: Effect) -> FieldSet:
    for entry in entries or ():
        if (
            entry.get("manager") == effect.manager
            and entry.get("operation") == "Apply"
            and entry.get("subresource", "") == effect.subresource
        ):
            fields: FieldSet = entry.get("fieldsV1") or {}
            return fields
    return {}


def _has_null(value: Any) -> bool:
    if value.__class__ is dict:
        return any(map(_has_null, value.values()))
    if value.__class__ is list:
        return any(map(_has_null, value))
    return value is None
