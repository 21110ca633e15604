"""The kinds that a program names: are they served, and can its relations be found among them?

Asked of a cluster's registry: before a program is bound (``loop``), when a rule set is admitted (``gate``), and
while one waits for its kind (``install``).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Registry


EVERY = "*"


def named(program: Program) -> dict[tuple[str, ...], str]:
    """Every kind that the rule set is for or watches, by the path in its text."""
    found: dict[tuple[str, ...], str] = {("spec", "for", program.primary, "kind"): program.kind}
    for key, shape in program.source.data["spec"].get("watch", {}).items():
        found["spec", "watch", key, "kind"] = shape["kind"]
    return found


def missing(program: Program, registry: Registry) -> dict[tuple[str, ...], str]:
    """The kinds that nobody serves, by the path in its text: rules for them would never do anything."""
    return {path: ref for path, ref in named(program).items() if ref != EVERY and registry.get(ref) is None}


def check_places(program: Program, registry: Registry) -> None:
    """Raise SourceError for a relation of a group that would not know in which namespace to look."""
    if program.by is None:
        return
    for key, shape in program.source.data["spec"].get("watch", {}).items():
        kind = registry.get(shape["kind"])
        placed = shape.keys() & {"name", "selector", "labels"}
        if placed and kind is not None and kind.namespaced and "namespace" not in shape:
            message = f"a group is in no namespace: give `namespace` beside `{min(placed)}`"
            raise program.source.error(message, ("spec", "watch", key), key=True)


def polled(program: Program, registry: Registry) -> dict[str, int]:
    """How often (ns) the kinds are read that can be listed and not watched. Raises SourceError where somebody would
    wait to be woken by one."""
    found: dict[str, int] = {}
    for path, ref in named(program).items():
        kind = registry.get(ref)
        if kind is None or "watch" in kind.verbs or "list" not in kind.verbs:
            continue
        spec = program.relations[path[2].partition("(")[0]] if path[1] == "watch" else None
        if spec is None:
            message = f"the server lets nobody watch {ref}: no rules can be for it; watch it with `every` instead"
            raise program.source.error(message, path)
        if not spec.every:
            message = f"the server lets nobody watch {ref}: give `every`, how often to read it"
            raise program.source.error(message, path)
        found[ref] = min(found.get(ref, spec.every), spec.every)
    return found


def check(program: Program, registry: Registry) -> None:
    """Raise SourceError, with the place and the nearest name, for a kind that is not served, and as
    :func:`check_places`."""
    for path, ref in missing(program, registry).items():
        said = f"rule set {program.name!r}: the kind {ref!r} is not served"
        reason = registry.unserved.get(ref.rpartition("/")[0])
        if reason:
            raise program.source.error(f"{said}: {reason}", path)
        # another version of the same kind is nearer than any spelling
        name = ref.rpartition("/")[2]
        near = [kind.ref for kind in registry if kind.kind == name]
        near = near or get_close_matches(ref, [kind.ref for kind in registry], 1)
        hint = f"; is {near[0]!r} meant?" if near else " (kinds are written as group/version/Kind)"
        raise program.source.error(said + hint, path)
    check_places(program, registry)
