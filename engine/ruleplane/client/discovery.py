"""Which kinds a server serves: its discovery documents as a :class:`~ruleplane.model.kind.Registry`.

The aggregated form (two requests) where the server has it, else one request per group version. Of a built-in kind the
field types are known from the bundled schemas; any other is ``custom`` here: :mod:`ruleplane.client.types` asks for its
types. A group version that does not answer (an aggregated API whose server is down) is told in ``Registry.unserved``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ruleplane.errors import ApiError
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.kind import Kind, Registry, Subresource

if TYPE_CHECKING:
    from ruleplane.client.connection import Connection

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)


async def discover(connection: Connection) -> Registry:
    """Every kind that the server serves. Raises ApiError where it does not even tell its groups."""
    registry = Registry()
    for root in ("/api", "/apis"):
        answer = await connection.ask("GET", root, accept=f"{_AGGREGATED},application/json")
        if answer.get("kind") == "APIGroupDiscoveryList":
            aggregated(answer, registry)
        else:
            for path in _group_versions(root, answer):
                await _plain(connection, path, registry)
    return registry


def aggregated(document: dict[str, Any], registry: Registry) -> None:
    """Add the kinds of an ``APIGroupDiscoveryList``."""
    for group in document.get("items") or ():
        name = group.get("metadata", {}).get("name") or ""
        for version in group.get("versions") or ():
            if version.get("freshness") == "Stale" and not version.get("resources"):
                api = f"{name}/{version['version']}"
                registry.unserved[api] = f"{api} is announced by the server, and did not answer it"
            for row in version.get("resources") or ():
                kind = row.get("responseKind") or {}
                if kind.get("kind"):  # absent where only a subresource is served
                    _add(
                        registry,
                        kind.get("group") or name,
                        kind.get("version") or version["version"],
                        kind["kind"],
                        row["resource"],
                        row.get("scope") == "Namespaced",
                        row,
                        [
                            Subresource(one["subresource"], _ref(one.get("responseKind") or {}), tuple(one["verbs"]))
                            for one in row.get("subresources") or ()
                        ],
                    )


def _group_versions(root: str, answer: dict[str, Any]) -> list[str]:
    if root == "/api":
        return [f"/api/{version}" for version in answer.get("versions") or ()]
    return [
        f"/apis/{version['groupVersion']}"
        for group in answer.get("groups") or ()
        for version in group.get("versions") or ()
    ]


async def _plain(connection: Connection, path: str, registry: Registry) -> None:
    api = path.partition("/")[2].partition("/")[2]
    try:
        document = await connection.ask("GET", path)
    except ApiError as error:
        registry.unserved[api] = f"{api} is announced by the server, and does not answer: {error.message}"
        return
    plain(document, registry)


def plain(document: dict[str, Any], registry: Registry) -> None:
    """Add the kinds of one ``APIResourceList``."""
    group, _, version = document["groupVersion"].rpartition("/")
    details: dict[str, list[Subresource]] = {}
    rows = document.get("resources") or ()
    for row in rows:
        plural, slash, name = row["name"].partition("/")
        if slash:
            speaks = {"group": group, "version": version, **{k: row[k] for k in ("group", "version") if k in row}}
            details.setdefault(plural, []).append(
                Subresource(name, _ref({**speaks, "kind": row["kind"]}), tuple(row["verbs"]))
            )
    for row in rows:
        if "/" not in row["name"]:
            served = row.get("group") or group, row.get("version") or version
            _add(registry, *served, row["kind"], row["name"], row["namespaced"], row, details.get(row["name"], []))


_BUILTIN = builtin_registry()


def _add(
    registry: Registry,
    group: str,
    version: str,
    name: str,
    plural: str,
    namespaced: bool,
    row: dict[str, Any],
    details: list[Subresource],
) -> None:
    known = _BUILTIN.resource(group, version, plural)
    served: dict[str, Any] = {
        "verbs": tuple(row.get("verbs") or ()),
        "subresources": frozenset(one.name for one in details),
        "details": tuple(details),
    }
    if known is not None and known.kind == name:
        registry.add(replace(known, **served))
        return
    reversed_group = ".".join(reversed(group.split(".")))
    registry.add(
        Kind(
            group,
            version,
            name,
            plural,
            namespaced,
            singular=row.get("singularResource") or row.get("singularName") or "",
            short_names=tuple(row.get("shortNames") or ()),
            categories=tuple(row.get("categories") or ()),
            definition=f"{reversed_group}.{version}.{name}",
            custom=True,
            **served,
        )
    )


def _ref(kind: dict[str, str]) -> str:
    return "/".join(part for part in (kind.get("group"), kind.get("version"), kind.get("kind")) if part)
