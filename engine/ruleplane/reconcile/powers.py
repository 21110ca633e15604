"""What somebody gains who writes a rule set or a library: nobody may do by rules what they may not do themselves.

Rules act as their component, which may do anything. Whoever stands before the API (``server``) asks here what a write
would give, and refuses it to those who do not hold that. Pure; made by ``cluster``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.lang.rights import powers
from ruleplane.reconcile.catalog import LIBRARY, RULE_SET

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.reconcile.catalog import Catalog

    Json = dict[str, Any]

EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


class Powers:
    """Over the rule sets of a catalog; ``registry``: the kinds that there are."""

    def __init__(self, catalog: Catalog, registry: Registry) -> None:
        self._catalog, self._registry = catalog, registry

    def given(self, kind: Kind, obj: Json, old: Json | None) -> list[Json]:
        """The rules of a role that holds all that this write, which has passed admission, would let rules do; none
        where it changes nothing of it."""
        if kind.ref not in (RULE_SET, LIBRARY):
            return []
        if _noted(obj) != _noted(old):
            return [EVERYTHING]  # the text by which a rule set is undone one day: nobody else looks at it again
        if old is not None and old.get("spec") == obj.get("spec"):
            return []
        programs = [self._catalog.trial(obj)] if kind.ref == RULE_SET else self._catalog.callers(obj)
        return [rule for program in programs for rule in powers(program, self._registry)]


def _noted(obj: Json | None) -> Any:
    return ((obj or {}).get("status") or {}).get("inForce")
