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
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas

_LOG = logging.getLogger("ruleplane.definitions")


class Definitions:
    """Adds to ``registry`` and ``schemas``; who remembers something of a kind listens to the registry."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry, self._schemas = registry, schemas
        self._builtin = list(registry)
        self._served: dict[str, list[Kind]] = {}
        self._texts: dict[str, Any] = {}  # what each was served from
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
        text = None if obj is None else (obj.get("spec"), "deletionTimestamp" in obj["metadata"])
        if key in self._served and self._texts.get(key) == text:
            return  # only its status or labels are others
        self._texts[key] = text
        before = self._served.pop(key, [])
        after = [] if obj is None else self._add(key, obj)
        for kind in before:
            if all(kind.ref != other.ref for other in after):
                self._schemas.remove(kind)
                self._registry.remove(kind)
        if after:
            self._served[key] = after

    def _add(self, key: str, obj: dict[str, Any]) -> list[Kind]:
        if self._is_taken(key, obj):
            self._waiting[key] = obj
            return []
        try:
            return serve([obj], self._registry, self._schemas)
        except RuleplaneError as error:
            _LOG.error("%s", error)
            return []

    def _is_taken(self, key: str, obj: dict[str, Any]) -> bool:
        """Whether the names are those of a kind that is served for another reason."""
        spec = obj.get("spec") or {}
        group, names = spec.get("group"), spec.get("names") or {}
        others = [kind for name, kinds in self._served.items() if name != key for kind in kinds]
        return any(
            kind.group == group and (kind.kind == names.get("kind") or kind.plural == names.get("plural"))
            for kind in (*self._builtin, *others)
        )
