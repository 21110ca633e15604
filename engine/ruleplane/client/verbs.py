"""The verbs that the loop writes through (``reconcile.send.Verbs``), as requests to a remote API server.

Guarantees: what happens is what the in-process verbs do, told in the same errors. A write without an answer raises an
error of code 500 or more: the loop then asks with a consistent read. After a subresource call the object is read, so
that the loop knows which revision must show in its cache.

``may_write`` is asked before each write and raises where another run has taken over (:mod:`ruleplane.client.election`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.listing import Page
from ruleplane.client.listing import listed
from ruleplane.client.paths import collection, item
from ruleplane.client.refusal import causes
from ruleplane.client.translate import way, whole
from ruleplane.errors import Conflict, Forbidden, Invalid, NotFound, ServiceUnavailable, UnsupportedMediaType
from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.call import Call
    from ruleplane.api.listing import Query
    from ruleplane.client.connection import Connection
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas

TRIES = 5  # of a patch that is made from what was read, while others write
_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


class RemoteVerbs:
    """One server. ``namespace``: the only one that is written to ("": any)."""

    def __init__(
        self,
        connection: Connection,
        schemas: Schemas,
        *,
        namespace: str = "",
        may_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection, self._schemas, self._namespace, self._may_write = connection, schemas, namespace, may_write

    async def get(self, kind: Kind, namespace: str, name: str) -> Entry:
        """One object as it is now (a consistent read)."""
        return _entry(kind, await self._connection.ask("GET", item(kind, namespace, name)))

    async def list(self, kind: Kind, namespace: str, query: Query) -> Page:
        """The objects of a kind as they are now (a consistent read), in one namespace or ("") in all that is ours."""
        path = collection(kind, namespace or (self._namespace if kind.namespaced else ""))
        asked = {"fieldSelector": query.field_selector} if query.field_selector else {}
        items, revision = await listed(self._connection, path, asked)
        what = {"apiVersion": kind.api_version, "kind": kind.kind}
        return Page([_entry(kind, {**obj, **what}) for obj in items], int(revision or 0))

    async def create(self, kind: Kind, namespace: str, obj: dict[str, Any], call: Call) -> Entry:
        """A new object."""
        self._check(kind, namespace)
        body = {**obj, "apiVersion": kind.api_version, "kind": kind.kind}
        path = collection(kind, namespace)
        return _entry(kind, await self._connection.ask("POST", path, query=_query(call), body=body))

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Any,
        patch_type: str,
        call: Call,
        subresource: str = "",
        _force: bool | None = None,
    ) -> Entry:
        """A changed object. What is applied is always applied by force: a rule set stands to what it holds."""
        self._check(kind, namespace)
        path = item(kind, namespace, name, subresource)
        if patch_type == "fields":
            patch_type = way(kind, self._schemas.node(kind), body)
            if patch_type == "read":
                return await self._read_and_patch(kind, namespace, name, body, call, path)
        if patch_type not in _TYPES:
            raise UnsupportedMediaType(f"patching {kind.ref} {namespace}/{name}: {patch_type!r} is no patch type")
        return await self._patch(kind, path, body, patch_type, call)

    async def _read_and_patch(
        self, kind: Kind, namespace: str, name: str, body: dict[str, Any], call: Call, path: str
    ) -> Entry:
        """A patch with whole lists, under the resourceVersion of the lists that went into it."""
        node = self._schemas.node(kind)
        asked = body.get("metadata") or {}
        for attempt in range(TRIES):
            entry = await self.get(kind, namespace, name)
            have = entry.value["metadata"]
            for field in ("uid", "resourceVersion"):
                if asked.get(field) not in (None, "", have[field]):
                    raise Conflict(
                        f'Operation cannot be fulfilled on {kind.plural} "{name}": '
                        f"its {field} is {have[field]}, and {asked[field]} was expected"
                    )
            change = whole(node, entry.value, body)
            if not change:
                return entry
            guard = {"uid": have["uid"], "resourceVersion": have["resourceVersion"]}
            change["metadata"] = {**change.get("metadata", {}), **guard}
            try:
                return await self._patch(kind, path, change, "merge", call)
            except Conflict:
                if attempt == TRIES - 1 or asked.get("resourceVersion"):
                    raise
        raise AssertionError  # the last attempt returns or raises

    async def _patch(self, kind: Kind, path: str, body: Any, patch_type: str, call: Call) -> Entry:
        query = _query(call) if patch_type != "apply" else {**_query(call), "force": "true"}
        try:
            answer = await self._connection.ask("PATCH", path, query=query, body=body, content_type=_TYPES[patch_type])
        except Invalid as error:
            if "metadata.uid" in causes(error):  # how Kubernetes words that the object is another one now
                raise Conflict(error.message, details=error.details) from error
            raise
        return _entry(kind, answer)

    async def delete(self, kind: Kind, namespace: str, name: str, options: dict[str, Any] | None, call: Call) -> Entry:
        """A deleted object: as it is while it goes, or as it was."""
        self._check(kind, namespace)
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **(options or {})}
        query = {"dryRun": "All"} if call.dry_run else {}
        answer = await self._connection.ask("DELETE", item(kind, namespace, name), query=query, body=body)
        if answer.get("kind") == "Status":
            uid = (answer.get("details") or {}).get("uid") or body.get("preconditions", {}).get("uid", "")
            answer = {"metadata": {"name": name, "namespace": namespace, "uid": uid, "resourceVersion": ""}}
        return _entry(kind, answer)

    async def post(
        self, kind: Kind, namespace: str, name: str, subresource: str, body: dict[str, Any], call: Call
    ) -> Any:
        """A subresource call; the object as it is afterwards, or what the server answered where it is gone."""
        self._check(kind, namespace)
        detail = kind.subresource(subresource)
        if detail is None:
            raise NotFound(f"{kind.plural}/{subresource} is not served by the server of this cluster")
        api_version, _, speaks = detail.ref.rpartition("/")
        full = {
            "apiVersion": api_version,
            "kind": speaks,
            **body,
            "metadata": {"name": name, "namespace": namespace, **body.get("metadata", {})},
        }
        path = item(kind, namespace, name, subresource)
        answer = await self._connection.ask("POST", path, query=_query(call), body=full)
        try:
            return await self.get(kind, namespace, name)
        except NotFound:
            return answer

    def _check(self, kind: Kind, namespace: str) -> None:
        if self._namespace and kind.namespaced and namespace != self._namespace:
            raise Forbidden(
                f"writing {kind.plural} in namespace {namespace!r}: this run keeps to namespace {self._namespace!r}"
            )
        self._may_write()


def _query(call: Call) -> dict[str, str]:
    query = {"fieldManager": call.actor, "fieldValidation": call.field_validation}
    if call.dry_run:
        query["dryRun"] = "All"
    return query


def _entry(kind: Kind, obj: dict[str, Any]) -> Entry:
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        raise ServiceUnavailable(f"the server answered with no object of kind {kind.ref}: {str(obj)[:200]}")
    key = kind.key(metadata.get("namespace", ""), metadata.get("name", ""))
    revision = int(metadata.get("resourceVersion") or 0)
    return Entry(key, obj, revision, 0, 0)
