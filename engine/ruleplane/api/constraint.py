"""The rules of kinds that relate fields to each other, or to what they were: CEL, compiled, found by definition.

A rule is written once for a definition (a Pod's spec, say) and holds wherever objects of any kind have one. ``self`` is
the value there, ``oldSelf`` what it replaces. ``rule`` is a condition that must hold, with ``path``, ``value`` and
``message`` for when it does not; ``find`` instead lists mistakes: ``[{path, value?, message?, reason?}]``, below the
value. A rule with ``update: true`` is asked only when an object is replaced as a whole; subresources may do what it
forbids.

A value that is the very object that was there before is right already, and is not checked again: status updates, which
share the spec, cost nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ruleplane.api.constraint_functions import FUNCTIONS
from ruleplane.api.field_error import FieldError, field_error
from ruleplane.errors import SourceError
from ruleplane.lang.cel import STANDARD, Compiler, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.api.validation_file import Rule, ValidationFile
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas

Json: TypeAlias = dict[str, Any]

_PARAMS = ("self", "oldSelf")
_WITHOUT_VALUE = frozenset(("Required", "Forbidden", "TooLong"))


class _Compiled(NamedTuple):
    rule: Rule
    holds: Callable[..., Any] | None
    find: Callable[..., Any] | None
    value: Callable[..., Any] | None


@dataclass(slots=True)
class _Place:
    """Somewhere in a kind's objects, with what is asked there and the ways to the places below."""

    always: list[_Compiled] = field(default_factory=list)
    update: list[_Compiled] = field(default_factory=list)
    fields: list[tuple[str, _Place]] = field(default_factory=list)
    elements: _Place | None = None  # of a list


class Constraints:
    """The rules of every kind; those of one kind are found and compiled when it is first checked."""

    def __init__(self, schemas: Schemas, rules: ValidationFile) -> None:
        self._schemas = schemas
        self._compiler = Compiler({**STANDARD, **FUNCTIONS})
        self._compiled: dict[int, _Compiled] = {}
        self._by_target: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for target in rule.of:
                self._by_target.setdefault(target, []).append(rule)
        self._places: dict[str, _Place] = {}  # by reference of the kind: the whole object
        self._reaching: dict[str, bool] = {}

    def check(self, kind: Kind, obj: Json, old: Json | None, subresource: str) -> list[FieldError]:
        """The mistakes of an object of the right shape. Raises EvaluationError where a rule itself is wrong."""
        place = self._places.get(kind.ref)
        if place is None:
            place = self._places[kind.ref] = self._find_places(kind)
        errors: list[FieldError] = []
        _visit(place, obj, old, (), not subresource, errors)
        return errors

    def compile_all(self) -> None:
        """Compile every rule now. Raises SourceError at the first that is no expression."""
        for rules in self._by_target.values():
            for rule in rules:
                self._compile(rule)

    def forget(self, kind: Kind) -> None:
        """The types of a (custom) kind have changed."""
        self._places.pop(kind.ref, None)
        self._reaching.clear()

    def _find_places(self, kind: Kind) -> _Place:
        place = self._search(kind.definition, (), in_list=False)
        self._ask(place, self._by_target.get(kind.ref, ()), in_list=False)
        return place

    def _search(self, definition: str, above: tuple[str, ...], in_list: bool) -> _Place:
        place = _Place()
        self._ask(place, self._by_target.get(definition, ()), in_list)
        if definition in above or not self._reaches(definition):
            return place  # recursive types hold nothing that rules speak of
        for name, raw in self._schemas.raw(definition).get("properties", {}).items():
            if name == "status" and not above:
                continue  # controllers report there what they found, right or wrong
            inner = raw.get("items") or raw
            ref = inner.get("$ref", "")
            if ref in self._by_target or (ref and self._reaches(ref)):
                below = self._search(ref, (*above, definition), in_list or inner is not raw)
                place.fields.append((name, below if inner is raw else _Place(elements=below)))
        return place

    def _ask(self, place: _Place, rules: Iterable[Rule], in_list: bool) -> None:
        for rule in rules:
            compiled = self._compile(rule)
            if not rule.update:
                place.always.append(compiled)
            elif in_list:
                line, column = rule.places.get("rule", (1, 1))
                message = f"`update` cannot be told of {rule.of[0]}: it is an element of a list"
                raise SourceError(message, file=rule.file, line=line, column=column)
            else:
                place.update.append(compiled)

    def _reaches(self, definition: str) -> bool:
        """Does any rule speak of something within this definition?"""
        known = self._reaching.get(definition)
        if known is None:
            self._reaching[definition] = False  # while we look: recursive definitions end here
            properties = self._schemas.raw(definition).get("properties", {}).values()
            refs = [ref for raw in properties if (ref := (raw.get("items") or raw).get("$ref"))]
            known = any(ref in self._by_target or self._reaches(ref) for ref in refs)
            self._reaching[definition] = known
        return known

    def _compile(self, rule: Rule) -> _Compiled:
        compiled = self._compiled.get(id(rule))
        if compiled is None:
            compiled = _Compiled(
                rule, *(self._expression(rule, key, text) for key, text in
                        (("rule", rule.rule), ("find", rule.find), ("value", rule.value)))
            )  # fmt: skip
            self._compiled[id(rule)] = compiled
        return compiled

    def _expression(self, rule: Rule, key: str, text: str) -> Callable[..., Any] | None:
        if not text:
            return None
        line, column = rule.places.get(key, (1, 1))
        tree = parse(text, file=rule.file, line=line, column=column)
        compiled: Callable[..., Any] = self._compiler.compile(tree, (), _PARAMS)
        return compiled


def _visit(
    place: _Place, value: Any, before: Any, path: tuple[Any, ...], whole: bool, errors: list[FieldError]
) -> None:
    """``path`` is (the path above, the last step); it becomes text only for mistakes."""
    for one in place.always:
        _apply(one, value, before, path, errors)
    if whole and before is not None:
        for one in place.update:
            _apply(one, value, before, path, errors)
    for name, below in place.fields:
        inner = value.get(name)
        if inner is not None:
            was = before.get(name) if before is not None else None
            if inner is was:
                continue  # right already
            if below.elements is None:
                _visit(below, inner, was, (path, name), whole, errors)
            else:
                for index, element in enumerate(inner):
                    _visit(below.elements, element, None, ((path, name), index), False, errors)


def _apply(one: _Compiled, value: Any, before: Any, path: tuple[Any, ...], errors: list[FieldError]) -> None:
    if one.find is not None:
        found = one.find(None, value, before)
        if found:
            errors += [_found(one.rule, row, _text(path)) for row in found]
    elif one.holds is not None and not one.holds(None, value, before):
        rule = one.rule
        at = _join(_text(path), rule.path)
        if rule.reason in _WITHOUT_VALUE:
            errors.append(field_error(at, f"FieldValue{rule.reason}", rule.message))
        else:
            shown = one.value(None, value, before) if one.value else _follow(value, rule.path)
            errors.append(field_error(at, f"FieldValue{rule.reason}", rule.message, shown))


def _found(rule: Rule, row: Json, path: str) -> FieldError:
    shown = (row["value"],) if "value" in row else ()
    at = _join(path, row.get("path", ""))
    return field_error(at, f"FieldValue{row.get('reason', rule.reason)}", row.get("message", rule.message), *shown)


def _text(path: tuple[Any, ...]) -> str:
    if not path:
        return ""
    above, step = _text(path[0]), path[1]
    return f"{above}[{step}]" if isinstance(step, int) else _join(above, step)


def _join(path: str, below: str) -> str:
    return f"{path}.{below}" if path and below and not below.startswith("[") else path + below


def _follow(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value
