"""What may be installed: the link of admission that asks the loader about rule sets and libraries.

Both get a finalizer in the request that creates them: no rule set is ever in force without, and a library that is
deleted stays until nothing calls it, so that one manifest of both can be deleted in any order. Refused are, with the
path of every field at fault: what the loader refuses (a field that a kind does not have, as this cluster knows it, a
fight with a rule set that runs, and more); a `null` that kubectl would drop from the next edit; the name of a rule set
from a file; and a kind that a served group does not have (of other groups a definition may follow: the rule set then
waits). Made by ``cluster``; the installer acts on what passes here.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ruleplane.api.field_error import FieldError, invalid_value, refusal
from ruleplane.errors import SourceError
from ruleplane.lang.check.catalogue import Catalogue
from ruleplane.lang.installed import compile_ruleset, ruleset_findings
from ruleplane.lang.mistakes import field_path
from ruleplane.reconcile.catalog import LIBRARY, RULE_SET
from ruleplane.reconcile.kinds import check_places, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.api.call import Call
    from ruleplane.lang.source import Path
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.reconcile.catalog import Catalog
    from ruleplane.reconcile.neighbours import Neighbours
    from ruleplane.store.base import Json

FINALIZER = "ruleplane.dev/retract"  # of a rule set: what holds only while it is there is undone first
IN_USE = "ruleplane.dev/in-use"  # of a library: what calls it goes first
_NAMED = ("for", "each", "objects", "choose", "params", "let", "watch")  # maps of which the keys are names
_KNOWN_BY_THE_CLUSTER = frozenset({"RP021"})  # a kind whose definition is not among the files
_FINALIZERS = {RULE_SET: FINALIZER, LIBRARY: IN_USE}


class Gate:
    """See ``api.admission.Admission``."""

    def __init__(self, catalog: Catalog, registry: Registry, schemas: Schemas, neighbours: Neighbours) -> None:
        self._catalog, self._registry, self._schemas = catalog, registry, schemas
        self._neighbours = neighbours

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """Each has its finalizer as long as it is not being deleted."""
        metadata, ours = obj["metadata"], _FINALIZERS.get(kind.ref)
        if ours is None or subresource or "deletionTimestamp" in metadata:
            return obj
        finalizers = metadata.get("finalizers") or []
        if ours in finalizers:
            return obj
        return {**obj, "metadata": {**metadata, "finalizers": [*finalizers, ours]}}

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """Raise Invalid for a text that cannot be loaded; warn who deletes what is in use."""
        if subresource or kind.ref not in (RULE_SET, LIBRARY):
            return
        name = obj["metadata"].get("name", "")
        if verb == "delete":
            users = self._catalog.in_use(name) if kind.ref == LIBRARY else ""
            if users:
                call.warnings.append(f"{name} is called by {users}; it goes when nothing calls it any more")
            return
        if old is not None and old.get("spec") == obj.get("spec"):
            return  # only metadata: what is there already may stay
        errors = self._ruleset(obj, call.warnings) if kind.ref == RULE_SET else self._library(obj)
        if errors:
            raise refusal(kind, name, errors)

    def _ruleset(self, obj: Json, warnings: list[str]) -> list[FieldError]:
        catalog, name = self._catalog, obj["metadata"].get("name", "")
        if name in catalog.taken:
            return [
                invalid_value("metadata.name", name, f"a rule set of that name is loaded from {catalog.taken[name]}")
            ]
        rules = (obj.get("spec") or {}).get("rules") or []
        nulls = [field_path(path) for path in _nulls(rules, ("spec", "rules"))]
        if nulls:
            return [
                invalid_value(path, None, 'kubectl apply drops null from an edit; write "${null}"') for path in nulls
            ]
        read = "an unquoted y, n, yes, no, on or off is read as this: quote it, or choose another name"
        booleans = [invalid_value(field_path(path), path[-1], read) for path in _booleans(obj.get("spec"), ("spec",))]
        if booleans:
            return booleans
        try:
            program = compile_ruleset(obj, catalog.functions)
            check_places(program, self._registry)
        except SourceError as error:
            return [_field_error(error)]
        groups = {kind.group for kind in self._registry if not kind.custom}
        found = []
        for path, ref in missing(program, self._registry).items():
            group = ref.rsplit("/", 2)[0] if ref.count("/") == 2 else ""
            if group in groups or ref.count("/") not in (1, 2):
                close = get_close_matches(ref, [kind.ref for kind in self._registry], 1)
                hint = f"; did you mean {close[0]}?" if close else " (kinds are written as group/version/Kind)"
                found.append(invalid_value(field_path(path), ref, f"this kind is not served{hint}"))
        if found:
            return found
        catalogue = Catalogue(self._registry, self._schemas)  # anew: the fields of a custom kind may be others by now
        beside = self._neighbours.of(name, catalogue)
        for finding in ruleset_findings(obj, catalog.functions, catalogue, beside):
            wrong = finding.error()
            if finding.ruleset not in ("", name):  # told of the two together, and placed in the other one
                wrong.file, wrong.line, wrong.text = "spec", 0, ""
            if finding.severity == "error":
                found.append(_field_error(wrong))
            elif finding.code not in _KNOWN_BY_THE_CLUSTER:
                place = f"{wrong.file}:{wrong.line}:{wrong.column}" if wrong.line else wrong.file
                warnings.append(f"{place}: {wrong.message}")
        return found

    def _library(self, obj: Json) -> list[FieldError]:
        try:
            self._catalog.check_library(obj)
        except SourceError as error:
            return [_field_error(error)]
        return []


def _booleans(value: Any, path: Path) -> Iterator[Path]:
    """Where the name of a variable has become a boolean on the way: to kubectl an unquoted `n` is one."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key in ("true", "false") and path[-1:] and path[-1] in _NAMED:
                yield (*path, key)
            yield from _booleans(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _booleans(child, (*path, index))


def _nulls(value: Any, path: Path) -> Iterator[Path]:
    """Where a value is null."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _nulls(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _nulls(child, (*path, index))


def _field_error(error: SourceError) -> FieldError:
    """The loader's mistake as Kubernetes words one: field, what is wrong, and the text with a caret."""
    place = f"{error.line}:{error.column}: " if error.line else ""
    shown = f"\n  {error.text}\n  {' ' * max(error.column - 1, 0)}^" if error.text else ""
    kind = "FieldValueInvalid"
    if error.message.startswith("missing key"):
        kind = "FieldValueRequired"
    elif error.message.startswith("unknown key"):
        kind = "FieldValueForbidden"
    title = {"FieldValueRequired": "Required value", "FieldValueForbidden": "Forbidden"}.get(kind, "Invalid value")
    message = error.message
    if message.startswith("there is no function") and "did you mean" not in message:
        message += " (a library that has it must be applied before)"
    return FieldError(error.file or "spec", kind, f"{title}: {place}{message}{shown}")
