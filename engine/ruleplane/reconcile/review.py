"""One request before the admission rule sets: what they make of it, whether they refuse it, what commits with it.

    mutate: each set in turn on the previous one's object      validate: each set on the object as it would be stored
    a pass -> read by name what it asked about -> the same? -> its effects are staged in the request's transaction

Guarantees: a decision stands only on what the store says of every object that was found by name; the transaction
compares these again when it commits. An expression that fails, or a write that is refused, refuses the request: a rule
set that cannot be asked has not agreed. Nothing is recorded or told before the request has committed, or was refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruleplane.api.call import Call, User
from ruleplane.api.merge import merge_fields, merge_patch
from ruleplane.api.refusals import conflict, forbidden, resource_name
from ruleplane.api.staging import StagedVerbs
from ruleplane.api.transaction import Overtaken
from ruleplane.clock import rfc3339
from ruleplane.errors import AlreadyExists, InternalError, Invalid
from ruleplane.model.trace import Cause, EffectRecord, Firing, Inputs, object_ref
from ruleplane.reconcile.admit import AdmissionPass
from ruleplane.reconcile.send import Sender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.api.admission import Request
    from ruleplane.api.context import Context
    from ruleplane.api.transaction import Transaction
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.program import Program
    from ruleplane.model.trace import Verb
    from ruleplane.reconcile.admission import AdmissionRules, RuleSetAsked
    from ruleplane.reconcile.effect import Effect, Notice

    Json = dict[str, Any]

STAGED = -1  # the firing of a write that waits: its number comes with its commit
DEPTH = 8  # of rule sets whose writes are admitted by rule sets whose writes are admitted …
_ROUNDS = 100  # of reading what the last round asked about: a chain of names this long is endless
_FIXED = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation", "resourceVersion")
_VERBS: dict[str, Verb] = {"CREATE": "create", "UPDATE": "patch", "DELETE": "delete"}


@dataclass(slots=True)
class Outcome:
    """What one rule set has done so far."""

    rules: list[str] = field(default_factory=list)
    records: list[EffectRecord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


class RuleReview:
    """See ``api.admission.Review``."""

    def __init__(
        self, home: AdmissionRules, request: Request, ctx: Context, txn: Transaction, asked: Sequence[RuleSetAsked]
    ) -> None:
        self._home, self._request, self._ctx, self._asked = home, request, ctx, asked
        self.txn = txn
        self._ref = object_ref(request.kind.ref, request.namespace, request.name)
        self._now = home.loop.clock.now()
        self._facts = facts(request)
        self._outcomes: dict[str, Outcome] = {}
        txn.after.append(self._committed)  # before those of the writes that it stages: causes come first

    # --- the two phases -----------------------------------------------------------------------------------------------

    async def mutate(self, obj: Json) -> Json:
        """The object as the rule sets want it."""
        node = self._home.loop.schemas.node(self._request.kind)
        for asked in self._asked:
            if not asked.mutating or not asked.concerns(obj, self._request.old):
                continue
            run = await self._run(asked, obj, asked.mutating)
            outcome = self._note(asked, run)
            before = obj["metadata"]
            for effect in run.decision.effects:
                obj = (
                    merge_patch(obj, effect.body)
                    if effect.patch_type == "merge"
                    else merge_fields(node, obj, effect.body)
                )
                outcome.records.append(self._record(effect))
                if effect.done is not None:
                    outcome.notices += effect.done(obj)
            changed = [name for name in _FIXED if obj["metadata"].get(name) != before.get(name)]
            if changed:
                raise await self._failure(
                    asked.program, run.decision.rules[-1], f"metadata.{changed[0]} cannot be changed"
                )
        return obj

    async def validate(self, obj: Json) -> None:
        """Refuse the object, or stage what commits with it."""
        for asked in self._asked:
            if not asked.judging or not asked.concerns(obj, self._request.old):
                continue
            run = await self._run(asked, obj, asked.judging)
            if run.denials:
                await self._deny(asked.program, run)
            self._note(asked, run)
            if run.decision.effects:
                await self._stage(asked.program, obj, run)

    async def _run(self, asked: RuleSetAsked, obj: Json, rules: Sequence[CompiledRule]) -> AdmissionPass:
        """A pass that stands on what the store says."""
        loop = self._home.loop
        salt = self._home.next_salt()
        for _ in range(_ROUNDS):
            run = AdmissionPass(
                asked.bound, obj, self._request, self._facts, self.txn, self._now, loop.registry, loop.schemas,
                loop.memos, salt,
            )  # fmt: skip
            decision = run.run(rules)
            stale = False
            for key, revision in run.asked.items():
                entry = await self.txn.get(key)
                stale |= (entry.revision if entry is not None else 0) != revision
            if stale:
                continue
            loop.passes += 1
            if decision.errors and not run.denials:
                rule, message = decision.errors[0]
                raise await self._failure(asked.program, rule, message)
            return run
        raise await self._failure(
            asked.program, rules[0].name, f"it reads more than {_ROUNDS} objects by names of others"
        )

    def _note(self, asked: RuleSetAsked, run: AdmissionPass) -> Outcome:
        outcome = self._outcomes.setdefault(asked.program.name, Outcome())
        outcome.rules += run.decision.rules
        outcome.notices += run.decision.notices
        return outcome

    # --- writing besides ----------------------------------------------------------------------------------------------

    async def _stage(self, program: Program, obj: Json, run: AdmissionPass) -> None:
        txn, request = self.txn, self._request
        verbs = StagedVerbs(self._ctx, txn)
        uid = obj["metadata"].get("uid", "")
        sender = Sender(lambda _kind: verbs, program.name, program.component, STAGED, uid, rfc3339(self._now), None)
        for effect in run.decision.effects:
            effect.guarded = effect.verb == "patch"  # what is written is as it was read
        txn.depth += 1
        if txn.depth > DEPTH:
            raise await self._failure(
                program, run.decision.rules[-1], f"writes that admission makes are admitted {DEPTH} deep: it never ends"
            )
        sent = await sender.send(run.decision.effects)
        txn.depth -= 1
        for record in sent.records:
            if record.outcome == "conflict":
                raise Overtaken(request.name, record.ref)
            if record.outcome in ("refused", "error"):
                if any(refused["reason"] == AlreadyExists.reason for refused in sent.refused):
                    why = f"RuleSet '{program.name}', rule '{record.rule}': {record.message}; please try again"
                    raise conflict(request.kind, request.name, why)
                raise await self._failure(program, record.rule, f"{record.verb} {record.ref}: {record.message}")
        outcome = self._outcomes[program.name]
        outcome.records += sent.records
        outcome.notices += sent.notices

    # --- refusing -----------------------------------------------------------------------------------------------------

    async def _deny(self, program: Program, run: AdmissionPass) -> None:
        request = self._request
        texts = list(dict.fromkeys(denial.message for denial in run.denials))
        text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        why = f"RuleSet '{program.name}' denied request: {text}"
        causes = [
            {"reason": "FieldValueInvalid", "message": denial.message, "field": denial.field}
            if denial.field
            else {"reason": denial.reason, "message": denial.message}
            for denial in run.denials
        ]
        error = forbidden(request.kind, request.name, why, causes)
        outcome = Outcome(list(run.decision.rules), [], run.decision.notices)
        for denial in run.denials:
            verb: Verb = (
                "post" if request.operation == "CREATE" and request.old is not None else _VERBS[request.operation]
            )
            record = EffectRecord(denial.rule, verb, self._ref, subresource=request.subresource, outcome="refused")
            record.message = denial.message
            outcome.records.append(record)
        if not request.call.dry_run:
            await self._fire(program, outcome, 0)
        if run.denials[0].reason == Invalid.reason:
            raise Invalid(error.message, details=error.details)
        raise error

    async def _failure(self, program: Program, rule: str, message: str) -> InternalError:
        """The rule set could not be asked, so that the request is refused."""
        path = next((one.path for one in program.rules if one.name == rule), ("spec",))
        line, _ = program.source.place(path)
        self._home.loop.errors[program.name] = f"{rule}: {message}"
        request = self._request
        if not request.call.dry_run:
            await self._fire(program, Outcome(), 0, [(rule, message)])
        return InternalError(
            f"Internal error occurred: RuleSet '{program.name}' failed on "
            f"{resource_name(request.kind, request.subresource)} \"{request.name}\": rule '{rule}' "
            f"({program.source.file}:{line}): {message}"
        )

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def _record(self, effect: Effect) -> EffectRecord:
        return EffectRecord(
            ",".join(effect.rules), "patch", self._ref, effect.uid, effect.subresource, paths=effect.paths
        )

    async def _committed(self, revision: int) -> None:
        """The request is done: number, record and tell."""
        written = {self._ref}
        for write in self.txn.writes.values():
            value = write.value if write.value is not None else write.previous.value if write.previous else {}
            metadata = value["metadata"]
            written.add(object_ref(write.kind.ref, metadata.get("namespace", ""), metadata["name"]))
        for asked in self._asked:
            outcome = self._outcomes.get(asked.program.name)
            if outcome is None or not (outcome.records or outcome.notices):
                continue
            self._home.loop.errors.pop(asked.program.name, None)
            for record in outcome.records:
                if record.ref in written and record.outcome == "done":
                    record.revision = revision
                else:
                    record.outcome, record.revision = "unchanged", 0
            await self._fire(asked.program, outcome, revision)

    async def _fire(
        self, program: Program, outcome: Outcome, revision: int, errors: list[tuple[str, str]] | None = None
    ) -> None:
        loop, request = self._home.loop, self._request
        number = loop.recorder.next_id()
        call = Call(program.name, User(f"system:{program.component}"), firing=number, field_validation="Ignore")
        told = await loop.teller.tell(outcome.notices, program.events_from, call, self._now) if outcome.notices else []
        who = request.call.user.name or request.call.actor
        fired = Firing(
            number,
            self._now,
            program.name,
            program.component,
            self._ref,
            Cause("request", self._ref, revision, self._now, f"{request.operation} by {who}"),
            revision=int(request.old["metadata"].get("resourceVersion") or 0) if request.old is not None else 0,
            rules=tuple(dict.fromkeys(outcome.rules)),
            effects=(*outcome.records, *told),
            error="; ".join(f"{rule}: {message}" for rule, message in errors or ()),
            took=loop.clock.now() - self._now,
            inputs=Inputs(self._now, program.text_hash),
        )
        loop.recorder.record(fired)
        bound = next(asked.bound for asked in self._asked if asked.program is program)
        for observer in loop.observers:
            observer(bound, fired, errors or [])


def facts(request: Request) -> Json:
    """The binding `request`."""
    call, kind = request.call, request.kind
    return {
        "operation": request.operation,
        "user": {"name": call.user.name, "uid": call.user.uid, "groups": list(call.user.groups)},
        "namespace": request.namespace,
        "name": request.name,
        "dryRun": call.dry_run,
        "subresource": request.subresource,
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "options": request.options or ({"fieldManager": call.actor} if call.actor else {}),
    }
