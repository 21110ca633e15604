"""Compiles what a rule set watches: each relation becomes a :class:`RelationSpec`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.ast import Expr, Ident, Select
from ruleplane.lang.functions import cel_duration
from ruleplane.lang.program import RelationSpec
from ruleplane.lang.reads import Value
from ruleplane.lang.signature import signature

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ruleplane.lang.source import Path
    from ruleplane.lang.unit import Unit
    from ruleplane.model.ruleset import Relation

_LABELS = ("metadata", "labels")


def compile_relation(unit: Unit, key: str, shape: Relation) -> RelationSpec:
    """One entry of `watch`. Raises SourceError."""
    path: Path = ("spec", "watch", key)
    name, params = signature(unit.source, key, path)
    spec = RelationSpec(name, shape.kind, "all", params, wakes=shape.wakes)
    spec.every = _span(unit, shape.every, (*path, "every"))
    if shape.where is not None:
        spec.where, spec.where_text = unit.condition(shape.where, (*path, "where"), "it")
    if unit.grouped:
        _refuse_in_groups(unit, shape, path)
    if shape.namespace is not None and not any((shape.name, shape.selector, shape.labels, shape.selectedBy)):
        message = "`namespace` goes with name, selector, labels or selectedBy: use `where` on it.metadata.namespace"
        raise unit.source.error(message, (*path, "namespace"), key=True)
    compile_ = _Args(unit, path, params)
    spec.namespace = compile_.fn(shape.namespace, "namespace")
    if shape.controlledBy is not None or shape.ownedBy is not None:
        which = "controlledBy" if shape.controlledBy is not None else "ownedBy"
        owner = shape.controlledBy if shape.controlledBy is not None else shape.ownedBy
        named = unit.parse(owner, (*path, which))
        spec.near = isinstance(named, Ident) and named.name == unit.primary
        uid = Select(Select(named, "metadata"), "uid")
        spec.mode, spec.owner = "value", "controller" if which == "controlledBy" else "owner"
        spec.theirs = controller_uid if which == "controlledBy" else owner_uids
        spec.theirs_text = f"@{which}"
        spec.ours = compile_.expr(uid, which)
    elif shape.theirs is not None:
        spec.mode = "value"
        theirs = unit.parse(shape.theirs, (*path, "theirs"))
        spec.theirs, spec.theirs_text = _getter(unit, theirs, (*path, "theirs")), unit.identity(shape.theirs, theirs)
        spec.ours = compile_.fn(shape.ours, "ours")
    elif shape.name is not None:
        spec.mode, spec.single = "name", True
        spec.ours = compile_.fn(shape.name, "name")
    elif shape.selector is not None:
        spec.mode = "labels"
        spec.selector = compile_.fn(shape.selector, "selector")
    elif shape.labels is not None:
        spec.mode = "labels"
        template = unit.template(shape.labels, (*path, "labels"))
        spec.selector = compile_.expr(template, "labels")
    elif shape.selectedBy is not None:
        spec.mode = "selectedBy"
        spec.selector_path = _field_path(unit, shape.selectedBy, (*path, "selectedBy"))
        unit.reads.setdefault(unit.primary, set()).add(_LABELS)
    if spec.mode in ("labels", "selectedBy"):
        spec.near = spec.namespace is None
    if spec.mode in ("labels", "selectedBy"):  # what decides membership beyond the bucket
        unit.reads.setdefault(name, set()).add(spec.selector_path or _LABELS)
    return spec


def _span(unit: Unit, text: str | None, path: Path) -> int:
    """`every`, in ns. Raises SourceError."""
    if text is None:
        return 0
    nanos = cel_duration(text)
    if nanos <= 0:
        raise unit.source.error("`every` takes a positive duration", path)
    return nanos


def compile_by(unit: Unit, text: str, path: Path) -> Callable[[dict[str, Any]], Any]:
    """`for.by`: object -> the value of its group. What it reads wakes: a member that changes its group leaves one.

    Raises SourceError."""
    expr = unit.parse(text, path)
    getter = _getter(unit, expr, path)
    unit.follow({"it": Value(unit.primary)}, expr)
    return getter


def compile_first(unit: Unit, texts: Sequence[str], path: Path) -> tuple[Callable[..., Any], ...]:
    """`for.first`: what the queue is ordered by; of the primary and the settings alone, as no decision runs yet.

    Raises SourceError."""
    ranks = []
    for index, text in enumerate(texts):
        expr = unit.parse(text, (*path, index))
        unit.follow({}, expr)
        ranks.append(unit.compile(expr, (*path, index), ("params", unit.primary), pure=True))
    return tuple(ranks)


def _refuse_in_groups(unit: Unit, shape: Relation, path: Path) -> None:
    """Raise SourceError for a way of finding that asks for one primary object where there is a list of them."""
    if shape.selectedBy is not None:
        raise unit.source.error("a group has no labels that a selector could match", (*path, "selectedBy"), key=True)
    for key in ("controlledBy", "ownedBy"):
        if getattr(shape, key) == unit.primary:
            message = f"{unit.primary!r} is a list, which owns nothing: find the objects by `theirs` and `ours`"
            raise unit.source.error(message, (*path, key))


class _Args:
    """Compiles the primary's side of a relation: expressions over the names known so far and the relation's
    parameters."""

    def __init__(self, unit: Unit, path: Path, params: tuple[str, ...]) -> None:
        self.unit, self.path, self.params = unit, path, params

    def expr(self, expr: Expr, place: str) -> Callable[..., Any]:
        self.unit.follow(dict.fromkeys(self.params), expr)
        return self.unit.compile(expr, (*self.path, place), self.params)

    def fn(self, text: str | None, place: str) -> Callable[..., Any] | None:
        return None if text is None else self.expr(self.unit.parse(text, (*self.path, place)), place)


def controller_uid(obj: dict[str, Any]) -> str | None:
    """The uid of the controller owner reference."""
    for reference in obj["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            uid: str = reference["uid"]
            return uid
    return None


def owner_uids(obj: dict[str, Any]) -> list[str]:
    """The uids of all owner references."""
    return [reference["uid"] for reference in obj["metadata"].get("ownerReferences", ())]


def _field_path(unit: Unit, text: str, path: Path) -> tuple[str, ...]:
    fields: list[str] = []
    expr = unit.parse(text, path)
    while isinstance(expr, Select) and not expr.test:
        fields.insert(0, expr.field)
        expr = expr.operand
    if not (isinstance(expr, Ident) and expr.name == "it" and fields):
        raise unit.source.error("a path below `it` was expected, as it.spec.selector", path)
    return tuple(fields)


def _getter(unit: Unit, expr: Expr, path: Path) -> Callable[[dict[str, Any]], Any]:
    """object -> value; an absent field means that the object lies in no bucket."""
    fields: list[str] = []
    part = expr
    while isinstance(part, Select) and not part.test and not part.optional:
        fields.insert(0, part.field)
        part = part.operand
    if isinstance(part, Ident) and part.name == "it" and fields:
        return field_getter(tuple(fields))
    compiled = unit.compile(expr, path, ("it",), pure=True)

    def value(obj: dict[str, Any]) -> Any:
        try:
            return compiled(None, obj)
        except EvaluationError:
            return None

    return value


def field_getter(fields: tuple[str, ...]) -> Callable[[dict[str, Any]], Any]:
    """object -> the value at a path, None where it is absent."""

    def value(obj: dict[str, Any]) -> Any:
        found: Any = obj
        for name in fields:
            found = found.get(name) if found.__class__ is dict else None
            if found is None:
                return None
        return found

    return value
