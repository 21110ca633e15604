"""The verbs of a dry run: nothing is sent, every write is noted with what it would change.

Patches are computed on the object that the cache holds. What an admission webhook or a default of the server would add
is not known here. Called by the loop in the place of :class:`~ruleplane.client.verbs.RemoteVerbs`;
:mod:`ruleplane.runner` takes the notes after each pass, one per request, in their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.api.merge import merge_fields, merge_patch
from ruleplane.errors import NotFound, UnsupportedMediaType
from ruleplane.store.base import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas


@dataclass(frozen=True, slots=True)
class Change:
    """One write that would happen: ``before`` and ``after`` are whole objects (None: there is none), ``body`` what
    would be sent."""

    verb: str
    kind: Kind
    namespace: str
    name: str
    subresource: str
    body: Any
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Rehearsal:
    """``read``: the cached object of a kind at a namespace and name."""

    def __init__(self, schemas: Schemas, read: Callable[[Kind, str, str], dict[str, Any] | None]) -> None:
        self._schemas, self._read = schemas, read
        self._noted: list[Change] = []

    def taken(self) -> list[Change]:
        """What was noted since the last call."""
        noted, self._noted = self._noted, []
        return noted

    async def get(self, kind: Kind, namespace: str, name: str) -> Entry:
        """One object, from the cache."""
        return _entry(kind, self._have(kind, namespace, name))

    async def create(self, kind: Kind, namespace: str, obj: dict[str, Any], _call: Call) -> Entry:
        """A new object."""
        return self._note("create", kind, namespace, obj["metadata"].get("name", ""), "", obj, None, obj)

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Any,
        patch_type: str,
        _call: Call,
        subresource: str = "",
        _force: bool | None = None,
    ) -> Entry:
        """A changed object."""
        have = self._read(kind, namespace, name)
        if patch_type == "fields":
            new = merge_fields(self._schemas.node(kind), have or {}, body)
        elif patch_type in ("merge", "apply"):
            new = merge_patch(have or {}, body)
        else:
            raise UnsupportedMediaType(f"rehearsing a patch of {kind.ref} {namespace}/{name}: no type {patch_type!r}")
        return self._note("patch", kind, namespace, name, subresource, body, have, new)

    async def delete(self, kind: Kind, namespace: str, name: str, options: dict[str, Any] | None, _call: Call) -> Entry:
        """A deleted object."""
        return self._note("delete", kind, namespace, name, "", options, self._have(kind, namespace, name), None)

    async def post(
        self, kind: Kind, namespace: str, name: str, subresource: str, body: dict[str, Any], _call: Call
    ) -> Any:
        """A subresource call."""
        have = self._read(kind, namespace, name)
        return self._note("post", kind, namespace, name, subresource, body, have, have)

    def _have(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        have = self._read(kind, namespace, name)
        if have is None:
            raise NotFound(f'{kind.plural} "{name}" not found')
        return have

    def _note(
        self,
        verb: str,
        kind: Kind,
        namespace: str,
        name: str,
        subresource: str,
        body: Any,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> Entry:
        self._noted.append(Change(verb, kind, namespace, name, subresource, body, before, after))
        return _entry(kind, after or before or {})


def _entry(kind: Kind, obj: dict[str, Any]) -> Entry:
    """Revision 0 shows at once: nothing is waited for."""
    metadata = {"uid": "", "resourceVersion": "", **(obj.get("metadata") or {})}
    key = kind.key(metadata.get("namespace", ""), metadata.get("name", ""))
    return Entry(key, {**obj, "metadata": metadata}, 0, 0, 0)
