"""Is an object right? Shape, metadata, and the rules of its kind, in the words of Kubernetes' answers.

Flow of a write: :meth:`Validator.decode` (the client's body -> the form that is stored; 400 where it is none) ->
defaults and admission -> :meth:`Validator.check` (422 with every mistake). Right objects take the fast path (one
compiled validator a kind, microseconds); only others are walked field by field.

The kinds' rules are data: ``rules/apiserver/validation.yaml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.api.field_error import FieldError, refusal
from ruleplane.api.object_meta import check_metadata
from ruleplane.api.shape import compile_shape
from ruleplane.api.text_format import FORMATS, dns_subdomain, max_length
from ruleplane.api.validation_file import ValidationFile, load_validation
from ruleplane.api.walk import Walk
from ruleplane.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.api.constraint import Constraints
    from ruleplane.api.schema_rules import Place
    from ruleplane.api.text_format import Check
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas

Json: TypeAlias = dict[str, Any]

__all__ = ["FieldError", "Validator"]


class Validator:
    """Checks objects of every kind that ``schemas`` knows. What a kind needs is compiled when first asked for."""

    def __init__(self, schemas: Schemas, rules: ValidationFile | None = None) -> None:
        self._schemas = schemas
        self._rules = rules if rules is not None else load_validation()
        self._constraints: Constraints | None = None
        self._shapes: dict[str, Callable[[Any], bool]] = {}  # by definition
        self._schema_rules: dict[str, tuple[Json, Place | None]] = {}  # by definition, with what it was made from
        self._names: dict[str, Check] = {}  # by reference of the kind

    @property
    def schemas(self) -> Schemas:
        """The field types that objects are held to."""
        return self._schemas

    def decode(
        self,
        kind: Kind,
        body: Json,
        field_validation: str = "Ignore",
        warnings: list[str] | None = None,
        definition: str = "",
    ) -> Json:
        """A client's object as it would be stored; the body is not changed, and is the answer where it already is that.

        Nulls go, unknown fields go (``Warn``: told in ``warnings``; ``Strict``: refused), quantities and times become
        canonical. ``definition`` names another type than the kind's (the body of a subresource).

        Raises:
            BadRequest: a field has a type that is not its own, or (``Strict``) is unknown.
        """
        name = definition or kind.definition
        if self._shape(name)(body):
            return body
        walk = Walk({}, custom=kind.custom and not definition)
        stored = walk.run(body, self._schemas.definition(name))
        if walk.undecodable:
            raise BadRequest(f"{self._cannot(kind)}: {walk.undecodable[0]}")
        if walk.unknown and field_validation != "Ignore":
            texts = [f'unknown field "{path}"' for path in walk.unknown]
            if field_validation == "Strict":
                raise BadRequest(f"{self._cannot(kind)}: strict decoding error: {', '.join(texts)}")
            if warnings is not None:
                warnings += texts
        return stored

    def validate(self, kind: Kind, obj: Json, old: Json | None = None, subresource: str = "") -> list[FieldError]:
        """Every mistake of an object; ``old``: what it replaces. Fields that may not change may change in subresources.

        What :meth:`decode` would refuse or drop (it has not been called on what admission made) is a mistake here.
        """
        errors: list[FieldError] = []
        if not self._shape(kind.definition)(obj):
            errors += self._walk(kind, obj)
        metadata = obj.get("metadata")
        errors += check_metadata(
            metadata if isinstance(metadata, dict) else {},
            kind.namespaced,
            self._name_check(kind),
            short_finalizers=kind.custom or kind.ref in self._rules.short_finalizers,
        )
        if not errors and self._rules.rules:  # the rules may rely on the shape
            errors += self._constrained(kind, obj, old, subresource)
        if not errors and kind.custom:
            errors += self._ruled(kind, obj, old)
        return errors

    def check(self, kind: Kind, obj: Json, old: Json | None = None, subresource: str = "") -> None:
        """As :meth:`validate`. Raises Invalid where there is any mistake."""
        errors = self.validate(kind, obj, old, subresource)
        if errors:
            raise refusal(kind, (obj.get("metadata") or {}).get("name", ""), errors)

    def forget(self, kind: Kind) -> None:
        """The types of a (custom) kind have changed, or are no more."""
        self._shapes.pop(kind.definition, None)
        self._names.pop(kind.ref, None)
        if self._constraints is not None:
            self._constraints.forget(kind)

    def _constrained(self, kind: Kind, obj: Json, old: Json | None, subresource: str) -> list[FieldError]:
        if self._constraints is None:
            from ruleplane.api.constraint import Constraints  # brings the compiler of expressions

            self._constraints = Constraints(self._schemas, self._rules)
        return self._constraints.check(kind, obj, old, subresource)

    def _ruled(self, kind: Kind, obj: Json, old: Json | None) -> list[FieldError]:
        raw = self._schemas.raw(kind.definition)
        known = self._schema_rules.get(kind.definition)
        if known is None or known[0] is not raw:
            from ruleplane.api.schema_rules import compile_rules  # brings the compiler of expressions

            known = self._schema_rules[kind.definition] = (raw, compile_rules(raw))
        if known[1] is None:
            return []
        from ruleplane.api.schema_rules import check_rules

        return check_rules(known[1], obj) if old is None else check_rules(known[1], obj, old)

    def _walk(self, kind: Kind, obj: Json) -> list[FieldError]:
        walk = Walk(self._rules.refinements, custom=kind.custom)
        walk.run(obj, self._schemas.node(kind))
        found = [FieldError("", "FieldValueTypeInvalid", text) for text in walk.undecodable]
        found += [FieldError(path, "FieldValueForbidden", "Forbidden: unknown field") for path in walk.unknown]
        return found + walk.errors

    def _shape(self, definition: str) -> Callable[[Any], bool]:
        shape = self._shapes.get(definition)
        if shape is None:
            shape = self._shapes[definition] = compile_shape(self._schemas, definition, self._rules.refinements)
        return shape

    def _name_check(self, kind: Kind) -> Check:
        check = self._names.get(kind.ref)
        if check is None:
            check = self._names[kind.ref] = _name_check(self._rules.names.get(kind.ref, ""))
        return check

    @staticmethod
    def _cannot(kind: Kind) -> str:
        return f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'


def _name_check(rule: str | Json) -> Check:
    """From ``dnsLabel`` or ``{format: dnsLabel, maxLength: 52}``; names are subdomains where nothing is said."""
    if not rule:
        return dns_subdomain
    if isinstance(rule, str):
        return FORMATS[rule]
    check, limit = FORMATS[rule.get("format", "dnsSubdomain")], rule["maxLength"]

    def limited(value: str) -> list[str]:
        return check(value) + ([max_length(limit)] if len(value) > limit else [])

    return limited
