"""Objects as people type them: ``pod/web-1``, ``rs/web``, ``deployments.apps/web``, ``pod/web-1.spec.nodeName``.

Resolved through the registry, so that every name that ``kubectl get`` takes is taken here. Called by ``trace.service``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruleplane.errors import BadRequest, RuleplaneError
from ruleplane.model.trace import object_ref
from ruleplane.trace.paths import split

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas


_USUAL = ("metadata", "spec", "status")  # where a kind's own fields are not known


@dataclass(frozen=True, slots=True)
class Target:
    """An object, and perhaps one field of it (``""``: all)."""

    ref: str
    kind: Kind
    namespace: str
    name: str
    field: str = ""


def find_kind(registry: Registry, word: str) -> Kind:
    """The kind called ``word``: kind, plural, singular or short name, with ``.group`` or without.

    Raises:
        BadRequest: no kind or several of different groups are called so.
    """
    word, _, group = word.lower().partition(".")
    found = [
        kind
        for kind in registry
        if word in (kind.kind.lower(), kind.plural, kind.singular, *kind.short_names)
        and (not group or kind.group == group)
    ]
    if not found:
        raise BadRequest(f"the server doesn't have a resource type {word!r}{f' in group {group!r}' if group else ''}")
    core = [
        kind for kind in found if not kind.group
    ]  # as kubectl: ``events`` are the core group's unless said otherwise
    return _preferred(core or [kind for kind in found if kind.group == found[0].group])


def _preferred(versions: list[Kind]) -> Kind:
    """The stable version if there is one: ``v1`` before ``v1beta1``."""
    stable = [kind for kind in versions if "alpha" not in kind.version and "beta" not in kind.version]
    return (stable or versions)[0]


def parse(text: str, namespace: str, registry: Registry, schemas: Schemas | None = None) -> Target:
    """The object and field that ``text`` names; ``namespace`` is meant where the kind has one.

    A name may hold dots itself: the field begins at the first dot that one of the kind's own fields follows.

    Raises:
        BadRequest: it cannot be understood; says what was expected.
    """
    word, slash, rest = text.partition("/")
    if not slash or not word or not rest:
        raise BadRequest(
            f"{text!r} does not name an object: <kind>/<name> or <kind>/<name>.<field> expected, "
            "as pod/web-1.spec.nodeName"
        )
    kind = find_kind(registry, word)
    name, field = _split_field(rest, kind, schemas)
    try:
        split(field)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    within = namespace if kind.namespaced else ""
    return Target(object_ref(kind.ref, within, name), kind, within, name, field)


def _split_field(rest: str, kind: Kind, schemas: Schemas | None) -> tuple[str, str]:
    try:
        node = schemas.node(kind) if schemas is not None else None
    except RuleplaneError:
        node = None
    at = rest.find(".")
    while at >= 0:
        first = rest[at + 1 :].partition(".")[0].partition("[")[0]
        if (node.field(first) is not None) if node is not None else first in _USUAL:
            return rest[:at], rest[at + 1 :]
        at = rest.find(".", at + 1)
    return rest, ""


def display(ref: str, registry: Registry) -> str:
    """An object reference as one types it: ``replicaset/web``, ``replicaset/web -n shop``."""
    kind_ref, namespace, name = ref.rsplit("/", 2)
    kind = registry.get(kind_ref)
    word = kind.singular if kind is not None else kind_ref
    return f"{word}/{name}" + (f" -n {namespace}" if namespace not in ("", "default") else "")
