"""Sends the effects of one pass, in order, and says what came of each. The shim between deciding and the API.

Guarantees: a creation whose answer is *already exists* is settled by reading the object (ours: made; ours and going:
wait; another's:
the next name). A write that the object's state has overtaken is a conflict: the key is decided again. A refusal stops
the rest
of the creations of its rule; they go one after another, so that a refusal that holds for all costs one request.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.api.call import Call, User
from ruleplane.errors import AlreadyExists, ApiError, Conflict, NotFound
from ruleplane.matcher.footprint import stamp_of
from ruleplane.model.trace import EffectRecord, object_ref
from ruleplane.reconcile.effect import Made

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.model.kind import Kind
    from ruleplane.reconcile.effect import Effect, Notice
    from ruleplane.store.base import Entry


class Verbs(Protocol):
    """The verbs of an API, in process or remote."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Entry:
        """One object."""

    async def create(self, kind: Kind, namespace: str, obj: dict[str, Any], call: Call) -> Entry:
        """A new object."""

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Any,
        patch_type: str,
        call: Call,
        subresource: str = "",
        force: bool | None = None,
    ) -> Entry:
        """A changed object; ``force``: an ``apply`` takes fields from their managers."""

    async def delete(self, kind: Kind, namespace: str, name: str, options: dict[str, Any] | None, call: Call) -> Entry:
        """A deleted object."""

    async def post(
        self, kind: Kind, namespace: str, name: str, subresource: str, body: dict[str, Any], call: Call
    ) -> Any:
        """A subresource call."""


class Pace(Protocol):
    """Lets others have their turn between the writes of a long pass."""

    def due(self) -> bool:
        """One more write was made: is it time?"""

    async def pause(self) -> None:
        """Commit what was written, and let others run."""


@dataclass(slots=True)
class Sent:
    """What came of a pass's effects."""

    records: list[EffectRecord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    retry: str = ""  # why the key must be decided again (a conflict, an error)
    foreign: bool = False  # a name was taken by another's object: decide again with the next salt
    written: int = 0
    expected: list[tuple[str, str, str, int]] = field(
        default_factory=list
    )  # kind, key, uid, revision: must show in the cache
    gone: list[tuple[str, str, str]] = field(default_factory=list)  # kind, key, uid: must be gone or going
    made: dict[str, Made] = field(default_factory=dict)  # by rule
    unknown: list[Effect] = field(default_factory=list)  # sent, and no answer: to be settled by a read
    vain: list[Effect] = field(default_factory=list)  # patches that changed nothing


@cache
def _user(component: str) -> User:
    """Who a component's rules write as."""
    return User(f"system:{component}")


class Sender:
    """Sends for one rule set's firing. ``take`` is told at once what objects have become by answered writes; None where
    they are only staged, at the revision that they had."""

    def __init__(
        self,
        route: Callable[[Kind], Verbs],
        actor: str,
        component: str,
        firing: int,
        owner: str,
        now: str,
        pace: Pace | None,
        take: Callable[[Kind, str, dict[str, Any], int], None] | None = None,
    ) -> None:
        self.route, self.owner, self.now = route, owner, now
        self.call = Call(actor=actor, user=_user(component), firing=firing, field_validation="Ignore")
        self.pace, self.take = pace, take
        self.sent = Sent()
        self._revisions: dict[tuple[str, str, str], str] = {}
        self._stopped: set[int] = set()

    async def send(self, effects: list[Effect]) -> Sent:
        """Send them in order."""
        for effect in effects:
            if effect.batch in self._stopped:
                continue
            await self._one(effect)
            if self.pace is not None and self.pace.due():
                await self.pace.pause()
        return self.sent

    async def _one(self, effect: Effect) -> None:
        sent = self.sent
        kind = effect.kind
        record = EffectRecord(
            ",".join(effect.rules),
            effect.verb,
            object_ref(kind.ref, effect.namespace, effect.name),
            effect.uid,
            effect.subresource,
            paths=effect.paths,
        )
        sent.records.append(record)
        try:
            entry = await self._request(effect)
        except AlreadyExists as error:
            entry = await self._settle(effect, record, error)
            if entry is None:
                return
        except NotFound as error:
            if effect.verb == "delete":
                record.outcome = "unchanged"
                return
            self._refused(effect, record, error)
            return
        except Conflict as error:
            record.outcome, record.message = "conflict", error.message
            sent.retry = sent.retry or error.message
            return
        except ApiError as error:
            if error.code >= 500:
                record.outcome, record.message = "error", error.message
                sent.unknown.append(effect)
                sent.retry = sent.retry or error.message
                return
            self._refused(effect, record, error)
            return
        sent.written += 1
        if entry is not None:
            self._note(effect, record, entry)
            same = effect.verb == "patch" and effect.seen == entry.value["metadata"]["resourceVersion"]
            if same and self.take is not None:
                record.outcome = "unchanged"
                sent.vain.append(effect)
                return
        if effect.done is not None:
            sent.notices += effect.done(entry.value if entry is not None else {})

    async def _request(self, effect: Effect) -> Entry | None:
        verbs, kind, namespace, name = self.route(effect.kind), effect.kind, effect.namespace, effect.name
        if effect.verb == "create":
            return await verbs.create(kind, namespace, effect.body, self.call)
        if effect.verb == "patch":
            body = effect.body
            guard: dict[str, Any] = {}
            if effect.uid:
                guard["uid"] = effect.uid
            if effect.guarded:
                guard["resourceVersion"] = self._revisions.get((kind.ref, namespace, name), effect.seen)
            if guard:
                body = {**body, "metadata": {**body.get("metadata", {}), **guard}}
            call = replace(self.call, actor=effect.manager) if effect.manager else self.call
            force = True if effect.patch_type == "apply" else None
            return await verbs.patch(kind, namespace, name, body, effect.patch_type, call, effect.subresource, force)
        if effect.verb == "delete":
            options: dict[str, Any] = {"preconditions": {"uid": effect.uid}} if effect.uid else {}
            if effect.grace is not None:
                options["gracePeriodSeconds"] = effect.grace
            if effect.propagation:
                options["propagationPolicy"] = effect.propagation
            return await verbs.delete(kind, namespace, name, options, self.call)
        answer = await verbs.post(kind, namespace, name, effect.subresource, effect.body, self.call)
        return answer if hasattr(answer, "revision") else None

    def _note(self, effect: Effect, record: EffectRecord, entry: Entry) -> None:
        """Remember what must show in the cache before this key is decided again."""
        kind, metadata = effect.kind, entry.value["metadata"]
        record.uid = metadata.get("uid", "")
        record.revision = entry.revision
        key = f"{effect.namespace}/{effect.name}"
        self._revisions[kind.ref, effect.namespace, effect.name] = metadata["resourceVersion"]
        if effect.verb == "delete":
            self.sent.gone.append((kind.ref, key, record.uid))
        else:
            if (
                self.take is not None and entry.value.get("kind") == kind.kind
            ):  # else a part of it: only a view of a part
                self.take(kind, key, entry.value, entry.revision)
            self.sent.expected.append((kind.ref, key, record.uid, entry.revision))
            if effect.verb == "create":
                made = Made(kind.ref, key, record.uid, metadata["resourceVersion"], effect.mark)
                self.sent.made.setdefault(effect.rules[0], made)

    async def _settle(self, effect: Effect, record: EffectRecord, error: AlreadyExists) -> Entry | None:
        """The name is taken: by what an earlier attempt of ours made, or by another's object."""
        try:
            entry = await self.route(effect.kind).get(effect.kind, effect.namespace, effect.name)
        except NotFound:
            self.sent.retry = error.message  # gone again meanwhile
            record.outcome, record.message = "conflict", error.message
            return None
        owners = entry.value["metadata"].get("ownerReferences", ())
        mine = stamp_of(effect.body, self.call.actor)
        if mine is not None and stamp_of(entry.value, self.call.actor) == mine:
            ours = True
        elif effect.body["metadata"].get("ownerReferences"):
            ours = any(reference.get("uid") == self.owner for reference in owners)
        else:  # a generated name follows from who makes it: whoever made it under this name made it for the same
            made = entry.value["metadata"].get("managedFields", ())
            ours = "generateName" in effect.body["metadata"] and any(m.get("manager") == self.call.actor for m in made)
        going = "deletionTimestamp" in entry.value["metadata"]
        if ours and not going:
            return entry
        record.outcome, record.message = "conflict", error.message
        if ours:
            self.sent.gone.append(
                (effect.kind.ref, f"{effect.namespace}/{effect.name}", entry.value["metadata"]["uid"])
            )
        elif "generateName" in effect.body["metadata"]:
            self.sent.foreign = True
        else:
            self._refused(effect, record, error)
            return None
        self.sent.retry = error.message
        return None

    def _refused(self, effect: Effect, record: EffectRecord, error: ApiError) -> None:
        record.outcome, record.message = "refused", error.message
        sent = self.sent
        sent.retry = sent.retry or error.message
        rule = effect.rules[0]
        sent.refused.append({"rule": rule, "reason": error.reason, "message": error.message, "at": self.now})
        if effect.failed is not None:
            sent.notices += effect.failed(error.message)
        if effect.batch:
            self._stopped.add(effect.batch)
