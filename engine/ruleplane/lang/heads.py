"""Compiled rules: what the loader makes of a file and ``reconcile.decide`` runs. Data and callables, no behaviour.

Every callable takes the scope first (see program.py), then the parameters named in its field's comment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.lang.cel.ast import Expr
    from ruleplane.lang.source import Path

    Fn: TypeAlias = "Callable[..., Any]"


@dataclass(slots=True)
class Told:
    """One Event to record. ``reason``, ``message`` and ``type`` take the rule's parameters and ``object``,
    ``error``."""

    reason: Fn
    message: Fn
    type: Fn
    about: Fn | None = None
    host: Fn | None = None
    about_takes: int = 0  # how many of the parameters `about` and `host` take


@dataclass(slots=True)
class Events:
    """Which Events go with a head; ``done`` is the single one."""

    created: tuple[Told, ...] = ()
    deleted: tuple[Told, ...] = ()
    updated: tuple[Told, ...] = ()
    refused: tuple[Told, ...] = ()
    done: tuple[Told, ...] = ()


@dataclass(slots=True)
class Ensure:
    """``by`` takes the element; ``key`` takes an object; ``create``/``delete``/``update`` take the list they choose
    from;
    ``template``/``initial`` take the element."""

    kind: str
    objects: Fn
    template: Fn
    initial: Fn | None
    start: Fn | None  # `from`
    owner: Literal["controller", "owner", ""]
    count: Fn | None = None
    each: Fn | None = None
    by: Fn | None = None
    key: Fn | None = None
    create: Fn | None = None
    delete: Fn | None = None
    update: Fn | None = None
    grace: Fn | None = None
    static: bool = False  # template without any field to keep: nothing can ever be `different`


@dataclass(slots=True)
class Apply:
    """``to`` yields the object (None: the primary); ``fields`` its desired part."""

    to: Fn | None
    fields: Fn
    subresource: str = ""
    guarded: bool = False  # its expressions read the object that it writes


@dataclass(slots=True)
class Keep:
    """``mine`` takes an element; ``wanted`` yields the list of mine."""

    of: Fn
    path: tuple[str, ...]
    mine: Fn
    wanted: Fn
    subresource: str = ""
    own: bool = False  # the list is the primary's


@dataclass(slots=True)
class Delete:
    """``objects`` yields one object or a list."""

    objects: Fn
    propagation: Fn | None = None
    grace: Fn | None = None


@dataclass(slots=True)
class Post:
    """``to`` yields the object, ``body`` the subresource's object."""

    to: Fn
    subresource: str
    body: Fn | None = None


@dataclass(slots=True)
class Set:
    """Admission: ``fields`` of the incoming object; ``under``: only where it does not say."""

    fields: Fn
    under: bool = False


@dataclass(slots=True)
class Deny:
    """Admission: the request is refused. ``field`` is the path of what is at fault."""

    message: Fn
    reason: str = "Forbidden"
    field: Fn | None = None


@dataclass(slots=True)
class Filter:
    """``require`` and ``message`` take the candidate (and the element of ``each``)."""

    name: str
    require: Fn
    message: Fn
    each: Fn | None = None
    final: bool = False


@dataclass(slots=True)
class Score:
    """``value`` takes the candidate; ``normalize``: scaled over all who passed."""

    name: str
    value: Fn
    weight: int
    normalize: Literal["highest", "lowest"] | None = None


@dataclass(slots=True)
class Outcome:
    """What follows a choice. Callables take the candidate (``then``) or nothing (``none``)."""

    post: Post | None = None
    apply: Apply | None = None
    set: Set | None = None
    event: tuple[Told, ...] = ()


@dataclass(slots=True)
class Choose:
    """``shape`` yields the fields of the primary that filters and scores read: equal shapes share verdicts."""

    variable: str
    candidates: Fn
    filters: tuple[Filter, ...]
    scores: tuple[Score, ...]
    then: Outcome
    none: Outcome | None
    shape: tuple[tuple[str, ...], ...]
    enough: Fn | None
    memo: bool  # filters and scores read nothing but the primary, the candidate and relations of the candidate

    @property
    def scaled(self) -> bool:
        """Whether a score depends on those of the other candidates."""
        return any(score.normalize for score in self.scores)


Head: TypeAlias = Ensure | Apply | Keep | Delete | Choose | Post | Set | Deny


@dataclass(slots=True)
class CompiledRule:
    """One rule. ``when`` takes the element of ``each`` if ``when_each``; ``lasting``: a `while`, whose doing is
    undone. ``head`` is None where only Events are told."""

    name: str
    doc: str
    index: int
    path: Path
    head: Head | None
    when: Fn | None = None
    when_each: bool = False
    each: Fn | None = None
    events: Events | None = None
    lasting: bool = False
    finalize: bool = False
    mutates: bool = False  # admission: it writes the incoming object
    expressions: dict[str, Expr] = field(default_factory=dict)  # by place, for explanations
