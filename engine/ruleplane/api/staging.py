"""Writes that wait for another request: the verbs, over a transaction instead of the store.

A write staged here is decoded, defaulted, admitted, checked and owned as any other; only its last step differs, and
where it reads an object that it will change, the transaction depends on that object. Called by the reviewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api import create, delete, patch
from ruleplane.api.context import Context, Removed
from ruleplane.api.conversion import seen_as, to_store
from ruleplane.api.refusals import not_found, resource_name
from ruleplane.api.transaction import Staged
from ruleplane.errors import InternalError
from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from ruleplane.api.admission import Review
    from ruleplane.api.call import Call
    from ruleplane.api.transaction import Transaction
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json

_SHARED = tuple(name for name in Context.__slots__ if name != "txn")


class Staging(Context):
    """The parts of an API, with the transaction of one request in the store's place."""

    __slots__ = ()

    def __init__(self, base: Context, txn: Transaction) -> None:
        for name in _SHARED:
            setattr(self, name, getattr(base, name))
        self.txn = txn

    async def get(self, kind: Kind, key: str) -> Entry | None:
        """What is there, or will be, in this version of its kind."""
        assert self.txn is not None
        entry = await self.txn.get(key)
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
        """Stage it; None where the object is another by now."""
        if not await self._holds(kind, key, value, previous):
            return None
        assert self.txn is not None
        revision = previous.revision if previous is not None else 0
        version = previous.version + 1 if previous is not None else 1
        # until the store stamps it: what is conditional on this object compares with what it was
        value = {**value, "metadata": {**value["metadata"], "resourceVersion": str(revision)}}
        entry = Entry(key, value, revision, previous.created if previous is not None else 0, version)
        self.txn.stage(key, entry, Staged(call, verb, kind, to_store(kind, value), previous, subresource))
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
        """Stage the removal; None where the object is another by now."""
        if not await self._holds(kind, previous.key, last, previous):
            return None
        assert self.txn is not None
        self.txn.stage(previous.key, None, Staged(call, verb, kind, None, previous, subresource))
        return Removed(previous.key, last, previous.revision, previous.created, previous.version)

    async def _holds(self, kind: Kind, key: str, value: Json, previous: Entry | None) -> bool:
        assert self.txn is not None
        if key == self.txn.key:
            raise InternalError(
                f'{resource_name(kind)} "{value["metadata"]["name"]}" is what the request itself writes: '
                "no other write of it can commit with it"
            )
        found = await self.txn.get(key)
        return _state(found) == _state(previous)


def _state(entry: Entry | None) -> tuple[int, int] | None:
    """Which of an object's states this is: what is staged counts on from what is stored."""
    return None if entry is None else (entry.revision, entry.version)


class StagedVerbs:
    """What admission writes with; reads are of the transaction too."""

    def __init__(self, base: Context, txn: Transaction) -> None:
        self._ctx = Staging(base, txn)

    async def get(self, kind: Kind, namespace: str, name: str) -> Entry:
        """One object. Raises NotFound."""
        entry = await self._ctx.get(kind, kind.key(namespace, name))
        if entry is None:
            raise not_found(kind, name)
        return entry

    async def create(self, kind: Kind, namespace: str, obj: Json, call: Call) -> Entry:
        """A new object."""
        return await create.create(self._ctx, kind, namespace, obj, call)

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
        """A changed object."""
        return await patch.patch(self._ctx, kind, namespace, name, body, patch_type, call, subresource, force=force)

    async def delete(self, kind: Kind, namespace: str, name: str, options: Json | None, call: Call) -> Entry:
        """A deleted object."""
        return await delete.delete(self._ctx, kind, namespace, name, options, call)

    async def post(self, kind: Kind, namespace: str, name: str, subresource: str, body: Json, call: Call) -> Entry:
        """No subresource is called from within a request: the loader refuses such rules."""
        raise InternalError(f'{resource_name(kind, subresource)} "{name}" cannot be called from within a request')
