"""Requests for objects: which verb they are, whether the resource has it, and who does it.

Reading is :mod:`ruleplane.server.reading`, writing :mod:`ruleplane.server.writing`; what is asked by creating an object
and never stored is :mod:`ruleplane.server.reviews`. :mod:`ruleplane.server.app` asks for :meth:`Resources.attributes`
before it lets a request through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.api.authz import Attributes
from ruleplane.errors import MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp.web import StreamResponse

    from ruleplane.model.kind import Kind, Registry
    from ruleplane.server.app import Ask
    from ruleplane.server.paths import ResourcePath
    from ruleplane.server.reading import Reading
    from ruleplane.server.writing import Writing

    Connector = Callable[[Ask, Kind], Awaitable[StreamResponse]]

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# subresources that are a way into a running container, not a document; POST and GET are one there
_STREAMED = frozenset({"attach", "exec", "log", "portforward", "proxy"})
_OF_ALL = ("list", "watch", "create", "deletecollection")
_OF_ONE = ("get", "watch", "update", "patch", "delete")
_NAME_SELECTOR = "metadata.name="


class Resources:
    """``connectors``: who serves a subresource that is a stream (``pods/log``), by ``GROUP/PLURAL/SUBRESOURCE``."""

    def __init__(
        self, registry: Registry, reading: Reading, writing: Writing, connectors: Mapping[str, Connector] | None = None
    ) -> None:
        self._registry, self._reading, self._writing = registry, reading, writing
        self._connectors = dict(connectors or {})

    def known(self, path: ResourcePath) -> bool:
        """Whether this path names something that is served."""
        kind = self._registry.resource(path.group, path.version, path.plural)
        if kind is None or (path.namespace and not kind.namespaced):
            return False
        if path.subresource and path.subresource not in kind.subresources:
            return False
        return bool(path.namespace) or not path.name or not kind.namespaced

    def absent(self, path: ResourcePath) -> str:
        """What is said of a path that names nothing: why, where it is a version that clients may expect."""
        group_version = f"{path.group}/{path.version}"
        return self._registry.unserved.get(group_version, "the server could not find the requested resource")

    def attributes(self, ask: Ask, path: ResourcePath) -> Attributes:
        """What the asker must be allowed to do.

        Raises:
            MethodNotAllowed: the HTTP method is none of the API's.
        """
        verb = _VERBS.get(ask.method)
        if verb is None:
            raise _not_allowed()
        name = path.name
        if verb == "get" and not path.subresource:
            if ask.query.flag("watch"):
                verb = "watch"
            elif not name:
                verb = "list"
            selector = ask.query.text("fieldSelector")
            if not name and selector.startswith(_NAME_SELECTOR) and "," not in selector:
                name = selector.removeprefix(_NAME_SELECTOR)
        elif verb == "delete" and not name:
            verb = "deletecollection"
        namespace = path.namespace
        if path.plural == "namespaces" and not path.group:
            namespace = path.name  # a namespace is in itself, as its roles are
        return Attributes(verb, path.group, path.plural, path.subresource, namespace, name)

    async def serve(self, ask: Ask) -> StreamResponse:
        """The answer to a request that :meth:`known` knows.

        Raises:
            MethodNotAllowed: the resource does not support the verb.
        """
        path = ask.path
        kind = self._registry.resource(path.group, path.version, path.plural) if path else None
        if path is None or kind is None:
            raise NotFound("the server could not find the requested resource")
        if path.subresource:
            return await self._subresource(ask, path, kind)
        verb = self.attributes(ask, path).verb
        if verb not in kind.verbs or verb not in (_OF_ONE if path.name else _OF_ALL):
            raise _not_allowed()
        if kind.namespaced and not path.namespace and verb in ("create", "deletecollection"):
            raise _not_allowed()
        match verb:
            case "get":
                return await self._reading.get(ask, path, kind)
            case "list":
                return await self._reading.list(ask, path, kind)
            case "watch":
                return await self._reading.watch(ask, path, kind)
        return await self._writing.serve(ask, path, kind, verb)

    async def _subresource(self, ask: Ask, path: ResourcePath, kind: Kind) -> StreamResponse:
        subresource = kind.subresource(path.subresource)
        verb = _VERBS[ask.method]
        if path.subresource in _STREAMED:
            connector = self._connectors.get(f"{kind.group}/{kind.plural}/{path.subresource}")
            if connector is None:
                raise MethodNotAllowed(f"{kind.plural}/{path.subresource} is not served by this control plane")
            return await connector(ask, kind)
        if subresource is None or verb not in subresource.verbs:
            raise _not_allowed()
        if verb == "get":
            return await self._reading.get(ask, path, kind)
        return await self._writing.serve(ask, path, kind, verb)


def _not_allowed() -> MethodNotAllowed:
    return MethodNotAllowed("the server does not allow this method on the requested resource")
