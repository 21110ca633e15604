"""Compiles what only admission rule sets have (`order:`), and refuses what they cannot have.

Their rules run in two phases. Those that *mutate* come first: `set`, `default`, and whatever else writes the incoming
object itself (`status`, `keep` and `apply` on it, a `choose` that sets). The others see the object as it would be
stored: `deny`, Events, and writes of other objects. The phase of a rule is decided here, from its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.lang import heads
from ruleplane.lang.program import Admission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.lang.rules import Place
    from ruleplane.lang.source import Path, Source
    from ruleplane.model import heads as shapes
    from ruleplane.model.ruleset import Primary, Rule, RuleSet, RuleSetSpec

COMPONENT = "apiserver"  # the only one through which requests go
NAMES = ("old", "request")  # bindings of these rule sets only
EXEMPT = "ruleplane.dev"  # the group whose objects are never admitted by rules: they could not be mended any more

_ONLY = ("deny", "set", "default")
_DEFAULT = ("CREATE", "UPDATE")
_WORDS = {
    "post": "a request calls no subresource of another object",
    "delete": "a request deletes no other object",
    "while": "what a request has committed is not undone",
    "finalize": "a request has no finalizer",
    "finalizer": "a request has no finalizer",
    "by": "one request is about one object",
    "first": "requests are not queued",
    "wakes": "nothing wakes it: it runs on requests",
    "every": "nothing is polled for it: it runs on requests",
}
_IDENTITY = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "generation")


def compile_admission(source: Source, shape: RuleSet) -> Admission | None:
    """How the rule set is asked; None for one that reconciles. Raises SourceError for keys of the other sort."""
    spec = shape.spec
    ((variable, for_),) = spec.for_.items()
    if spec.order is None:
        for path in _admission_only(variable, for_, spec):
            raise source.error(f"`{path[-1]}` is for admission: a rule set with `order`", path, key=True)
        return None
    if spec.component != COMPONENT:
        message = f"a rule set with `order` is part of the {COMPONENT}, where requests are, not of {spec.component!r}"
        raise source.error(message, ("spec", "component"))
    if variable in NAMES:
        raise source.error(f"the name {variable!r} is taken by the language", ("spec", "for", variable), key=True)
    if for_.kind.partition("/")[0] == EXEMPT:
        message = f"kinds of {EXEMPT} are not admitted by rules: a bad one could never be mended"
        raise source.error(message, ("spec", "for", variable, "kind"))
    for path in _never(source.data["spec"], variable):
        raise source.error(f"`{path[-1]}` has no place in admission: {_WORDS[str(path[-1])]}", path, key=True)
    operations = for_.operations if for_.operations is not None else _DEFAULT
    at: Path = ("spec", "for", variable, "operations")
    if not operations:
        raise source.error("an admission rule set needs an operation", at)
    if "CONNECT" in operations:
        raise source.error("no subresource of this server can be connected to yet: CONNECT never happens", at)
    return Admission(spec.order, frozenset(operations), for_.subresource)


def _admission_only(variable: str, for_: Primary, spec: RuleSetSpec) -> Iterator[Path]:
    if for_.operations is not None:
        yield ("spec", "for", variable, "operations")
    if for_.subresource:
        yield ("spec", "for", variable, "subresource")
    for index, rule in enumerate(spec.rules):
        if rule.head in _ONLY:
            yield ("spec", "rules", index, rule.head)
        if rule.choose is not None:
            for outcome, part in (("then", rule.choose.then), ("none", rule.choose.none)):
                if part is not None and part.set_ is not None:
                    yield ("spec", "rules", index, "choose", outcome, "set")


def _never(spec: dict[str, Any], variable: str) -> Iterator[Path]:
    """The keys that mean nothing where requests are admitted."""
    yield from (("spec", key) for key in ("finalizer",) if key in spec)
    yield from (("spec", "for", variable, key) for key in ("by", "first") if key in spec["for"][variable])
    for name, relation in spec.get("watch", {}).items():
        yield from (("spec", "watch", name, key) for key in ("wakes", "every") if key in relation)
    for index, rule in enumerate(spec["rules"]):
        yield from (("spec", "rules", index, key) for key in ("post", "delete", "while", "finalize") if key in rule)
        for outcome in ("then", "none"):
            if "post" in (rule.get("choose", {}).get(outcome) or {}):
                yield ("spec", "rules", index, "choose", outcome, "post")


def compile_deny(place: Place, shape: shapes.Deny | str) -> heads.Deny:
    """`deny`: the request is refused."""
    if isinstance(shape, str):
        return heads.Deny(place.template(shape)[0])
    message = place.inside("message").template(shape.message)[0]
    field = place.inside("field").template(shape.field)[0] if shape.field else None
    return heads.Deny(message, shape.reason, field)


def compile_set(place: Place, fields: dict[str, Any], *, under: bool = False) -> heads.Set:
    """`set` and `default` (``under``): fields of the incoming object."""
    source = place.unit.source
    if not fields:
        raise source.error(f"`{place.path[-1]}` sets no field", place.path, key=True)
    fixed: list[tuple[str, ...]] = [(key,) for key in ("apiVersion", "kind") if key in fields]
    metadata = fields.get("metadata")
    if isinstance(metadata, dict):
        fixed += [("metadata", key) for key in _IDENTITY if key in metadata]
    for path in fixed:
        message = f"`{'.'.join(path)}` says which object the request is about: admission cannot change it"
        raise source.error(message, (*place.path, *path), key=True)
    return heads.Set(place.template(fields)[0], under)


def check_phase(source: Source, admission: Admission, rule: Rule, compiled: heads.CompiledRule) -> None:
    """Decide in which phase the rule runs. Raises SourceError where it would be in both, or never run."""
    own, others = _writes(compiled.head)
    if own and others:
        message = "`choose` either sets fields of the incoming object in every outcome, or writes another: not both"
        raise source.error(message, (*compiled.path, "choose"), key=True)
    compiled.mutates = own
    if own and admission.operations == {"DELETE"}:
        message = f"`{rule.head}` changes what is stored, and a DELETE stores nothing"
        raise source.error(message, (*compiled.path, rule.head), key=True)


def _writes(head: heads.Head | None) -> tuple[bool, bool]:
    """Whether it writes the incoming object, and whether another."""
    match head:
        case heads.Set():
            return True, False
        case heads.Apply(to=to):
            return to is None, to is not None
        case heads.Keep(own=own):
            return own, not own
        case heads.Choose(then=then, none=none):
            found = [_writes(part) for outcome in (then, none) if outcome for part in (outcome.set, outcome.apply)]
            return any(own for own, _ in found), any(other for _, other in found)
        case heads.Ensure():
            return False, True
    return False, False
