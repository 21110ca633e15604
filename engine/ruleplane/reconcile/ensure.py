"""`ensure`: the difference between the objects that should exist and those that do.

Counted: so many anonymous objects, whose names follow from owner, rule, slot and the uids present, so that the same
decision made
twice (a lost response, a stale cache) makes the same object, never a twin. Keyed: one object per key of a list.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ruleplane.api.strategies import settings
from ruleplane.errors import EvaluationError
from ruleplane.lang.functions import stable_hash, suffix
from ruleplane.matcher.footprint import MADE_BY, MADE_EACH, MADE_FOR, Stamp, stamp
from ruleplane.matcher.members import Members
from ruleplane.reconcile.effect import Effect, changed_paths, patched

if TYPE_CHECKING:
    from ruleplane.lang import heads
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.reconcile.decide import Pass

BURST = 500  # creations and deletions of one pass, as Kubernetes' own controllers; the rest follows in the next
_BASE = 63 - 5  # room for a name before its generated suffix


def run_ensure(run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...]) -> None:
    """Add what is missing, surplus and different to the pass."""
    if head.count is not None:
        _counted(run, rule, head, args)
    else:
        _keyed(run, rule, head, args)


def _counted(run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...]) -> None:
    scope = run.scope
    objects = head.objects(scope, *args)
    run.listed.append(objects)
    count = head.count(scope, *args) if head.count is not None else 0
    if not isinstance(count, int) or count < 0:
        raise EvaluationError(f"ensure: count is {count!r}, a whole number from 0 was expected")
    lacking = count - len(objects)
    if lacking > 0:
        slots = list(range(lacking))
        if head.create is not None:
            slots = list(head.create(scope, *args, slots))
        run.decision.more |= len(slots) > BURST
        present = _digest(objects)
        creations = [_creation(run, rule, head, args, f"{slot}", present) for slot in slots[:BURST]]
        if creations:
            creations[0].mark = _mark(creations[0].body)
            _check_made(run, rule, objects, creations[0].mark)
        for effect in creations:
            run.add(effect)
    elif lacking < 0:
        chosen = head.delete(scope, *args, objects) if head.delete is not None else objects
        victims = _first(chosen, min(-lacking, BURST))
        run.decision.more |= -lacking > BURST
        _delete(run, rule, head, args, victims)
    if not head.static:
        _update(run, rule, head, args, [(obj, ()) for obj in objects])


def _keyed(run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...]) -> None:
    scope = run.scope
    assert head.each is not None, rule.name  # the loader demands both
    assert head.key is not None, rule.name
    wanted: dict[Any, Any] = {}
    for element in head.each(scope, *args):
        key = _plain(head.by(scope, *args, element) if head.by is not None else element)
        if key in wanted:
            raise EvaluationError(f"ensure: two elements have the key {key!r}")
        wanted[key] = element
    present: dict[Any, Any] = {}
    surplus: list[Any] = []
    objects = head.objects(scope, *args)
    objects = [objects] if isinstance(objects, dict) else objects or ()
    run.listed.append(objects)
    for obj in objects:
        key = _plain(head.key(scope, *args, obj))
        if key in wanted and key not in present:
            present[key] = obj
        else:
            surplus.append(obj)
    missing = [key for key in wanted if key not in present]
    for key in missing:
        _check_made(run, rule, list(present.values()), str(key))
    if head.create is not None and missing:
        missing = list(head.create(scope, *args, missing))
    run.decision.more |= len(missing) > BURST
    for key in missing[:BURST]:
        effect = _creation(run, rule, head, (*args, wanted[key]), str(key), "")
        effect.mark = str(key)
        run.add(effect)
    if surplus:
        chosen = head.delete(scope, *args, surplus) if head.delete is not None else surplus
        _delete(run, rule, head, args, _first(chosen, BURST))
    if not head.static:
        _update(run, rule, head, args, [(obj, (wanted[key],)) for key, obj in present.items()])


def _plain(key: Any) -> Any:
    """A key as it is; what tells nothing apart is no key."""
    if type(key).__hash__ is None:
        raise EvaluationError(f"ensure: a key is a text, a number or a bool, not a {type(key).__name__}")
    return key


def _check_made(run: Pass, rule: CompiledRule, objects: Any, mark: str) -> None:
    """Raise EvaluationError where what this rule made last for the same purpose, and nobody has changed since, is not
    among its objects: it would make more for ever."""
    made = run.made.get(rule.name)
    if made is None or made.mark != mark:
        return  # what is wanted is another thing now: that the last one is not found any more is as it should be
    metadata = (run.bound.cache.get(made.kind, made.key) or {}).get("metadata", {})
    if metadata.get("uid") != made.uid or metadata.get("resourceVersion") != made.version:
        return
    if not any(item["metadata"].get("uid") == made.uid for item in unordered(objects)):
        raise EvaluationError(
            f"ensure: {made.kind}/{made.key} was made, and is not among `objects`: nothing more is created"
        )


def _mark(body: dict[str, Any]) -> str:
    """Stands for what would be made, whatever its name."""
    return stable_hash({**body, "metadata": {**body["metadata"], "name": ""}})


def _first(objects: Any, count: int) -> list[Any]:
    return [obj for _, obj in zip(range(count), objects, strict=False)]


def _digest(objects: Any) -> str:
    """Stands for the uids present, in any order."""
    total = 0
    for obj in unordered(objects):
        total ^= hash_uid(obj["metadata"].get("uid", ""))
    return f"{total:x}"


def unordered(objects: Any) -> Any:
    """The same objects in any order: sorting ten thousand to look at each costs more than the look."""
    return objects.items.values() if isinstance(objects, Members) else objects


def hash_uid(uid: str) -> int:
    """A number from a uid; not Python's own hash, which differs between processes."""
    try:
        return int(uid.replace("-", ""), 16)
    except ValueError:
        return int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=16).digest(), "big")


def _creation(
    run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...], slot: str, present: str
) -> Effect:
    scope, primary = run.scope, run.primary
    kind = run.registry.get(head.kind)
    if kind is None:
        raise EvaluationError(f"ensure: the kind {head.kind} is not served")
    start = head.start(scope, *args) if head.start is not None else None
    body: dict[str, Any] = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}}
    node = run.schemas.node(kind)
    for part in (start, head.initial(scope, *args) if head.initial is not None else None, head.template(scope, *args)):
        if part is not None:
            body = patched(node, body, run.resolved(node, body, part))
    metadata = dict(body["metadata"])
    body["metadata"] = metadata
    namespace = metadata.get("namespace", run.namespace) if kind.namespaced else ""
    if kind.namespaced:
        if not namespace:
            raise EvaluationError(f"ensure: a new {kind.kind} needs metadata.namespace: the primary is in none")
        metadata["namespace"] = namespace
    _stamp(run, rule, metadata)
    generate = metadata.pop("generateName", "")
    if "name" not in metadata:
        if not generate:
            raise EvaluationError("ensure: a new object needs metadata.name or metadata.generateName")
        seed = "\0".join((run.identity, rule.name, slot, present, str(run.salt)))
        metadata["generateName"] = generate
        metadata["name"] = generate[:_BASE] + suffix(hashlib.blake2b(seed.encode(), digest_size=8).digest())
    if head.owner:
        metadata["ownerReferences"] = [*metadata.get("ownerReferences", ()), owner_reference(primary, head.owner)]
    effect = Effect("create", kind, namespace, metadata["name"], [rule.name], body=body, batch=rule.index + 1)
    _tell(run, rule, effect, "created", args)
    return effect


def _stamp(run: Pass, rule: CompiledRule, metadata: dict[str, Any]) -> None:
    """Say on the object by what it was made, so that it can be undone; a stamp copied from another object is none."""
    annotations = metadata.get("annotations") or {}
    if rule.lasting:
        made = Stamp(rule.name, run.key, run.element)
        metadata["annotations"] = {**annotations, **stamp(run.bound.program.name, made)}
    elif MADE_BY in annotations:
        metadata["annotations"] = {k: v for k, v in annotations.items() if k not in (MADE_BY, MADE_FOR, MADE_EACH)}


def owner_reference(owner: dict[str, Any], how: str) -> dict[str, Any]:
    """The reference to ``owner`` that garbage collection and adoption go by."""
    metadata = owner["metadata"]
    reference: dict[str, Any] = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    if how == "controller":
        reference["controller"] = True
        reference["blockOwnerDeletion"] = True
    return reference


def _delete(run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...], victims: list[Any]) -> None:
    grace = head.grace(run.scope, *args) if head.grace is not None else None
    for obj in victims:
        effect = run.wishes.deletion(rule.name, obj, grace)
        if effect is not None:
            _tell(run, rule, effect, "deleted", args, obj)
            run.add(effect)


def _update(
    run: Pass, rule: CompiledRule, head: heads.Ensure, args: tuple[Any, ...], pairs: list[tuple[Any, tuple[Any, ...]]]
) -> None:
    scope = run.scope
    different: list[Any] = []
    wants: dict[int, Any] = {}
    for obj, element in pairs:
        if "deletionTimestamp" in obj["metadata"]:
            continue
        kind, _ = run.wishes.kind_of(obj)
        node = run.schemas.node(kind)
        want = settings().of(kind).stored(run.resolved(node, obj, head.template(scope, *args, *element)))
        if patched(node, obj, want) is not obj:
            different.append(obj)
            wants[id(obj)] = want
    if not different:
        return
    if head.update is not None:
        different = list(head.update(scope, *args, different))
    for obj in different:
        effect = run.wishes.patch(rule.name, obj, wants[id(obj)], "", guarded=False)
        if effect is not None:
            effect.paths = tuple(changed_paths(run.schemas.node(effect.kind), obj, effect.body))
            _tell(run, rule, effect, "updated", args, obj)


def _tell(run: Pass, rule: CompiledRule, effect: Effect, moment: str, args: tuple[Any, ...], obj: Any = None) -> None:
    """Record an Event when the effect is done, and another when it is refused."""
    events = rule.events
    if events is None:
        return
    params = args[: 1 if rule.each is not None else 0]
    told = getattr(events, moment)
    if told:
        effect.done = lambda written: run.notices(rule, told, (*params, obj if obj is not None else written))
    if events.refused:
        effect.failed = lambda message: run.notices(rule, events.refused, (*params, message))
