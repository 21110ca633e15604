"""What a rule set has left in the cluster and must undo one day, by the key of the primary that it was for.

It is read from the objects alone, so that nothing has to be remembered: after a restart, or when the primary is long
gone, the same objects lead back to the same key.

    Secret team-a/db     annotations made-by: copier/copies, made-for: default/db     -> "default/db"
    ConfigMap default/c  managedFields: manager "painter/default/web" applied         -> "default/web"
    the primary itself   managedFields: manager "painter" applied; our finalizer      -> its own key

Not here: what of it is to be undone (``reconcile.retract``).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ruleplane.lang.program import Program
    from ruleplane.matcher.bound import Bound
    from ruleplane.matcher.cache import KindCache

MADE_BY = "ruleplane.dev/made-by"
MADE_FOR = "ruleplane.dev/made-for"
MADE_EACH = "ruleplane.dev/made-for-each"

_LONGEST = 128  # bytes of a field manager's name, as the API allows
_WRITERS = ("ancient-changes",)  # Kubernetes' name for the merged entries of many managers


class Stamp(NamedTuple):
    """What an object says of its making: by which rule, for which primary, and for which element of `each`."""

    rule: str
    key: str
    element: str


def stamp_of(obj: dict[str, Any], ruleset: str) -> Stamp | None:
    """The stamp that this rule set has put on the object; None where there is none, or where it was copied: a stamp
    counts only if the rule set is the manager of that very field."""
    metadata = obj["metadata"]
    annotations = metadata.get("annotations")
    made_by = annotations.get(MADE_BY) if annotations else None
    if made_by is None:
        return None
    by, _, rule = made_by.partition("/")
    key = annotations.get(MADE_FOR)
    if by != ruleset or not rule or key is None or not _wrote(metadata, ruleset):
        return None
    return Stamp(rule, key, annotations.get(MADE_EACH, ""))


def stamp(ruleset: str, made: Stamp) -> dict[str, str]:
    """The annotations of an object that is made."""
    out = {MADE_BY: f"{ruleset}/{made.rule}", MADE_FOR: made.key}
    return {**out, MADE_EACH: made.element} if made.element else out


def _wrote(metadata: dict[str, Any], ruleset: str) -> bool:
    entries = metadata.get("managedFields")
    if not entries:
        return True  # a store that does not track who owns what
    for entry in entries:
        if entry.get("manager") == ruleset or entry.get("manager") in _WRITERS:
            fields = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
            if f"f:{MADE_BY}" in (fields.get("f:annotations") or {}):
                return True
    return False


def field_manager(ruleset: str, key: str) -> str:
    """Who holds fields on account of one primary, where several may hold some of one object.

    >>> field_manager("painter", "default/web")
    'painter/default/web'
    """
    name = f"{ruleset}/{key}"
    if len(name.encode()) <= _LONGEST and name.isprintable():
        return name
    return f"{ruleset}/#{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"


def applied(obj: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Manager and subresource of every server-side apply to the object."""
    for entry in obj["metadata"].get("managedFields") or ():
        if entry.get("operation") == "Apply":
            yield entry.get("manager", ""), entry.get("subresource", "")


class Footprint:
    """Of one program over one cache: by key, the objects on which something of it lies."""

    def __init__(self, bound: Bound, program: Program) -> None:
        self._bound, self._name = bound, program.name
        self._prefix = f"{program.name}/"
        self._finalizer = program.finalizer.name if program.finalizer is not None else None
        self._own = program.kind
        self._objects: dict[str, dict[tuple[KindCache, str], None]] = {}
        self._placed: dict[tuple[KindCache, str], tuple[str, ...]] = {}

    def keys(self) -> list[str]:
        """Every primary on whose account something lies anywhere, present or not, in order."""
        return sorted(dict.fromkeys(map(self.owner, self._objects)))

    def of(self, key: str) -> list[dict[str, Any]]:
        """The objects on which something lies on account of ``key``, in order; each once."""
        places = {**self._objects.get(key, {}), **self._objects.get(self._suffix(key), {})}
        found = [(kind.ref, name, kind.objects[name]) for kind, name in places]
        found.sort(key=lambda item: item[:2])
        return list({item[2]["metadata"].get("uid", item[:2]): item[2] for item in found}.values())

    def owner(self, key: str) -> str:
        """The primary's key: what lies under the digest of a long one is found by comparing those that are there."""
        if not key.startswith("#"):
            return key
        return next((name for name in self._bound.kind.objects if self._suffix(name) == key), key)

    def _suffix(self, key: str) -> str:
        return key if key.startswith("#") else field_manager(self._name, key)[len(self._prefix) :]

    def update(
        self, kind: KindCache, name: str, new: dict[str, Any] | None, wake: Callable[[str], None] | None = None
    ) -> None:
        """Object ``name`` is now ``new`` (None: gone); ``wake`` is told the keys on whose account something lies on it
        that did not before."""
        place = (kind, name)
        before = self._placed.get(place, ())
        after = self._keys(kind, name, new) if new is not None else ()
        if before == after:
            return
        for key in before:
            objects = self._objects[key]
            del objects[place]
            if not objects:
                del self._objects[key]
        for key in after:
            self._objects.setdefault(key, {})[place] = None
        if after:
            self._placed[place] = after
        else:
            del self._placed[place]
        if wake is not None:
            for key in after:
                if key not in before:
                    wake(self.owner(key))

    def _keys(self, kind: KindCache, name: str, obj: dict[str, Any]) -> tuple[str, ...]:
        keys: dict[str, None] = {}
        made = stamp_of(obj, self._name)
        if made is not None:
            keys[made.key] = None
        for manager, _ in applied(obj):
            if manager.startswith(self._prefix):
                keys[manager[len(self._prefix) :]] = None
            elif manager == self._name and kind.ref == self._own and self._bound.groups is None:
                keys[name] = None
        if kind.ref == self._own and self._finalizer in (obj["metadata"].get("finalizers") or ()):
            keys[name] = None
        return tuple(keys)
