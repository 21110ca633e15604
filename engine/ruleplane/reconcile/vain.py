"""Patches that changed nothing: what the API keeps in another form than it was written, or does not keep at all.

A quantity of ``1024Mi`` is stored as ``1Gi``, an empty list is not stored: compared with what is there, the wish never
is fulfilled, and would be sent at every pass. Sent once in vain, it is not sent again while the object is the same.

Guarantees: another wish, and another state of the object, are sent. What was in vain is tried again after a while, for
the API may have come to know the field. Called by the loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.reconcile.effect import Decision, Effect
    from ruleplane.reconcile.queue import Key

AGAIN = 600 * SECOND  # ns until it is tried again


class Vain:
    """What was in vain, by key and target. ``known`` may be forgotten at any time."""

    def __init__(self) -> None:
        self.known: dict[Key, dict[tuple[str, ...], tuple[str, Any, int]]] = {}

    def drop(self, key: Key, decision: Decision, now: int) -> None:
        """Take out of a decision what would be in vain again."""
        known = self.known.get(key)
        if known:
            decision.effects = [effect for effect in decision.effects if not _is_in(known, effect, now)]

    def note(self, key: Key, effects: Iterable[Effect], now: int) -> None:
        """These have changed nothing."""
        for effect in effects:
            self.known.setdefault(key, {})[*effect.target, effect.manager] = effect.seen, effect.body, now


def _is_in(known: dict[tuple[str, ...], tuple[str, Any, int]], effect: Effect, now: int) -> bool:
    found = known.get((*effect.target, effect.manager)) if effect.verb == "patch" else None
    if found is None:
        return False
    seen, body, at = found
    return seen == effect.seen and now - at < AGAIN and bool(body == effect.body)
