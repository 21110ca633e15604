"""What may be installed: the link of admission that asks the loader about rule sets and libraries.

A rule set gets the finalizer in the request that creates it, so that none is ever in force without. Refused are: what
the loader refuses (a field that a kind does not have, as this cluster knows it, among others), with the path of every
field at fault; the name of a rule set from a file; a kind that a served group does not have (of other groups a
definition may follow: the rule set then waits); and to take away a library that something calls. Made by ``cluster``;
the installer acts on what passes here.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ruleplane.api.field_error import FieldError, invalid_value, refusal
from ruleplane.api.refusals import forbidden
from ruleplane.errors import SourceError
from ruleplane.lang.check.catalogue import Catalogue
from ruleplane.lang.installed import check_ruleset, compile_ruleset
from ruleplane.lang.mistakes import field_path
from ruleplane.reconcile.catalog import LIBRARY, RULE_SET
from ruleplane.reconcile.kinds import check_places, missing

if TYPE_CHECKING:
    from ruleplane.api.call import Call
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.reconcile.catalog import Catalog
    from ruleplane.store.base import Json

FINALIZER = "ruleplane.dev/retract"


class Gate:
    """See ``api.admission.Admission``."""

    def __init__(self, catalog: Catalog, registry: Registry, schemas: Schemas) -> None:
        self._catalog, self._registry, self._schemas = catalog, registry, schemas

    def mutate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> Json:
        """A rule set has the finalizer as long as it is not being deleted."""
        metadata = obj["metadata"]
        if kind.ref != RULE_SET or subresource or "deletionTimestamp" in metadata:
            return obj
        finalizers = metadata.get("finalizers") or []
        if FINALIZER in finalizers:
            return obj
        return {**obj, "metadata": {**metadata, "finalizers": [*finalizers, FINALIZER]}}

    def validate(self, call: Call, verb: str, kind: Kind, subresource: str, obj: Json, old: Json | None) -> None:
        """Raise Invalid for a text that cannot be loaded, Forbidden for the deletion of what is in use."""
        if subresource or kind.ref not in (RULE_SET, LIBRARY):
            return
        name = obj["metadata"].get("name", "")
        if verb == "delete":
            if kind.ref == LIBRARY:
                self._check_unused(kind, name)
            return
        if old is not None and old.get("spec") == obj.get("spec"):
            return  # only metadata: what is there already may stay
        errors = self._ruleset(obj) if kind.ref == RULE_SET else self._library(obj)
        if errors:
            raise refusal(kind, name, errors)

    def _ruleset(self, obj: Json) -> list[FieldError]:
        catalog, name = self._catalog, obj["metadata"].get("name", "")
        if name in catalog.taken:
            return [
                invalid_value("metadata.name", name, f"a rule set of that name is loaded from {catalog.taken[name]}")
            ]
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
        try:
            # made anew: the fields of a custom kind may be others by now
            check_ruleset(obj, catalog.functions, Catalogue(self._registry, self._schemas))
        except SourceError as error:
            return [_field_error(error)]
        return []

    def _library(self, obj: Json) -> list[FieldError]:
        try:
            self._catalog.check_library(obj)
        except SourceError as error:
            return [_field_error(error)]
        return []

    def _check_unused(self, kind: Kind, name: str) -> None:
        rulesets, libraries = self._catalog.users(name), self._catalog.libraries_calling(name)
        users = [*(f"the rule set {one}" for one in rulesets), *(f"the library {one}" for one in libraries)]
        if users:
            raise forbidden(kind, name, f"its functions are called by {', '.join(users)}")


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
    return FieldError(error.file or "spec", kind, f"{title}: {place}{error.message}{shown}")
