"""Who asks: a client certificate of our authority, a bearer token, or nobody in particular.

What it isn't: a decision about what they may do (:mod:`ruleplane.server.authz`). :mod:`ruleplane.server.app` asks it
once per request; the certificate was verified by TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.call import User
from ruleplane.errors import Unauthorized
from ruleplane.server.tokens import ISSUER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ruleplane.model.kind import Registry
    from ruleplane.server.tokens import Tokens
    from ruleplane.store.base import Store

AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
ANONYMOUS = User("system:anonymous", "", (UNAUTHENTICATED,))
_ACCOUNTS = "system:serviceaccounts"
# objects that a token may be bound to, by the claim that names them
_BOUND = {"serviceaccount": "v1/ServiceAccount", "pod": "v1/Pod", "secret": "v1/Secret", "node": "v1/Node"}


class Authenticator:
    """Turns credentials into a :class:`~ruleplane.api.call.User`."""

    def __init__(self, static: Mapping[str, User], tokens: Tokens, store: Store, registry: Registry) -> None:
        self._static, self._tokens, self._store, self._registry = static, tokens, store, registry

    async def user(self, certificate: Mapping[str, Any] | None, authorization: str) -> User:
        """Who presents this verified certificate (as ``ssl`` describes it) or Authorization header.

        Raises:
            Unauthorized: credentials were presented and are not valid.
        """
        if certificate:
            return certificate_user(certificate)
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return ANONYMOUS  # as Kubernetes: no authenticator knows the scheme, so nobody has claimed anything
        user = await self.bearer(token.strip())
        if user is None:
            raise Unauthorized("Unauthorized")
        return user

    async def bearer(self, token: str, audiences: Sequence[str] = (ISSUER,)) -> User | None:
        """Who holds ``token``; ``None`` where it is nobody's."""
        static = self._static.get(token)
        if static is not None:
            return User(static.name, static.uid, (*static.groups, AUTHENTICATED))
        claims = self._tokens.verify(token, audiences)
        if claims is None or not await self._exist(claims["kubernetes.io"]):
            return None
        bound = claims["kubernetes.io"]
        account = bound["serviceaccount"]
        extra = {"authentication.kubernetes.io/credential-id": (f"JTI={claims['jti']}",)}
        if "pod" in bound:
            extra["authentication.kubernetes.io/pod-name"] = (bound["pod"]["name"],)
            extra["authentication.kubernetes.io/pod-uid"] = (bound["pod"]["uid"],)
        groups = (_ACCOUNTS, f"{_ACCOUNTS}:{bound['namespace']}", AUTHENTICATED)
        return User(claims["sub"], account["uid"], groups, extra)

    async def _exist(self, bound: Mapping[str, Any]) -> bool:
        """Whether everything that a token is bound to is still the same object and not on its way out."""
        for claim, ref in _BOUND.items():
            wanted = bound.get(claim)
            if wanted is None:
                continue
            kind = self._registry.get(ref)
            entry = await self._store.get(kind.key(bound["namespace"], wanted["name"])) if kind else None
            if entry is None or entry.value["metadata"].get("uid") != wanted["uid"]:
                return False
            if claim == "serviceaccount" and "deletionTimestamp" in entry.value["metadata"]:
                return False
        return True


def certificate_user(certificate: Mapping[str, Any]) -> User:
    """The user of a client certificate: common name, organizations as groups.

    >>> certificate_user({"subject": ((("organizationName", "ops"),), (("commonName", "ann"),))}).groups
    ('ops', 'system:authenticated')
    """
    name, groups = "", []
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                name = value
            elif key == "organizationName":
                groups.append(value)
    if not name:
        return ANONYMOUS
    return User(name, "", (*groups, AUTHENTICATED))
