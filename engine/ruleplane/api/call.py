"""Who asks, and what came of it: the values that travel beside every request.

A :class:`Call` is made by the HTTP edge (from the connection and the query) or by the rule engine (from a rule set);
no verb looks anywhere else for the asker. A :class:`Written` is what observers (trace, metrics) are told of a write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated asker."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOBODY = User("")


@dataclass(slots=True)
class Call:
    """One request's circumstances.

    ``actor`` is the field manager that owns what is written (a rule set's name for a rule). ``field_validation`` is
    ``Strict`` (unknown fields refuse the request), ``Warn`` (they are told in ``warnings``) or ``Ignore``; in each case
    they are not stored. ``firing`` is the id of the rule firing that caused the request, 0 for none, negative
    where it gets its id with the commit.
    """

    actor: str = ""
    user: User = NOBODY
    dry_run: bool = False
    field_validation: str = "Warn"
    firing: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """One write that happened; never changed, though not declared frozen: there is one for every write.

    ``entry`` is what is there now (None: the object is gone), ``previous`` what was before (None: it is new),
    ``revision`` the store's revision of the write; ``verb`` is ``create``, ``update``, ``patch``, ``apply``, ``delete``
    or ``post``."""

    call: Call
    verb: str
    kind: Kind
    entry: Entry | None
    previous: Entry | None
    revision: int
    subresource: str = ""
