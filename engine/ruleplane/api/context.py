"""What every verb needs at hand, and the two steps that all writes end with: check, and commit.

Made once by :class:`~ruleplane.api.verbs.Api`; verbs take it as their first argument and keep no state of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.api.admission import Request
from ruleplane.api.call import Written
from ruleplane.api.conversion import seen_as, to_store
from ruleplane.api.field_error import refusal
from ruleplane.api.merge import bare
from ruleplane.api.ownership import Ownership
from ruleplane.api.strategies import settings
from ruleplane.api.transaction import Transaction
from ruleplane.clock import rfc3339
from ruleplane.errors import RuleplaneError
from ruleplane.store.base import Compare, Delete, Entry, Put

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ruleplane.api.admission import Admission, Operation, Review, Reviewer
    from ruleplane.api.call import Call
    from ruleplane.api.field_error import FieldError
    from ruleplane.api.strategies import Strategy
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import SchemaNode, Schemas
    from ruleplane.store.base import Json, Op, Store, TxnResult


class Checks(Protocol):
    """Reads clients' objects and finds mistakes in them (``validate.py``)."""

    def decode(
        self,
        kind: Kind,
        body: Json,
        field_validation: str = ...,
        warnings: list[str] | None = ...,
        definition: str = ...,
    ) -> Json:
        """A client's object in the form that is stored. Raises BadRequest."""

    def validate(self, kind: Kind, obj: Json, old: Json | None = ..., subresource: str = ...) -> list[FieldError]:
        """The mistakes of an object, none if it may be stored."""


class Removed(Entry):
    """The last state of an object that is gone; what ``delete`` returns when nothing remains to be waited for."""

    __slots__ = ()


_NOTHING: dict[str | None, int] = {"integer": 0, "boolean": False}  # by type, what nobody has said


class Context:
    """The API's parts, and the last steps of a write."""

    __slots__ = (
        "_nodes",
        "_statuses",
        "admission",
        "clock",
        "namespace_kind",
        "observers",
        "ownership",
        "random",
        "registry",
        "reviewer",
        "schemas",
        "settings",
        "store",
        "txn",
        "validator",
    )  # fmt: skip

    def __init__(
        self,
        store: Store,
        registry: Registry,
        schemas: Schemas,
        clock: Clock,
        random: Random,
        admission: Admission | None = None,
        validator: Checks | None = None,
    ) -> None:
        self.store, self.registry, self.schemas, self.clock, self.random = store, registry, schemas, clock, random
        self.admission, self.validator = admission, validator
        self.reviewer: Reviewer | None = None
        self.txn: Transaction | None = None  # that writes are staged in, instead of being stored (``staging.py``)
        self.ownership = Ownership()
        self.settings = settings()
        self.namespace_kind = registry.get(self.settings.namespace_kind)
        self.observers: list[Callable[[Written], None]] = []
        self._statuses: dict[str, Json] = {}
        self._nodes: dict[str, tuple[Kind, SchemaNode | None]] = {}

    def node(self, kind: Kind) -> SchemaNode | None:
        """The type of a kind's objects; None where nobody told it."""
        known = self._nodes.get(kind.ref)
        if known is None or known[0] is not kind:
            try:
                node = self.schemas.node(kind)
            except RuleplaneError:
                node = None
            known = self._nodes[kind.ref] = (kind, node)
        return known[1]

    def empty_status(self, kind: Kind) -> Json:
        """The status of an object of which nobody has said anything: what must be there, as 0 and false."""
        status = self._statuses.get(kind.ref)
        if status is None:
            root = self.node(kind)
            node = root.field("status") if root is not None else None
            fields = [(name, node.field(name)) for name in node.required] if node is not None else []
            status = {
                name: _NOTHING[field.type] for name, field in fields if field is not None and field.type in _NOTHING
            }
            self._statuses[kind.ref] = status
        return status

    def forget(self, kind: Kind) -> None:
        """The types of a (custom) kind have changed, or are no more."""
        self._statuses.pop(kind.ref, None)
        self._nodes.pop(kind.ref, None)

    def strategy(self, kind: Kind) -> Strategy:
        """The kind's ways."""
        return self.settings.of(kind)

    def now(self) -> str:
        """The present instant as objects hold it."""
        return rfc3339(self.clock.now())

    def decode(self, kind: Kind, body: Json, call: Call) -> Json:
        """A client's object as it would be stored: no nulls, no unknown fields. What a rule wrote is taken as it is:
        its shape was checked with the rule, and :meth:`check` refuses what slipped through. Raises BadRequest."""
        if not call.firing:
            if self.validator is None:
                body = bare(body)
            else:
                body = self.validator.decode(kind, body, call.field_validation, call.warnings)
        return self.settings.of(kind).stored(body)

    def check(
        self,
        kind: Kind,
        obj: Json,
        old: Json | None = None,
        subresource: str = "",
        errors: list[FieldError] | None = None,
    ) -> None:
        """Raise Invalid, with every mistake (``errors``: those that were found before), if the object may not be
        stored."""
        found = errors or []
        if self.validator is not None:
            found = found + self.validator.validate(kind, obj, old, subresource)
        if found:
            raise refusal(kind, (obj.get("metadata") or {}).get("name") or "", found)

    # --- admission ----------------------------------------------------------------------------------------------------

    def review(
        self,
        call: Call,
        operation: Operation,
        kind: Kind,
        key: str,
        obj: Json,
        old: Json | None,
        subresource: str = "",
        options: Json | None = None,
    ) -> Review | None:
        """The review of a request by whom the reviewer has to ask; None where it is nobody."""
        reviewer = self.reviewer
        if reviewer is None or not reviewer.asks(kind, operation, subresource):
            return None
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        txn = self.txn if self.txn is not None else Transaction(self.store, key, name)
        request = Request(call, operation, kind, subresource, namespace, name, old, options or {})
        return reviewer.review(request, self, txn)

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """The object with its defaults."""
        if self.admission is None:
            return obj
        obj = self.admission.mutate(call, verb, kind, subresource, obj, old)
        self.admission.validate(call, verb, kind, subresource, obj, old)
        return obj

    # --- storing ------------------------------------------------------------------------------------------------------

    async def get(self, kind: Kind, key: str) -> Entry | None:
        """What is there now, to be changed, in this version of its kind."""
        entry = await self.store.get(key)
        return None if entry is None else seen_as(kind, entry)

    async def put(
        self,
        call: Call,
        verb: str,
        kind: Kind,
        key: str,
        value: Json,
        previous: Entry | None,
        subresource: str = "",
        review: Review | None = None,
    ) -> Entry | None:
        """Store ``value`` where ``previous`` still is (None: nothing is), and what its review wants with it; None if
        that is no longer so. Raises Overtaken where what the review read is no longer so."""
        if call.dry_run:
            return _unstored(key, value, previous)
        own = Compare(key, previous.revision if previous is not None else 0)
        result = await self._commit(own, Put(key, to_store(kind, value)), review)
        if result is None:
            return None
        stored = result.entries[0]
        assert stored is not None  # a Put leaves an entry
        entry = seen_as(kind, stored)
        if self.observers:
            self._tell(Written(call, verb, kind, entry, previous, result.revision, subresource))
        if review is not None:
            await self._committed(review.txn, result)
        return entry

    async def remove(
        self,
        call: Call,
        verb: str,
        kind: Kind,
        previous: Entry,
        last: Json,
        subresource: str = "",
        review: Review | None = None,
    ) -> Removed | None:
        """Remove ``previous``, whose last state is ``last``, with what its review wants; None if it changed meanwhile.
        Raises Overtaken."""
        key, revision = previous.key, previous.revision
        if not call.dry_run:
            result = await self._commit(Compare(key, previous.revision), Delete(key), review)
            if result is None:
                return None
            revision = result.revision
            if self.observers:
                self._tell(Written(call, verb, kind, None, previous, revision, subresource))
            if review is not None:
                await self._committed(review.txn, result)
        return Removed(key, last, revision, previous.created, previous.version)

    async def _commit(self, own: Compare, op: Op, review: Review | None) -> TxnResult | None:
        if review is None:
            result = await self.store.txn((own,), (op,))
            return result if result.succeeded else None
        txn = review.txn
        result = await self.store.txn(txn.compares(own), txn.ops(op))
        if not result.succeeded:
            txn.failed(own, result)
            return None
        return result

    async def _committed(self, txn: Transaction, result: TxnResult) -> None:
        """Tell of what was written besides."""
        for (key, write), entry in zip(txn.writes.items(), result.entries[1:], strict=True):
            after = None if write.value is None else entry
            if after is not None or write.previous is not None:
                self._tell(
                    Written(
                        write.call, write.verb, write.kind, after, write.previous, result.revision, write.subresource
                    )
                )
            assert entry is None or entry.key == key
        for done in txn.after:
            await done(result.revision)

    def _tell(self, written: Written) -> None:
        for observer in self.observers:
            observer(written)


def _unstored(key: str, value: dict[str, Any], previous: Entry | None) -> Entry:
    """What a dry run answers: the object as it would be, at the revision at which it is."""
    if previous is None:
        return Entry(key, value, 0, 0, 1)
    metadata = {**value["metadata"], "resourceVersion": str(previous.revision)}
    return Entry(key, {**value, "metadata": metadata}, previous.revision, previous.created, previous.version)
