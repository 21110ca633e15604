"""The hooks through which every write goes before it is stored.

:class:`Admission` comes first and is pure: the declarative defaults (``defaults.py``). A :class:`Reviewer` holds what
others have to say of requests: admission rule sets, which are reconcile's. It may read the store, and write besides:
all of that belongs to the request's :class:`~ruleplane.api.transaction.Transaction`.

Order of a write: admission -> the reviewer's ``mutate`` -> admission, on what that changed -> check -> the reviewer's
``validate`` -> commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.api.transaction import Transaction
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json

    Operation: TypeAlias = Literal["CREATE", "UPDATE", "DELETE"]


class Admission(Protocol):
    """``verb`` is ``create``, ``update`` or ``delete``; ``old`` is None at creation, ``obj`` what would be stored (at
    deletion: what would go). Neither is changed."""

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """The object to go on with, the same one where there is nothing to say. Raises Forbidden or Invalid."""

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """Raise Forbidden or Invalid to refuse the object as it is after every mutation."""


class AdmissionChain:
    """Several admissions, each on the previous one's result; then each may still refuse."""

    def __init__(self, links: Sequence[Admission]) -> None:
        self.links = tuple(links)

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """See :meth:`Admission.mutate`."""
        for link in self.links:
            obj = link.mutate(call, verb, kind, subresource, obj, old)
        return obj

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """See :meth:`Admission.validate`."""
        for link in self.links:
            link.validate(call, verb, kind, subresource, obj, old)


@dataclass(slots=True)
class Request:
    """What is asked for. ``old`` is what is there now, None at a creation; ``options`` are a deletion's."""

    call: Call
    operation: Operation
    kind: Kind
    subresource: str
    namespace: str
    name: str
    old: Json | None
    options: Json = field(default_factory=dict)


class Review(Protocol):
    """One request before the reviewer, once: a second attempt is another review."""

    @property
    def txn(self) -> Transaction:
        """What commits with the request."""

    async def mutate(self, obj: Json) -> Json:
        """The object to go on with. Raises ApiError to refuse."""

    async def validate(self, obj: Json) -> None:
        """Stage what commits with the request; raise ApiError to refuse the object as it would be stored."""


class Reviewer(Protocol):
    """Who must be asked about requests."""

    def asks(self, kind: Kind, operation: Operation, subresource: str) -> bool:
        """Whether there is anybody to ask: called for every write."""

    def review(self, request: Request, ctx: Context, txn: Transaction) -> Review:
        """Begin to ask. What is written besides is staged in ``txn`` by the verbs of ``staging.py`` over ``ctx``."""
