"""Where a kind's objects are at an API server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind


def collection(kind: Kind, namespace: str = "") -> str:
    """``/apis/apps/v1/namespaces/default/replicasets``; of all namespaces without one."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    inside = f"/namespaces/{quote(namespace, safe='')}" if namespace and kind.namespaced else ""
    return f"{root}{inside}/{kind.plural}"


def item(kind: Kind, namespace: str, name: str, subresource: str = "") -> str:
    """``/api/v1/namespaces/default/pods/web/status``; a name may hold any character."""
    tail = f"/{subresource}" if subresource else ""
    return f"{collection(kind, namespace)}/{quote(name, safe='')}{tail}"
