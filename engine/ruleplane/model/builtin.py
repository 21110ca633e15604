"""The built-in kinds: a registry made from the generated data in ``schemas/``.

Not here: their field types (schema.py), their columns and validations (``rules/apiserver/``). Which group versions are
served, and which not and why, is decided in ``schemas/names.yaml``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson

from ruleplane.model.data import data_dir
from ruleplane.model.kind import Kind, Registry, ScalePaths, Subresource

KUBERNETES_VERSION = "1.37"


@cache
def kubernetes_data() -> dict[str, Any]:
    """The generated file, decoded once: ``version``, ``unserved``, ``kinds``, ``definitions``. Never changed."""
    path = data_dir("schemas") / f"kubernetes-{KUBERNETES_VERSION}.json"
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    return data


def builtin_registry() -> Registry:
    """A new registry of every built-in kind (the Kind objects are shared, the registry is the caller's to change)."""
    return Registry(_builtin_kinds(), unserved=kubernetes_data()["unserved"])


@cache
def _builtin_kinds() -> tuple[Kind, ...]:
    return tuple(_kind(row) for row in kubernetes_data()["kinds"])


def _kind(row: dict[str, Any]) -> Kind:
    details = tuple(
        Subresource(name, ref, tuple(verbs)) for name, (ref, verbs) in row.get("subresources", {}).items()
    )  # fmt: skip
    scale = row.get("scale")
    return Kind(
        group=row["group"],
        version=row["version"],
        kind=row["kind"],
        plural=row["plural"],
        namespaced=row["namespaced"],
        subresources=frozenset(detail.name for detail in details),
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        verbs=tuple(row["verbs"]),
        definition=row["definition"],
        details=details,
        scale=ScalePaths(*(tuple(path.split(".")) for path in scale)) if scale else None,
    )
