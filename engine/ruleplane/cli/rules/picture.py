"""Who reads and writes what: rule sets, kinds and fields as a graph. Drawn by ``svg.py`` and ``notation.py``.

A kind is read on one side and written on the other, because most controllers read the kinds that they write: with one
place per kind every picture would be a knot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Registry
    from ruleplane.model.schema import Schemas

_VERBS = ("create", "patch", "delete", "admit")
_READS = frozenset({"get", "list", "watch"})


@dataclass
class Arrow:
    """One rule set and one kind: ``verbs`` in the order of a life ("" subresource or ``create binding``), ``fields`` as
    dotted paths; ``primary``: the kind that the rule set is for."""

    rules: str
    kind: str
    verbs: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    primary: bool = False


@dataclass
class Picture:
    """What is drawn. ``sets``: rule set -> (component, doc)."""

    sets: dict[str, tuple[str, str]]
    reads: list[Arrow]
    writes: list[Arrow]

    def kinds(self, arrows: list[Arrow]) -> list[str]:
        """The kinds on one side, in order of appearance."""
        return list(dict.fromkeys(arrow.kind for arrow in arrows))

    def about(self, rule_sets: list[str], kinds: list[str]) -> Picture:
        """The part that concerns these rule sets, and who reads or writes these kinds (short or long); none: all."""
        wanted = set(rule_sets) or set(self.sets)
        if kinds:
            near = {arrow.rules for arrow in (*self.reads, *self.writes) if _is(arrow.kind, kinds)}
            wanted &= near
        chosen = {name: told for name, told in self.sets.items() if name in wanted}

        def part(arrows: list[Arrow]) -> list[Arrow]:
            return [a for a in arrows if a.rules in chosen and (not kinds or _is(a.kind, kinds) or bool(rule_sets))]

        return Picture(chosen, part(self.reads), part(self.writes))


def _is(kind: str, wanted: list[str]) -> bool:
    return any(kind == each or short(kind).lower() == each.lower() for each in wanted)


def short(kind: str) -> str:
    """The last part of a kind's reference.

    >>> short("apps/v1/ReplicaSet"), short("*"), short("")
    ('ReplicaSet', 'any kind', 'unknown kind')
    """
    return {"*": "any kind", "": "unknown kind"}.get(kind, kind.rpartition("/")[2])


def picture(programs: list[Program], registry: Registry, schemas: Schemas) -> Picture:
    """The graph of these rule sets."""
    from ruleplane.lang.access import accesses

    def node(ref: str) -> object:
        kind = registry.get(ref)
        return schemas.node(kind) if kind is not None else None

    reads: dict[tuple[str, str], Arrow] = {}
    writes: dict[tuple[str, str], Arrow] = {}
    for program in programs:
        for access in accesses(program, node):  # type: ignore[arg-type]
            side = reads if access.verb in _READS else writes
            key = (program.name, access.kind)
            arrow = side.setdefault(key, Arrow(program.name, access.kind, primary=access.kind == program.kind))
            arrow.fields += [text for path in access.paths if (text := dotted(path)) not in arrow.fields]
            if access.verb not in _READS:
                verb = f"{access.verb} {access.subresource}" if access.subresource else access.verb
                arrow.verbs += [verb] if verb not in arrow.verbs else []
    for arrow in (*reads.values(), *writes.values()):
        arrow.fields.sort()
        arrow.verbs.sort(key=lambda verb: (_VERBS.index(verb.split()[0]), verb))
    sets = {program.name: (program.component, " ".join(program.doc.split())) for program in programs}
    return Picture(sets, list(reads.values()), list(writes.values()))


def dotted(path: tuple[str, ...]) -> str:
    """A path for people.

    >>> dotted(("status", "conditions", "[type=Ready]", "reason")), dotted(())
    ('status.conditions[type=Ready].reason', '(whole)')
    """
    text = ""
    for part in path:
        text += part if part.startswith("[") or not text else f".{part}"
    return text or "(whole)"


def folded(fields: list[str], most: int) -> list[str]:
    """At most ``most`` lines: deep paths give way to what they have in common, then the rest is counted.

    >>> folded(["metadata.name", "spec.a.b", "spec.a.c", "status.x"], 3)
    ['metadata.name', 'spec.a', 'status.x']
    >>> folded(["a", "b", "c"], 2)
    ['a', '+ 2 more']
    """
    depth = max((each.count(".") for each in fields), default=0)
    shown = fields
    while len(shown) > most and depth > 0:
        shown = list(dict.fromkeys(".".join(each.split(".")[: depth + 1]) for each in fields))
        depth -= 1
    if len(shown) > most:
        return [*shown[: most - 1], f"+ {len(shown) - most + 1} more"]
    return shown
