"""The Kubernetes verbs over a store: what the HTTP edge, the rule engine and specs call.

Flow of a write: decode -> merge or replace -> keep what is the server's -> admission -> check -> field ownership ->
one transaction -> observers. One file per verb; this class only gives them their parts and one name.

Guarantees: a write that changes nothing writes no revision; a value that was stored is never changed; a conditional
write (resourceVersion, uid) happens on that version or not at all. Nothing here authenticates or authorizes: the
edge does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api import collection, create, delete, listing, patch, scale, subresources, update, watching
from ruleplane.api.context import Checks, Context, Removed
from ruleplane.api.listing import EVERYTHING, Page, Query
from ruleplane.api.ownership import Untracked
from ruleplane.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from typing import TypeAlias

    from ruleplane.api.admission import Admission, Reviewer
    from ruleplane.api.call import Call, Written
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.store.base import Entry, Json, Store

    Observers: TypeAlias = list[Callable[[Written], None]]

__all__ = ["Api", "Page", "Query", "Removed"]


class Api:
    """The verbs. ``tracked``: ``metadata.managedFields`` are kept. ``observers`` are called, in order, after every
    write that happened; they must not raise.

    ``namespace`` is "" for kinds without namespaces and, where many are read, for all namespaces.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        schemas: Schemas,
        clock: Clock,
        random: Random,
        admission: Admission | None = None,
        validator: Checks | None = None,
        *,
        tracked: bool = True,
    ) -> None:
        self._ctx = Context(store, registry, schemas, clock, random, admission, validator)
        if not tracked:
            self._ctx.ownership = Untracked()
        self.store, self.registry = store, registry

    @property
    def observers(self) -> Observers:
        """Who is told of every write."""
        return self._ctx.observers

    def review_with(self, reviewer: Reviewer | None) -> None:
        """Ask this reviewer, and no other any more, about every write from now on."""
        self._ctx.reviewer = reviewer

    def reviewed(self, kind: Kind, subresource: str) -> bool:
        """Whether writes of this subresource of the kind pass the reviewer."""
        if not subresource:
            return True
        parts = self._ctx.strategy(kind).parts
        return subresource in kind.subresources and (
            subresource in ("status", "scale") or subresource in parts or subresource in subresources.POSTS
        )

    def forget(self, kind: Kind) -> None:
        """See :meth:`ruleplane.api.context.Context.forget`."""
        self._ctx.forget(kind)

    async def create(self, kind: Kind, namespace: str, obj: Json, call: Call) -> Entry:
        """See :func:`ruleplane.api.create.create`."""
        return await create.create(self._ctx, kind, namespace, obj, call)

    async def get(self, kind: Kind, namespace: str, name: str, subresource: str = "") -> Entry:
        """See :func:`ruleplane.api.listing.get`; ``subresource`` ``scale`` answers the object's Scale."""
        entry = await listing.get(self._ctx, kind, namespace, name)
        if subresource == "scale":
            return scale.scale_of(kind, entry)
        if subresource:
            self._check_part(kind, subresource)
        return entry

    async def list(self, kind: Kind, namespace: str = "", query: Query = EVERYTHING) -> Page:
        """See :func:`ruleplane.api.listing.list_`."""
        return await listing.list_(self._ctx, kind, namespace, query)

    async def watch(
        self, kind: Kind, namespace: str = "", query: Query = EVERYTHING, notify: Callable[[], None] | None = None
    ) -> watching.Watching:
        """See :func:`ruleplane.api.watching.watch`."""
        return await watching.watch(self._ctx, kind, namespace, query, notify)

    async def update(
        self, kind: Kind, namespace: str, name: str, obj: Json, call: Call, subresource: str = ""
    ) -> Entry:
        """See :func:`ruleplane.api.update.update`; ``scale`` takes and answers a Scale."""
        if subresource == "scale":
            return await scale.update_scale(self._ctx, kind, namespace, name, obj, call)
        if subresource:
            self._check_part(kind, subresource)
        return await update.update(self._ctx, kind, namespace, name, obj, call, subresource)

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
        """See :func:`ruleplane.api.patch.patch`; ``scale`` patches and answers a Scale."""
        if subresource == "scale":
            return await scale.patch_scale(self._ctx, kind, namespace, name, body, patch_type, call)
        if subresource:
            self._check_part(kind, subresource)
        return await patch.patch(self._ctx, kind, namespace, name, body, patch_type, call, subresource, force=force)

    async def delete(self, kind: Kind, namespace: str, name: str, options: Json | None, call: Call) -> Entry:
        """See :func:`ruleplane.api.delete.delete`."""
        return await delete.delete(self._ctx, kind, namespace, name, options, call)

    async def delete_collection(
        self, kind: Kind, namespace: str, query: Query, options: Json | None, call: Call
    ) -> Page:
        """See :func:`ruleplane.api.collection.delete_collection`."""
        return await collection.delete_collection(self._ctx, kind, namespace, query, options, call)

    async def post(self, kind: Kind, namespace: str, name: str, subresource: str, body: Json, call: Call) -> Entry:
        """See :func:`ruleplane.api.subresources.post`."""
        return await subresources.post(self._ctx, kind, namespace, name, subresource, body, call)

    def _check_part(self, kind: Kind, subresource: str) -> None:
        """Raise NotFound unless the subresource is a part of the object that can be read and written."""
        parts = self._ctx.strategy(kind).parts
        if subresource not in kind.subresources or (subresource != "status" and subresource not in parts):
            raise NotFound("the server could not find the requested resource")
