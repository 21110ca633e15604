"""Reads a request path by its segments: which kind, which object, which part of it.

A table of routes would be searched for every request; the API's paths have one shape, so that splitting is enough.
:mod:`ruleplane.server.app` calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

_NAMESPACES = "namespaces"
_PARTS_OF_A_NAMESPACE = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """``/apis/GROUP/VERSION[/namespaces/NAMESPACE]/PLURAL[/NAME[/SUBRESOURCE[/REST]]]``; "" where absent."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""  # after the subresource, for proxies


def segments(path: str) -> list[str]:
    """The decoded segments of a raw path, empty ones left out; an encoded slash stays inside its segment.

    >>> segments("/apis/rbac/v1/roles/a%2Fb/")
    ['apis', 'rbac', 'v1', 'roles', 'a/b']
    """
    parts = [part for part in path.split("/") if part]
    return [unquote(part) for part in parts] if "%" in path else parts


def resource_path(parts: list[str]) -> ResourcePath | None:
    """What the segments name, or ``None`` where they name no resource (discovery, health, unknown).

    >>> resource_path(["api", "v1", "namespaces", "default", "pods", "web", "log"])
    ResourcePath(group='', version='v1', plural='pods', namespace='default', name='web', subresource='log', rest='')
    >>> resource_path(["api", "v1", "namespaces", "default", "status"]).name
    'default'
    """
    if len(parts) >= 3 and parts[0] == "api":
        group, version, at = "", parts[1], 2
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, at = parts[1], parts[2], 3
    else:
        return None
    rest = parts[at:]
    namespace = ""
    if rest[0] == _NAMESPACES and len(rest) > 2 and rest[2] not in _PARTS_OF_A_NAMESPACE:
        namespace, rest = rest[1], rest[2:]
    size = len(rest)
    return ResourcePath(
        group,
        version,
        rest[0],
        namespace,
        rest[1] if size > 1 else "",
        rest[2] if size > 2 else "",
        "/".join(rest[3:]) if size > 3 else "",
    )
