"""One request, from its first line to its answer: who asks, may they, what do they ask for, in which form.

What it isn't: a router table or any rule of the API. ``serve`` hands every request to :meth:`App.handle`; objects are
:mod:`ruleplane.server.resources`' concern, everything else :mod:`ruleplane.server.nonresources`'.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ruleplane.api.authz import Attributes
from ruleplane.api.call import User
from ruleplane.errors import ApiError, BadRequest, NotFound
from ruleplane.server.authn import AUTHENTICATED, UNAUTHENTICATED, certificate_user
from ruleplane.server.negotiate import PLAIN, Form, negotiate
from ruleplane.server.paths import ResourcePath, resource_path, segments
from ruleplane.server.query import Query
from ruleplane.server.respond import answer_error, api_error

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest, StreamResponse

    from ruleplane.server.authn import Authenticator
    from ruleplane.server.authz import Authorizer
    from ruleplane.server.connection import Connection
    from ruleplane.server.metrics import Metrics
    from ruleplane.server.nonresources import NonResources
    from ruleplane.server.resources import Resources

_log = logging.getLogger("ruleplane.server")
_DISCOVERY = ("api", "apis")
_NEGOTIATED = (*_DISCOVERY, "openapi")  # health and metrics have one form, whatever a client accepts


@dataclass(slots=True)
class Ask:
    """What one request is, once read."""

    request: BaseRequest
    connection: Connection
    method: str
    parts: list[str]
    query: Query
    user: User
    path: ResourcePath | None
    form: Form = PLAIN

    @property
    def pretty(self) -> bool:
        """Whether a person reads the answer."""
        return self.query.flag("pretty")


class App:
    """Answers every request."""

    def __init__(
        self,
        authenticator: Authenticator,
        authorizer: Authorizer,
        resources: Resources,
        nonresources: NonResources,
        metrics: Metrics,
    ) -> None:
        self._authenticator, self._authorizer = authenticator, authorizer
        self._resources, self._nonresources, self._metrics = resources, nonresources, metrics

    async def handle(self, request: BaseRequest) -> StreamResponse:
        """The answer; failures become ``Status`` objects, and faults of ours are logged with their traceback."""
        method = request.method
        resource, form = "", PLAIN
        try:
            ask = await self._read(request)
            resource, form = (ask.path.plural if ask.path else ""), ask.form
            if ask.path is not None:
                response = await self._resources.serve(ask)
            else:
                response = await self._nonresources.serve(ask)
        except Exception as error:
            if request.transport is None:  # the client is gone: nobody to answer, nothing to mend
                _log.debug("%s %s: the client left (%s)", method, request.raw_path, type(error).__name__)
                raise
            refusal = api_error(error)
            if refusal.code == 500 and not isinstance(error, ApiError):
                _log.exception("%s %s failed", method, request.raw_path)
            response = answer_error(refusal, form)
        self._metrics.count(method, resource, response.status)
        return response

    async def _read(self, request: BaseRequest) -> Ask:
        raw_path, _, raw_query = request.raw_path.partition("?")
        try:
            parts = segments(raw_path)
        except UnicodeDecodeError as error:
            raise BadRequest(f"invalid path: {error}") from error
        connection = cast("Connection", request.protocol)
        user = await self._user(request, connection)
        extended = self._nonresources.extension(parts) is not None
        path = None if extended else resource_path(parts)
        ask = Ask(request, connection, request.method, parts, Query(raw_query), user, path)
        if extended and len(parts) > 3:  # not as a path: everybody may read those below /apis
            await self._authorizer.require(user, Attributes("get", parts[1], parts[3]))
        elif path is None:
            verb = ask.method.lower()
            await self._authorizer.require(user, Attributes(verb, path="/" + "/".join(parts)))
        elif not self._resources.known(path):
            if AUTHENTICATED not in user.groups:  # who may not look learns nothing
                await self._authorizer.require(user, Attributes("get", path.group, path.plural))
            raise NotFound(self._resources.absent(path))
        else:
            await self._authorizer.require(user, self._resources.attributes(ask, path))
        if path is not None or (parts and parts[0] in _NEGOTIATED and parts[1:2] != ["v2"]):
            ask.form = negotiate(request.headers.get("Accept", ""), path is None and parts[0] in _DISCOVERY)
        return ask

    async def _user(self, request: BaseRequest, connection: Connection) -> User:
        user = connection.user
        headers = request.headers
        if user is None:
            transport = request.transport
            certificate = transport.get_extra_info("peercert") if transport is not None else None
            if certificate:
                user = connection.user = certificate_user(certificate)
            else:
                user = await self._authenticator.user(None, headers.get("Authorization", ""))
        if "Impersonate-User" in headers or "Impersonate-Group" in headers or "Impersonate-Uid" in headers:
            return await self._impersonated(request, user)
        return user

    async def _impersonated(self, request: BaseRequest, user: User) -> User:
        """The user that ``user`` wants to be taken for, if they may: every part of it is a permission of its own."""
        headers = request.headers
        name = headers.get("Impersonate-User", "")
        if not name:
            raise BadRequest("requested impersonation of groups, uid or extra fields without impersonating a user")
        account = name.removeprefix("system:serviceaccount:").split(":")
        groups = tuple(headers.getall("Impersonate-Group", []))
        if name.startswith("system:serviceaccount:") and len(account) == 2:
            asked = [Attributes("impersonate", "", "serviceaccounts", "", account[0], account[1])]
            implied = ["system:serviceaccounts", f"system:serviceaccounts:{account[0]}"]
        else:
            asked = [Attributes("impersonate", "", "users", name=name)]
            implied = []
        asked += [Attributes("impersonate", "", "groups", name=group) for group in groups]
        uid = headers.get("Impersonate-Uid", "")
        if uid:
            asked.append(Attributes("impersonate", "authentication.k8s.io", "uids", name=uid))
        extra: dict[str, tuple[str, ...]] = {}
        for header, value in headers.items():
            key = header.lower()
            if key.startswith("impersonate-extra-"):
                key = key.removeprefix("impersonate-extra-")
                extra[key] = (*extra.get(key, ()), value)
                asked.append(Attributes("impersonate", "authentication.k8s.io", "userextras", key, name=value))
        for attributes in asked:
            await self._authorizer.require(user, attributes)
        known = UNAUTHENTICATED if name == "system:anonymous" else AUTHENTICATED
        return User(name, uid, tuple(dict.fromkeys((*(groups or implied), known))), extra)
