"""Which resources there are: the documents under ``/api`` and ``/apis``, made from the registry.

Both forms that clients ask for are made: the aggregated one (all groups in two documents; kubectl since 1.26) and the
plain lists, one a group version. Documents are encoded once, and again when the registry has changed. No HTTP here:
the edge picks the form and sends ``body`` with ``etag``.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.model.kind import Kind, Registry, Subresource

Json: TypeAlias = dict[str, Any]

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {None: 2, "beta": 1, "alpha": 0}


class Document(NamedTuple):
    """An encoded answer, and the tag by which clients may ask for it only if it has changed."""

    body: bytes
    etag: str


class Discovery:
    """The documents of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._generation = -1
        self._groups: dict[str, dict[str, list[Kind]]] = {}  # group -> version -> kinds
        self._documents: dict[tuple[str, ...], Document] = {}

    def aggregated(self, *, core: bool, version: str = "v2") -> Document:
        """Every group but the core one (``/apis``), or that alone (``core``: ``/api``), with all resources;
        ``version`` is ``v2`` or ``v2beta1``, which do not differ in content."""
        return self._document(("aggregated", str(core), version), lambda: self._aggregated(core, version))

    def versions(self, address: str) -> Document:
        """``/api`` in the plain form; ``address`` is ``host:port`` for clients anywhere."""
        return self._document(("versions", address), lambda: _api_versions(self._groups, address))

    def groups(self) -> Document:
        """``/apis`` in the plain form."""
        return self._document(("groups",), self._group_list)

    def group(self, name: str) -> Document | None:
        """``/apis/GROUP``; None where there is no such group."""
        self._refresh()
        if not name or name not in self._groups:
            return None
        return self._document(("group", name), lambda: {"kind": "APIGroup", "apiVersion": "v1", **self._group(name)})

    def resources(self, group: str, version: str) -> Document | None:
        """``/apis/GROUP/VERSION`` (``/api/v1``: group ""); None where there is no such group version."""
        self._refresh()
        kinds = self._groups.get(group, {}).get(version)
        if not kinds:
            return None
        return self._document(("resources", group, version), lambda: _resource_list(kinds))

    def _refresh(self) -> None:
        if self._generation == self._registry.generation:
            return
        self._generation = self._registry.generation
        self._documents.clear()
        groups: dict[str, dict[str, list[Kind]]] = {}
        for kind in self._registry:
            groups.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
        self._groups = {
            group: {version: versions[version] for version in sorted(versions, key=version_rank, reverse=True)}
            for group, versions in groups.items()
        }

    def _document(self, key: tuple[str, ...], make: Callable[[], Json]) -> Document:
        self._refresh()
        document = self._documents.get(key)
        if document is None:
            body = orjson.dumps(make())
            document = self._documents[key] = Document(body, f'"{hashlib.sha256(body).hexdigest().upper()}"')
        return document

    def _aggregated(self, core: bool, version: str) -> Json:
        items = []
        for group, versions in self._groups.items():
            if (group == "") == core:
                listed = [
                    {
                        "version": one,
                        "resources": [_aggregated_resource(kind) for kind in kinds],
                        "freshness": "Current",
                    }
                    for one, kinds in versions.items()
                ]
                metadata: Json = {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None}
                items.append({"metadata": metadata, "versions": listed})
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{version}",
            "metadata": {},
            "items": items,
        }

    def _group_list(self) -> Json:
        groups = [self._group(name) for name in self._groups if name]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def _group(self, name: str) -> Json:
        versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in self._groups[name]]
        return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def version_rank(version: str) -> tuple[int, int, int]:
    """How much a version is preferred: released before beta before alpha, then the newer.

    >>> sorted(["v1beta1", "v1", "v2", "v1alpha3"], key=version_rank, reverse=True)
    ['v2', 'v1', 'v1beta1', 'v1alpha3']
    """
    match = _VERSION.fullmatch(version)
    return (_STAGES[match[2]], int(match[1]), int(match[3] or 0)) if match else (-1, 0, 0)


def _api_versions(groups: dict[str, dict[str, list[Kind]]], address: str) -> Json:
    return {
        "kind": "APIVersions",
        "versions": list(groups.get("", ())),
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _aggregated_resource(kind: Kind) -> Json:
    resource: Json = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if kind.subresources:
        resource["subresources"] = [
            {"subresource": one.name, "responseKind": _split(one.ref), "verbs": list(one.verbs)}
            for one in _subresources(kind)
        ]
    return resource


def _resource_list(kinds: list[Kind]) -> Json:
    resources: list[Json] = []
    for kind in kinds:
        resource: Json = {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": list(kind.verbs),
        }
        if kind.short_names:
            resource["shortNames"] = list(kind.short_names)
        if kind.categories:
            resource["categories"] = list(kind.categories)
        resources.append(resource)
        resources += [_plain_subresource(kind, one) for one in _subresources(kind)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds[0].api_version,
        "resources": resources,
    }


def _plain_subresource(kind: Kind, one: Subresource) -> Json:
    speaks = _split(one.ref)
    foreign = {} if one.ref.rpartition("/")[0] == kind.api_version else speaks
    return {
        "name": f"{kind.plural}/{one.name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        **({"group": foreign["group"], "version": foreign["version"]} if foreign else {}),
        "kind": speaks["kind"],
        "verbs": list(one.verbs),
    }


def _subresources(kind: Kind) -> list[Subresource]:
    return [one for name in sorted(kind.subresources) if (one := kind.subresource(name)) is not None]


def _split(ref: str) -> dict[str, str]:
    """``autoscaling/v1/Scale`` -> its group, version and kind."""
    *group, version, kind = ref.split("/")
    return {"group": group[0] if group else "", "version": version, "kind": kind}
