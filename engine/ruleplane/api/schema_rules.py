"""What a custom kind's own schema says beyond shapes: ``x-kubernetes-validations`` in CEL, and lists without twins.

Called by ``validate.py`` for objects whose shape is right. Compiled once a kind; a kind without such rules costs one
look. As in Kubernetes: a rule that reads ``oldSelf`` is asked only where there was a value before (with
``optionalOldSelf`` it is asked always, of an optional); of a value that stays as it was no other rule is asked.

Not here: whether the rules are expressions at all (``schema_mistakes.py``, when the definition is written). Texts with
a format are texts here, where Kubernetes makes timestamps, durations and bytes of some.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ruleplane.api.field_error import FieldError, field_error
from ruleplane.errors import EvaluationError
from ruleplane.lang.cel import Compiler, Optional, free_names, parse, rewrite
from ruleplane.lang.cel.ast import Expr, Select
from ruleplane.lang.cel.values import NONE

if TYPE_CHECKING:
    from collections.abc import Callable

Raw: TypeAlias = dict[str, Any]

KEYWORD = "x-kubernetes-validations"
_PARAMS = ("self", "oldSelf")
_ABSENT: Any = object()  # there was no value before
_ESCAPES = {"__underscores__": "__", "__dot__": ".", "__dash__": "-", "__slash__": "/"}
_ESCAPED = re.compile("|".join(_ESCAPES))
_KEYWORD = re.compile(
    "__(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return)__"
)


@dataclass(slots=True)
class Rule:
    """One rule, compiled."""

    text: str
    holds: Callable[..., Any]
    transition: bool  # reads what was before
    optional: bool
    message: str
    says: Callable[..., Any] | None
    reason: str
    path: str


@dataclass(slots=True)
class Place:
    """What is asked of a value, and of those within it."""

    type: str
    rules: list[Rule] = field(default_factory=list)
    fields: dict[str, Place] = field(default_factory=dict)
    values: Place | None = None
    items: Place | None = None
    keys: tuple[str, ...] = ()  # that tell a list's elements apart
    distinct: bool = False  # no two elements are alike


def compile_rules(raw: Raw) -> Place | None:
    """What a schema asks, None where it asks nothing. Raises SourceError for what is no expression."""
    if "$ref" in raw:
        return None  # metadata: no definition's to rule
    place = Place(raw.get("type", ""), [compile_rule(one) for one in raw.get(KEYWORD) or ()])
    for name, one in (raw.get("properties") or {}).items():
        below = compile_rules(one)
        if below is not None:
            place.fields[name] = below
    values, items = raw.get("additionalProperties"), raw.get("items")
    place.values = compile_rules(values) if isinstance(values, dict) else None
    place.items = compile_rules(items) if isinstance(items, dict) else None
    list_type = raw.get("x-kubernetes-list-type")
    place.keys = tuple(raw.get("x-kubernetes-list-map-keys") or ()) if list_type == "map" else ()
    place.distinct = list_type == "set"
    asks = place.rules or place.fields or place.values or place.items or place.keys or place.distinct
    return place if asks else None


def compile_rule(raw: Raw) -> Rule:
    """One entry of ``x-kubernetes-validations``. Raises SourceError for what is no expression."""
    tree, text = _parsed(raw["rule"]), raw["rule"].strip()
    says = raw.get("messageExpression")
    return Rule(
        text,
        Compiler().compile(tree, (), _PARAMS),
        "oldSelf" in free_names(tree),
        bool(raw.get("optionalOldSelf")),
        raw.get("message") or "",
        Compiler().compile(_parsed(says), (), _PARAMS) if says else None,
        raw.get("reason") or "FieldValueInvalid",
        raw.get("fieldPath") or "",
    )


def _parsed(text: str) -> Expr:
    return rewrite(parse(text), _plain)


def _plain(expr: Expr) -> Expr:
    """A selection by the field's own name: names that are no identifiers are written escaped."""
    if not isinstance(expr, Select) or "__" not in expr.field:
        return expr
    word = _KEYWORD.fullmatch(expr.field)
    name = word[1] if word else _ESCAPED.sub(lambda found: _ESCAPES[found[0]], expr.field)
    return replace(expr, field=name)


def check_rules(place: Place, value: Any, old: Any = _ABSENT, path: str = "") -> list[FieldError]:
    """The mistakes of a value; ``old``: what it replaces."""
    errors: list[FieldError] = []
    stays = old is not _ABSENT and old == value
    for rule in place.rules:
        before: Any
        if rule.optional:
            before = NONE if old is _ABSENT else Optional(old)
        elif rule.transition and old is _ABSENT:
            continue
        else:
            before = None if old is _ABSENT else old
        if not (stays and not rule.transition):
            _ask(rule, place, value, before, path, errors)
    if value.__class__ is dict:
        was = old if old.__class__ is dict else {}
        for name, inner in value.items():
            below = place.fields.get(name) or place.values
            if below is not None and inner is not None:
                at = f"{path}.{name}" if path and name in place.fields else name if not path else f"{path}[{name}]"
                errors += check_rules(below, inner, was.get(name, _ABSENT), at)
    elif value.__class__ is list:
        errors += _elements(place, value, old, path, stays)
    return errors


def _elements(place: Place, value: list[Any], old: Any, path: str, stays: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    known: dict[Any, Any] = {}
    if place.keys and old.__class__ is list:
        known = {_key(place, one): one for one in old}
    seen: set[Any] = set()
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        key = _key(place, item)
        if key is not None and not stays:
            if key in seen:
                shown = {name: item[name] for name in place.keys if name in item} if place.keys else item
                errors.append(field_error(at, "FieldValueDuplicate", "", shown))
            seen.add(key)
        if place.items is not None and item is not None:
            errors += check_rules(place.items, item, known.get(key, _ABSENT), at)
    return errors


def _key(place: Place, item: Any) -> bytes | None:
    """What tells an element from the others, None where nothing does."""
    if place.keys and item.__class__ is dict:
        return orjson.dumps([item.get(name) for name in place.keys], option=orjson.OPT_SORT_KEYS)
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS) if place.distinct else None


def _ask(rule: Rule, place: Place, value: Any, before: Any, path: str, errors: list[FieldError]) -> None:
    at = path + rule.path if path else rule.path.removeprefix(".")
    try:
        if rule.holds(None, value, before) is True:
            return
        detail = _message(rule, value, before)
    except EvaluationError as error:
        detail = f"rule evaluation error: {rule.text}: {error}"
    shown = (place.type or "any",) if rule.reason in ("FieldValueInvalid", "FieldValueDuplicate") else ()
    errors.append(field_error(at, rule.reason, detail, *shown))


def _message(rule: Rule, value: Any, before: Any) -> str:
    """What is said of a rule that does not hold: a message that cannot be computed gives way to the plain one."""
    if rule.says is not None:
        try:
            said = rule.says(None, value, before)
        except EvaluationError:
            said = ""
        if isinstance(said, str) and said.strip() and "\n" not in said:
            return said
    return rule.message or f"failed rule: {rule.text}"
