"""Writing objects: from a request's body and query to a verb of the API, and from its entry to an answer.

No answer leaves before what it tells of would survive the process being killed. :mod:`ruleplane.server.resources` calls
:meth:`Writing.serve` with a verb that the resource has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ruleplane.api.authz import MASTERS
from ruleplane.api.call import Call
from ruleplane.api.refusals import details
from ruleplane.api.verbs import Removed
from ruleplane.errors import BadRequest
from ruleplane.server import bodies
from ruleplane.server.query import dry_run, field_manager, field_validation, list_query
from ruleplane.server.respond import answer, answer_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.web import Response

    from ruleplane.api.verbs import Api
    from ruleplane.model.kind import Kind, Registry
    from ruleplane.server.app import Ask
    from ruleplane.server.authz import Authorizer
    from ruleplane.server.bodies import Body
    from ruleplane.server.paths import ResourcePath
    from ruleplane.server.reviews import Reviews
    from ruleplane.server.views import Views
    from ruleplane.store.base import Entry, Store

Json = dict[str, Any]
Powers: TypeAlias = "Callable[[Kind, Json, Json | None], list[Json]]"  # what a write lets rules do, as rules of a role

_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions", "delete": "DeleteOptions"}
_GRANTS, _RULES = "rbac.authorization.k8s.io", "ruleplane.dev"
_OK, _CREATED = 200, 201


class Writing:
    """Answers create, update, patch, delete, deletecollection, and what is posted to a subresource."""

    def __init__(
        self,
        api: Api,
        store: Store,
        registry: Registry,
        authorizer: Authorizer,
        reviews: Reviews,
        views: Views,
        powers: Powers,
    ) -> None:
        self._powers = powers
        self._api, self._store, self._registry = api, store, registry
        self._authorizer, self._reviews, self._views = authorizer, reviews, views

    async def serve(self, ask: Ask, path: ResourcePath, kind: Kind, verb: str) -> Response:
        """The answer to a write.

        Raises:
            ApiError: whatever the verb refuses; warnings that were found until then are lost with it.
        """
        if verb == "patch":
            return await self._patch(ask, path, kind)
        if verb in ("delete", "deletecollection"):
            return await self._delete(ask, path, kind, verb)
        wanted = self._body_kind(path, kind)
        data = await bodies.read(ask.request)
        body = bodies.decode(
            data,
            bodies.content_type(ask.request),
            group=wanted.group if wanted else "",
            version=wanted.version if wanted else "",
            kind=wanted.kind if wanted else "",
        )
        call = self._call(ask, verb, body)
        obj = _object(body.value)
        review = None if path.subresource else self._reviews.of(kind.group, kind.plural)
        if review is not None:
            checked = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
            return answer_value(await review(checked, ask.user, path.namespace), ask.form, _CREATED, pretty=ask.pretty)
        if verb == "create":
            return await self._create(ask, path, kind, obj, call)
        return await self._update(ask, path, kind, obj, call)

    # --- verbs ------------------------------------------------------------------------------------------------------

    async def _create(self, ask: Ask, path: ResourcePath, kind: Kind, obj: Json, call: Call) -> Response:
        if path.subresource:
            return await self._post(ask, path, kind, path.subresource, path.name, obj, call)
        if kind.ref == "v1/Binding":  # the older way to post a Pod's binding
            pods = self._registry.get("v1/Pod")
            name = (obj.get("metadata") or {}).get("name", "")
            if pods is None or not name:
                raise BadRequest("name is required")
            return await self._post(ask, path, pods, "binding", name, obj, call)
        if self._gives(kind, call):
            trial = await self._api.create(kind, path.namespace, obj, _dry(call))
            await self._require(call, kind, path, trial, None)
        entry = await self._api.create(kind, path.namespace, obj, call)
        return await self._told(ask, kind, entry, call, _CREATED)

    async def _update(self, ask: Ask, path: ResourcePath, kind: Kind, obj: Json, call: Call) -> Response:
        place = (kind, path.namespace, path.name)
        old = await self._store.get(kind.key(path.namespace, path.name))
        if self._gives(kind, call):
            trial = await self._api.update(*place, obj, _dry(call), path.subresource)
            await self._require(call, kind, path, trial, old)
        entry = await self._api.update(*place, obj, call, path.subresource)
        return await self._told(ask, kind, entry, call, _OK if old is not None else _CREATED)

    async def _patch(self, ask: Ask, path: ResourcePath, kind: Kind) -> Response:
        patch_type, body = bodies.decode_patch(await bodies.read(ask.request), bodies.content_type(ask.request))
        call = self._call(ask, "patch", body)
        if patch_type == "apply":
            call.actor = ask.query.text("fieldManager")  # nobody applies without saying who: the verb refuses
        force = ask.query.maybe_flag("force")
        old = await self._store.get(kind.key(path.namespace, path.name))
        existed = patch_type != "apply" or old is not None
        place = (kind, path.namespace, path.name)
        if self._gives(kind, call):
            trial = await self._api.patch(*place, body.value, patch_type, _dry(call), path.subresource, force)
            await self._require(call, kind, path, trial, old)
        entry = await self._api.patch(*place, body.value, patch_type, call, path.subresource, force)
        return await self._told(ask, kind, entry, call, _OK if existed else _CREATED)

    async def _delete(self, ask: Ask, path: ResourcePath, kind: Kind, verb: str) -> Response:
        data = await bodies.read(ask.request)
        body: Any = None
        if data.strip():
            media_type = bodies.content_type(ask.request)
            body = bodies.decode(data, media_type, version="v1", kind="DeleteOptions").value
        options = _object(body) if body is not None else _options_of_query(ask)
        call = self._call(ask, "delete", None)
        call.dry_run = dry_run(ask.query, options, "DeleteOptions")
        if verb == "deletecollection":
            page = await self._api.delete_collection(kind, path.namespace, list_query(ask.query), options, call)
            await self._settle(call)
            return await self._views.list(ask, kind, page)
        entry = await self._api.delete(kind, path.namespace, path.name, options, call)
        if not isinstance(entry, Removed):
            return await self._told(ask, kind, entry, call, _OK)
        await self._settle(call)
        return answer_value(_success(kind, entry), ask.form, pretty=ask.pretty)

    async def _post(
        self, ask: Ask, path: ResourcePath, kind: Kind, subresource: str, name: str, obj: Json, call: Call
    ) -> Response:
        if subresource == "token":
            account = await self._api.get(kind, path.namespace, name)
            told = await self._reviews.token_request(obj, account)
            return answer_value(told, ask.form, _CREATED, pretty=ask.pretty)
        await self._api.post(kind, path.namespace, name, subresource, obj, call)
        await self._settle(call)
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": _CREATED}
        return answer_value(status, ask.form, _CREATED, pretty=ask.pretty)

    # --- what they share --------------------------------------------------------------------------------------------

    def _call(self, ask: Ask, verb: str, body: Body | None) -> Call:
        """Who asks, and how strictly; duplicate keys are told or refused here, since only the edge sees them.

        Raises:
            BadRequest: a key was sent twice and the client wants to know.
        """
        options, query = _OPTIONS[verb], ask.query
        agent = ask.request.headers.get("User-Agent", "")
        call = Call(
            actor=field_manager(query, agent, options),
            user=ask.user,
            dry_run=dry_run(query, None, options),
            field_validation=field_validation(query, options),
        )
        if body is not None and body.duplicates and call.field_validation != "Ignore":
            found = [f'duplicate field "{name}"' for name in body.duplicates]
            if call.field_validation == "Strict":
                raise BadRequest(f"strict decoding error: {', '.join(found)}")
            call.warnings += found
        return call

    def _body_kind(self, path: ResourcePath, kind: Kind) -> Kind | None:
        """The kind that a body stands for which does not say its own."""
        if not path.subresource:
            return kind
        subresource = kind.subresource(path.subresource)
        return self._registry.get(subresource.ref) if subresource else None

    def _gives(self, kind: Kind, call: Call) -> bool:
        """Whether this write may hand out what the asker does not hold: permissions, or what rules do."""
        return kind.group in (_GRANTS, _RULES) and MASTERS not in call.user.groups

    async def _require(self, call: Call, kind: Kind, path: ResourcePath, trial: Entry, old: Entry | None) -> None:
        """Return if the asker holds what the write, which would store ``trial``, gives. Raises Forbidden."""
        if kind.group == _GRANTS:
            await self._authorizer.require_to_grant(call.user, kind, trial.value, path.namespace)
            return
        powers = self._powers(kind, trial.value, old.value if old is not None else None)
        if powers:
            await self._authorizer.require_to_hold(call.user, kind, trial.value["metadata"]["name"], powers)

    async def _settle(self, call: Call) -> None:
        if not call.dry_run:
            await self._store.durable(self._store.revision)

    async def _told(self, ask: Ask, kind: Kind, entry: Entry, call: Call, status: int) -> Response:
        await self._settle(call)
        raw = self._views.object(ask, kind, entry)
        return answer(raw, ask.form, status, pretty=ask.pretty, warnings=call.warnings)


def _dry(call: Call) -> Call:
    return Call(call.actor, call.user, True, call.field_validation)


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise BadRequest("the body of the request is not an object")
    return value


def _options_of_query(ask: Ask) -> Json:
    """Delete options where there is no body."""
    query = ask.query
    options: Json = {}
    seconds = query.integer("gracePeriodSeconds")
    if seconds is not None:
        options["gracePeriodSeconds"] = seconds
    policy = query.text("propagationPolicy")
    if policy:
        options["propagationPolicy"] = policy
    orphan = query.maybe_flag("orphanDependents")
    if orphan is not None:
        options["orphanDependents"] = orphan
    return options


def _success(kind: Kind, entry: Entry) -> Json:
    metadata = entry.value["metadata"]
    told = details(kind, metadata["name"], uid=metadata["uid"])
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": told}
