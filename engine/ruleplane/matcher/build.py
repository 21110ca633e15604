"""Chooses a matcher: the door for who has clauses and wants to know which of them an object meets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Literal, Protocol

from ruleplane.matcher.closures import ClosureMatcher, Stats
from ruleplane.matcher.durable import DurableMatcher
from ruleplane.matcher.engine import EngineUnavailable, load_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.matcher.clause import Clause, Get

MEMO: Final = 8192
"""How many answers a matcher remembers per kind, unless told."""

_log = logging.getLogger("ruleplane.matcher")


class Matcher(Protocol):
    """Which clauses does an object meet?"""

    stats: Stats

    def match(self, kind: str, get: Get) -> tuple[str, ...]:
        """The names of the clauses of ``kind`` that match, in the order of their declaration; none for other kinds.

        ``get`` reads a field of the object: see :func:`ruleplane.matcher.closures.getter`.
        """
        ...

    def close(self) -> None:
        """Give back what is held outside Python. Idempotent; after it, ``match`` may raise ``RuntimeError``."""
        ...


def build_matcher(
    clauses: Mapping[str, Mapping[str, Clause]],
    engine: Literal["auto", "durable", "closures"] = "auto",
    memo: int = MEMO,
) -> Matcher:
    """A matcher of ``clauses`` (kind → name → clause), to be closed when the clauses change.

    ``auto`` is durable-rules where its extension can be imported, else closures, with one line of log. ``memo`` is the
    number of answers remembered per kind by the former, 0 for none. Raises
    :class:`~ruleplane.matcher.engine.EngineUnavailable` for ``durable`` without the extension.
    """
    if engine == "closures":
        return ClosureMatcher(clauses)
    try:
        extension = load_engine()
    except EngineUnavailable as error:
        if engine == "durable":
            raise
        _log.warning("clauses are matched by Python closures: %s", error)
        return ClosureMatcher(clauses)
    return DurableMatcher(clauses, extension, memo)
