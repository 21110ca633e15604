"""A Kind is what the API knows of one resource; a Registry finds it by any of its names.

Everything about a kind is data (``schemas/``): no kind is named in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_REMOVING = frozenset({"eviction"})


class Subresource(NamedTuple):
    """What a subresource speaks: the reference of the kind of its bodies, and its verbs."""

    name: str  # "status", "eviction", …
    ref: str  # "apps/v1/Deployment", "policy/v1/Eviction"
    verbs: tuple[str, ...]


class ScalePaths(NamedTuple):
    """Where the scale subresource reads and writes, as tuples of field names; ``selector`` may be empty."""

    wanted: tuple[str, ...]  # ("spec", "replicas")
    there: tuple[str, ...]  # ("status", "replicas")
    selector: tuple[str, ...]  # a label selector, a map of labels, or (custom kinds) its text


class Column(NamedTuple):
    """A printer column of a custom kind: ``path`` is its JSONPath, ``priority`` > 0 is for wide output."""

    name: str
    type: str
    path: str
    format: str = ""
    description: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One served version of one kind."""

    group: str  # "" for the core group
    version: str
    kind: str
    plural: str
    namespaced: bool
    singular: str = ""
    subresources: frozenset[str] = frozenset()  # "status", "scale", "binding", "eviction", …
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    definition: str = ""  # name of its schema definition
    details: tuple[Subresource, ...] = ()  # one per name in subresources, where known
    scale: ScalePaths | None = None
    columns: tuple[Column, ...] = ()  # custom kinds only: the built-in kinds' columns are rules
    list_kind: str = ""  # "PodList"
    custom: bool = False  # defined by a CustomResourceDefinition
    stored: str = ""  # "stable.example.com/v1": in which version objects are kept, where that is not this one
    ending: bool = False  # its objects are being deleted, and nobody may create more
    selectable: tuple[tuple[str, ...], ...] = ()  # custom kinds only: paths that field selectors may name
    api_version: str = field(init=False, default="")  # "v1", "apps/v1"
    ref: str = field(init=False, default="")  # "v1/Pod", "apps/v1/ReplicaSet": how rule files name it
    bucket: str = field(init=False, default="")  # "core/pods", "apps/replicasets": where the store keeps it

    def __post_init__(self) -> None:
        api_version = f"{self.group}/{self.version}" if self.group else self.version
        object.__setattr__(self, "api_version", api_version)
        object.__setattr__(self, "ref", f"{api_version}/{self.kind}")
        object.__setattr__(self, "bucket", f"{self.group or 'core'}/{self.plural}")
        if not self.singular:
            object.__setattr__(self, "singular", self.kind.lower())
        if not self.list_kind:
            object.__setattr__(self, "list_kind", self.kind + "List")

    def subresource(self, name: str) -> Subresource | None:
        """What subresource ``name`` speaks; None where this kind has none of that name."""
        for detail in self.details:
            if detail.name == name:
                return detail
        if name not in self.subresources:
            return None
        ref = "autoscaling/v1/Scale" if name == "scale" else self.ref
        return Subresource(name, ref, ("get", "patch", "update"))

    def removes(self, subresource: str) -> bool:
        """Whether a call of this subresource deletes the object."""
        return subresource in _REMOVING

    def key(self, namespace: str, name: str) -> str:
        """The store key of one object: ``apps/replicasets/default/web``, ``core/nodes//node-1``."""
        return f"{self.bucket}/{namespace if self.namespaced else ''}/{name}"

    def prefix(self, namespace: str = "") -> str:
        """The store prefix of all objects, or of those in one namespace."""
        return f"{self.bucket}/{namespace}/" if namespace and self.namespaced else f"{self.bucket}/"


class Registry:
    """The kinds that are served. Later additions (custom resources) replace earlier ones of the same name.

    ``generation`` grows with every change, so that documents made from the registry know when they are out of date.
    ``unserved`` tells, by group version (``autoscaling/v1``), why a version that clients may expect is not here.
    ``listeners`` are told of every kind that comes (True; also in the place of an earlier one) or goes (False), after
    it did; they must not raise.
    """

    def __init__(self, kinds: Iterable[Kind] = (), unserved: dict[str, str] | None = None) -> None:
        self.generation = 0
        self.listeners: list[Callable[[Kind, bool], None]] = []
        self.unserved: dict[str, str] = dict(unserved or {})
        self._by_ref: dict[str, Kind] = {}
        self._by_resource: dict[tuple[str, str, str], Kind] = {}
        self._by_bucket: dict[str, dict[str, Kind]] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, kind: Kind) -> None:
        """Serve one more kind."""
        old = self._by_ref.get(kind.ref)
        if old is not None:
            self._drop(old)
        self.generation += 1
        self._by_ref[kind.ref] = kind
        self._by_resource[kind.group, kind.version, kind.plural] = kind
        self._by_bucket.setdefault(kind.bucket, {})[kind.ref] = kind
        for listener in self.listeners:
            listener(kind, True)

    def remove(self, kind: Kind) -> None:
        """Serve one kind less; unknown is no error."""
        old = self._by_ref.pop(kind.ref, None)
        if old is None:
            return
        self._drop(old)
        self.generation += 1
        for listener in self.listeners:
            listener(old, False)

    def _drop(self, kind: Kind) -> None:
        self._by_resource.pop((kind.group, kind.version, kind.plural), None)
        versions = self._by_bucket[kind.bucket]
        del versions[kind.ref]
        if not versions:
            del self._by_bucket[kind.bucket]

    def get(self, ref: str) -> Kind | None:
        """By reference: ``apps/v1/ReplicaSet``."""
        return self._by_ref.get(ref)

    def of(self, api_version: str, kind: str) -> Kind | None:
        """By an object's ``apiVersion`` and ``kind``."""
        return self._by_ref.get(f"{api_version}/{kind}")

    def resource(self, group: str, version: str, plural: str) -> Kind | None:
        """By a request path's group, version and plural."""
        return self._by_resource.get((group, version, plural))

    def bucket(self, bucket: str) -> list[Kind]:
        """The served versions of what the store keeps in one bucket."""
        return list(self._by_bucket.get(bucket, {}).values())

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_ref.values())

    def __len__(self) -> int:
        return len(self._by_ref)
