"""Serves the kinds that objects define: a definition comes, changes or goes, and its kind is served, anew or no longer.

The store is told first, then this, before the request that wrote the definition is answered: who has been told that it
is there can use it at once. What a definition's status says is a rule's business (``rules/apiserver``), and so is the
removal of its objects. Made by ``cluster``; it feeds on the definitions alone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError
from ruleplane.model.crd import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas

    Forget = Callable[[Kind], None]

_LOG = logging.getLogger("ruleplane.definitions")


class Definitions:
    """``registries``: where kinds are known; ``forget``: who remembers something of a kind's types."""

    def __init__(self, registries: Iterable[Registry], schemas: Schemas, forget: Iterable[Forget]) -> None:
        self._first, *self._others = registries
        self._schemas, self._forget = schemas, tuple(forget)
        self._builtin = list(self._first)
        self._served: dict[str, list[Kind]] = {}
        self._waiting: dict[str, dict[str, Any]] = {}  # whose names another definition has

    def feed(self, _kind: Kind, key: str, obj: dict[str, Any] | None, _revision: int = 0, _event: str = "") -> None:
        """A watch event of a definition."""
        self._waiting.pop(key, None)
        self._serve(key, obj)
        for name, waiting in list(self._waiting.items()):
            if not self._is_taken(name, waiting):
                del self._waiting[name]
                self._serve(name, waiting)

    def _serve(self, key: str, obj: dict[str, Any] | None) -> None:
        before = self._served.pop(key, [])
        after: list[Kind] = []
        if obj is not None and self._is_taken(key, obj):
            self._waiting[key] = obj
        elif obj is not None:
            try:
                after = serve([obj], self._first, self._schemas)
            except RuleplaneError as error:
                _LOG.error("%s", error)
        for kind in before:
            if all(kind.ref != other.ref for other in after):
                self._first.remove(kind)
                self._schemas.remove(kind)
                for registry in self._others:
                    registry.remove(kind)
        for kind in after:
            for registry in self._others:
                registry.add(kind)
        for kind in (*before, *after):
            for forget in self._forget:
                forget(kind)
        if after:
            self._served[key] = after

    def _is_taken(self, key: str, obj: dict[str, Any]) -> bool:
        """Whether the names are those of a kind that is served for another reason."""
        spec = obj.get("spec") or {}
        group, names = spec.get("group"), spec.get("names") or {}
        others = [kind for name, kinds in self._served.items() if name != key for kind in kinds]
        return any(
            kind.group == group and (kind.kind == names.get("kind") or kind.plural == names.get("plural"))
            for kind in (*self._builtin, *others)
        )
