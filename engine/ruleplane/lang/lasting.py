"""What must be undone later: which kinds a rule set may leave something on, and its finalizer.

Called by ``build``. How it is found again and undone is ``matcher.footprint``'s and ``reconcile.retract``'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang import heads
from ruleplane.lang.program import Finalizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruleplane.lang.heads import CompiledRule
    from ruleplane.lang.unit import Unit
    from ruleplane.model import ruleset

_READ = (("metadata", "deletionTimestamp"), ("metadata", "finalizers"))


def compile_finalizer(unit: Unit, shape: ruleset.Finalizer) -> Finalizer:
    """The finalizer of a rule set; its coming and going wakes the primary. Raises SourceError."""
    path = ("spec", "finalizer", "until")
    tree = unit.parse(shape.until, path)
    unit.follow({}, tree)
    unit.reads.setdefault(unit.primary, set()).update(_READ)
    return Finalizer(shape.name, unit.compile(tree, path))


def leaves(
    unit: Unit, for_: ruleset.Primary, rules: Sequence[CompiledRule], spec: ruleset.RuleSetSpec
) -> frozenset[str]:
    """Kinds on whose objects something may lie that must be undone. Raises SourceError for what could not be found
    again."""
    if spec.finalizer is not None and for_.by is not None:
        raise unit.source.error("a group has no object to put a finalizer on", ("spec", "finalizer"), key=True)
    kinds: set[str] = {for_.kind} if spec.finalizer is not None else set()
    for rule, shape in zip(rules, spec.rules, strict=True):
        if not rule.lasting:
            continue
        match rule.head:
            case heads.Ensure():
                kinds.add(rule.head.kind)
            case heads.Apply():  # `to` may be any object that the rules can see
                kinds.update((for_.kind, *(relation.kind for relation in unit.relations.values())))
            case heads.Keep():
                own = shape.keep is not None and shape.keep.of.strip() == f"${{{unit.primary}}}"
                if spec.finalizer is None and (not own or for_.where is not None):
                    raise unit.source.error(
                        "`keep` leaves no mark by which it could be undone once the primary is gone: "
                        "give the rule set a `finalizer`, or use `apply`",
                        (*rule.path, "while"),
                        key=True,
                    )
    return frozenset(kinds)
