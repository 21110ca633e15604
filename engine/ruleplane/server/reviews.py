"""Questions that are asked by creating an object and never stored: who am I, may I, whose token is this, give me a
token.

Each function takes the request's body and returns the body of the answer. :mod:`ruleplane.server.resources` calls them
in place of a verb, for the resources in :class:`Reviews` and for the ``token`` subresource.
https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.authz import Attributes
from ruleplane.api.call import User
from ruleplane.clock import SECOND, rfc3339
from ruleplane.errors import BadRequest, Conflict, Invalid, NotFound
from ruleplane.server.tokens import ISSUER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ruleplane.clock import Clock
    from ruleplane.model.kind import Registry
    from ruleplane.server.authn import Authenticator
    from ruleplane.server.authz import Authorizer
    from ruleplane.server.tokens import Tokens
    from ruleplane.store.base import Entry, Store

Json = dict[str, Any]

_MIN_SECONDS, _DEFAULT_SECONDS, _MAX_SECONDS = 600, 3600, 1 << 32


class Reviews:
    """Answers reviews with what authentication and authorization know."""

    def __init__(
        self,
        authenticator: Authenticator,
        authorizer: Authorizer,
        tokens: Tokens,
        store: Store,
        registry: Registry,
        clock: Clock,
    ) -> None:
        self._authenticator, self._authorizer, self._tokens = authenticator, authorizer, tokens
        self._store, self._registry, self._clock = store, registry, clock
        self._by_resource: dict[tuple[str, str], Callable[[Json, User, str], Awaitable[Json]]] = {
            ("authorization.k8s.io", "selfsubjectaccessreviews"): self._self_access,
            ("authorization.k8s.io", "subjectaccessreviews"): self._access,
            ("authorization.k8s.io", "localsubjectaccessreviews"): self._local_access,
            ("authorization.k8s.io", "selfsubjectrulesreviews"): self._rules,
            ("authentication.k8s.io", "selfsubjectreviews"): self._who,
            ("authentication.k8s.io", "tokenreviews"): self._token,
        }

    def of(self, group: str, plural: str) -> Callable[[Json, User, str], Awaitable[Json]] | None:
        """The function ``(body, user, namespace) -> answer`` of a resource; ``None`` where it is an ordinary one."""
        return self._by_resource.get((group, plural))

    async def _self_access(self, body: Json, user: User, namespace: str) -> Json:
        return {**body, "status": await self._decision(user, _spec(body))}

    async def _access(self, body: Json, user: User, namespace: str) -> Json:
        spec = _spec(body)
        if not spec.get("user") and not spec.get("groups"):
            raise _invalid(body, 'spec.user: Invalid value: "": at least one of user or group must be specified')
        extra = {key: tuple(values) for key, values in (spec.get("extra") or {}).items()}
        subject = User(spec.get("user", ""), spec.get("uid", ""), tuple(spec.get("groups") or ()), extra)
        return {**body, "status": await self._decision(subject, spec)}

    async def _local_access(self, body: Json, user: User, namespace: str) -> Json:
        asked = (_spec(body).get("resourceAttributes") or {}).get("namespace", "")
        if asked != namespace:
            raise _invalid(
                body,
                f'spec.resourceAttributes.namespace: Invalid value: "{asked}": must match metadata.namespace',
            )
        return await self._access(body, user, namespace)

    async def _decision(self, user: User, spec: Json) -> Json:
        decision = await self._authorizer.decide(user, _attributes(spec))
        status: Json = {"allowed": decision.allowed}
        if decision.reason:
            status["reason"] = decision.reason
        return status

    async def _rules(self, body: Json, user: User, namespace: str) -> Json:
        wanted = _spec(body).get("namespace", "")
        if not wanted:
            raise BadRequest("no namespace on request")
        rules = (await self._authorizer.policy()).rules_for(user, wanted)
        resources = [rule.raw for rule in rules if not rule.paths]
        paths = [rule.raw for rule in rules if rule.paths]
        return {**body, "status": {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}}

    async def _who(self, body: Json, user: User, namespace: str) -> Json:
        metadata = {**(body.get("metadata") or {}), "creationTimestamp": rfc3339(self._clock.now())}
        return {**body, "metadata": metadata, "status": {"userInfo": user_info(user)}}

    async def _token(self, body: Json, user: User, namespace: str) -> Json:
        spec = _spec(body)
        audiences = spec.get("audiences") or [ISSUER]
        found = await self._authenticator.bearer(spec.get("token", ""), audiences)
        if found is None:
            return {**body, "status": {"user": {}, "authenticated": False, "error": "invalid bearer token"}}
        return {**body, "status": {"authenticated": True, "user": user_info(found), "audiences": audiences}}

    async def token_request(self, body: Json, account: Entry) -> Json:
        """A signed token for a service account, as its ``token`` subresource answers.

        Raises:
            Invalid: a lifetime outside ten minutes to 2^32 seconds, or a bound object of a kind that cannot be.
            NotFound, Conflict: the bound object is not there, or is another one.
        """
        metadata = account.value["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]
        spec = _spec(body)
        seconds = _DEFAULT_SECONDS if spec.get("expirationSeconds") is None else spec["expirationSeconds"]
        what = f'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: {seconds}:'
        if seconds < _MIN_SECONDS:
            raise Invalid(f"{what} may not specify a duration less than 10 minutes")
        if seconds > _MAX_SECONDS:
            raise Invalid(f"{what} may not specify a duration larger than 2^32 seconds")
        audiences = spec.get("audiences") or [ISSUER]
        bound = await self._bound(spec.get("boundObjectRef"), namespace)
        token, end = self._tokens.sign(namespace, {"name": name, "uid": metadata["uid"]}, audiences, seconds, **bound)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": rfc3339(self._clock.now())},
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {"token": token, "expirationTimestamp": rfc3339(end * SECOND)},
        }

    async def _bound(self, ref: Json | None, namespace: str) -> dict[str, Json]:
        if not ref:
            return {}
        kind_name, name = ref.get("kind", ""), ref.get("name", "")
        kind = self._registry.of("v1", kind_name) if kind_name in ("Pod", "Secret", "Node") else None
        if kind is None:
            raise Invalid(f'cannot bind token for service account to object of type "{kind_name}"')
        entry = await self._store.get(kind.key(namespace, name))
        if entry is None:
            raise NotFound(f'{kind.plural} "{name}" not found', details={"name": name, "kind": kind.plural})
        uid = entry.value["metadata"]["uid"]
        if ref.get("uid") not in (None, "", uid):
            raise Conflict(
                f'Operation cannot be fulfilled on {kind.plural} "{name}": the UID in the bound object reference '
                f"({ref['uid']}) does not match the UID in record. "
                "The object might have been deleted and then recreated"
            )
        return {kind_name.lower(): {"name": name, "uid": uid}}


def user_info(user: User) -> Json:
    """``authentication.k8s.io`` UserInfo."""
    info: Json = {"username": user.name}
    if user.uid:
        info["uid"] = user.uid
    if user.groups:
        info["groups"] = list(user.groups)
    if user.extra:
        info["extra"] = {key: list(values) for key, values in user.extra.items()}
    return info


def _spec(body: Json) -> Json:
    spec = body.get("spec")
    return spec if isinstance(spec, dict) else {}


def _attributes(spec: Json) -> Attributes:
    asked = spec.get("resourceAttributes")
    if asked:
        return Attributes(
            asked.get("verb", ""),
            asked.get("group", ""),
            asked.get("resource", ""),
            asked.get("subresource", ""),
            asked.get("namespace", ""),
            asked.get("name", ""),
        )
    path = spec.get("nonResourceAttributes")
    if not path:
        raise BadRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified")
    return Attributes(path.get("verb", ""), path=path.get("path", "") or "/")


def _invalid(body: Json, message: str) -> Invalid:
    group = body.get("apiVersion", "").partition("/")[0]
    return Invalid(f'{body.get("kind", "")}.{group} "" is invalid: {message}')
