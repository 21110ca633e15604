"""The rights that a rule set needs, found in its text (``access``): it errs on the side of more where that is vague.

Two ask: who runs rules from outside wants the least role (:func:`grants`), and who lets others install rules wants to
know what they may do by it (:func:`powers`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError
from ruleplane.lang.access import EVENT, UNKNOWN, accesses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ruleplane.lang.access import Access
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Kind, Registry

Grants = dict[tuple[str, str], set[str]]  # (API group, resource) -> verbs

_WRITES = frozenset({"create", "patch", "update", "delete"})
_EVERY = "*"
_HANDS_OUT = frozenset({"rbac.authorization.k8s.io", "ruleplane.dev", _EVERY})  # groups of which objects give rights
_BEYOND = frozenset({"escalate", "bind"})  # what lets one write there what one does not hold


def grants(programs: Iterable[Program], registry: Registry) -> tuple[Grants, Grants]:
    """What is needed on kinds of the cluster, and on kinds that live in namespaces. Raises RuleplaneError."""
    wide: Grants = defaultdict(set)
    narrow: Grants = defaultdict(set)
    for program in programs:
        for access in _needed(program):
            if access.verb == "admit":
                continue
            if access.kind == UNKNOWN:
                raise RuleplaneError(
                    f"{program.source.file}: rule {access.rule} of {program.name} writes an object whose kind the "
                    "text does not tell: name it through a variable, a relation, or a map with apiVersion and kind"
                )
            if access.kind == _EVERY:
                wide[_EVERY, _EVERY].add(access.verb)
                continue
            kind = _kind(registry, access.kind, program)
            _grant(narrow if kind.namespaced else wide, kind, access, access.verb)
    return wide, narrow


def powers(program: Program, registry: Registry) -> list[dict[str, Any]]:
    """What whoever gives a control plane this text can do by it, anywhere in the cluster, as rules of a role.

    What is changed in requests of others counts as patched. A kind that the text does not tell may be any, one that is
    not served (yet) may be called anything in its group; and who writes what hands out rights can give any.
    """
    found: Grants = defaultdict(set)
    for access in _needed(program):
        verb = "patch" if access.verb == "admit" else access.verb
        kind = registry.get(access.kind)
        if kind is not None:
            _grant(found, kind, access, verb)
        elif access.kind in (UNKNOWN, _EVERY):
            found[_EVERY, _EVERY].add(verb)
        else:
            group = access.kind.rpartition("/")[0].rpartition("/")[0]
            found[group, _EVERY].add(verb)
    for group in {group for (group, _), verbs in found.items() if group in _HANDS_OUT and verbs & _WRITES}:
        found[group, _EVERY] |= _BEYOND
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(verbs)}
        for (group, resource), verbs in sorted(found.items())
    ]


def _needed(program: Program) -> Iterator[Access]:
    lasting = any(rule.lasting for rule in program.rules)
    found = accesses(program)
    written = {access.kind for access in found if access.verb in _WRITES}
    for access in found:
        if access.verb == "get" and access.kind not in written and not (lasting and access.kind == program.kind):
            continue  # what is only read is listed and watched
        yield access


def _grant(found: Grants, kind: Kind, access: Access, verb: str) -> None:
    separate = access.subresource in kind.subresources  # what a kind does not have is written with the object itself
    resource = f"{kind.plural}/{access.subresource}" if separate else kind.plural
    found[kind.group, resource].add(verb)
    if access.verb in _WRITES and access.kind != EVENT:  # an answer that is lost, or a name that is taken, is looked up
        found[kind.group, kind.plural].add("get")


def _kind(registry: Registry, ref: str, program: Program) -> Kind:
    kind = registry.get(ref)
    if kind is None:
        raise RuleplaneError(
            f"{program.source.file}: {program.name} names {ref}, which is no built-in kind: "
            "give the file that defines it beside the rules"
        )
    return kind
