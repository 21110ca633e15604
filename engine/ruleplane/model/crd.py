"""Kinds from CustomResourceDefinitions: those that users create, and those that ruleplane brings along as files.

Flow: :func:`kinds_from_crds` reads definitions -> :func:`serve` adds the kinds to a registry, their types to schemas.

Every served version is a kind of its own over the same objects (conversion strategy ``None``). Where a definition
wants them converted by a webhook, only the storage version is served; the others are told in ``Registry.unserved``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError
from ruleplane.model.kind import Column, Kind, ScalePaths, Subresource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.model.kind import Registry
    from ruleplane.model.schema import Schemas

DEFINITION = "apiextensions.k8s.io/v1/CustomResourceDefinition"

_STATUS_VERBS = ("get", "patch", "update")


def kinds_from_crds(crds: Iterable[dict[str, Any]]) -> list[tuple[Kind, dict[str, Any]]]:
    """Of each definition its served versions, and the schemas of their objects.

    Raises:
        RuleplaneError: a definition lacks what every definition has; says which and what.
    """
    return [pair for crd in crds for pair in _versions(crd)]


def serve(crds: Iterable[dict[str, Any]], registry: Registry, schemas: Schemas) -> list[Kind]:
    """Serve these kinds from now on; the kinds that were added. Raises as :func:`kinds_from_crds`."""
    crds = list(crds)
    pairs = kinds_from_crds(crds)
    for kind, schema in pairs:
        schemas.add(kind, schema)
        registry.add(kind)
    registry.unserved.update(_unserved(crds, {kind.api_version for kind, _ in pairs}))
    return [kind for kind, _ in pairs]


def _versions(crd: dict[str, Any]) -> list[tuple[Kind, dict[str, Any]]]:
    metadata = crd.get("metadata") or {}
    try:
        spec = crd["spec"]
        stored = next((one["name"] for one in spec["versions"] if one["storage"]), "")
        served = [one for one in spec["versions"] if one["served"] and (one["storage"] or _alike(spec))]
        ending = "deletionTimestamp" in metadata
        return [(_kind(spec, one, stored, ending), _schema(one)) for one in served]
    except (KeyError, TypeError) as error:
        raise RuleplaneError(
            f"reading CustomResourceDefinition {metadata.get('name', '(without a name)')}: {error} is missing or of "
            "the wrong type"
        ) from error


def _alike(spec: dict[str, Any]) -> bool:
    """Whether an object differs between versions in nothing but the version's name."""
    return bool((spec.get("conversion") or {}).get("strategy", "None") == "None")


def _schema(version: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    return schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def _kind(spec: dict[str, Any], version: dict[str, Any], stored: str, ending: bool) -> Kind:
    names = spec["names"]
    group, api = spec["group"], version["name"]
    ref = f"{group}/{api}/{names['kind']}"
    subresources = version.get("subresources") or {}
    details = []
    if "scale" in subresources:
        details.append(Subresource("scale", "autoscaling/v1/Scale", _STATUS_VERBS))
    if "status" in subresources:
        details.append(Subresource("status", ref, _STATUS_VERBS))
    return Kind(
        group=group,
        version=api,
        kind=names["kind"],
        plural=names["plural"],
        namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular", ""),
        subresources=frozenset(detail.name for detail in details),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        definition=f"{_reversed(group)}.{api}.{names['kind']}",
        details=tuple(details),
        scale=_scale(subresources.get("scale")),
        columns=tuple(_column(one) for one in version.get("additionalPrinterColumns") or ()),
        list_kind=names.get("listKind", ""),
        custom=True,
        stored="" if api == stored else f"{group}/{stored}",
        ending=ending,
        selectable=tuple(_path(one["jsonPath"]) for one in version.get("selectableFields") or ()),
    )


def _reversed(group: str) -> str:
    """``stable.example.com`` -> ``com.example.stable``: how OpenAPI documents name definitions."""
    return ".".join(reversed(group.split(".")))


def _scale(scale: dict[str, Any] | None) -> ScalePaths | None:
    if not scale:
        return None
    return ScalePaths(
        _path(scale["specReplicasPath"]), _path(scale["statusReplicasPath"]), _path(scale.get("labelSelectorPath", ""))
    )


def _path(text: str) -> tuple[str, ...]:
    """``.spec.replicas`` -> its field names."""
    return tuple(re.findall(r"[^.\[\]']+", text))


def _column(row: dict[str, Any]) -> Column:
    return Column(
        row["name"],
        row["type"],
        row["jsonPath"],
        row.get("format", ""),
        row.get("description", ""),
        row.get("priority", 0),
    )


def _unserved(crds: list[dict[str, Any]], served: set[str]) -> dict[str, str]:
    texts = {}
    for crd in crds:
        spec = crd["spec"]
        storage = next((one["name"] for one in spec["versions"] if one["storage"]), "")
        for version in spec["versions"]:
            api = f"{spec['group']}/{version['name']}"
            if version["served"] and api not in served:
                plural = spec["names"]["plural"]
                texts[api] = f"{api} is not served: {plural} would have to be converted from {storage}; use {storage}"
    return texts
