"""The hook through which every write goes before it is checked and stored, and a chain of such hooks.

Here is only the shape: the declarative defaults are ``defaults.py``, admission rule sets are reconcile's. Admission is
pure: it returns the object that should be stored, the same one if it has nothing to say, and changes neither argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Json


class Admission(Protocol):
    """``verb`` is ``create``, ``update`` or ``delete``; ``old`` is None at creation, ``obj`` what would be stored (at
    deletion: what would go)."""

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """The object to go on with. Raises Forbidden or Invalid to refuse."""

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
