"""The ``paths`` of an OpenAPI v3 document: one item per URL of a kind, with the operations that it has.

Only the facts that clients act on are there (parameters, bodies, answers, kind and action of each operation).
:mod:`ruleplane.server.openapi` calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.model.kind import Kind, Subresource

Json: TypeAlias = dict[str, Any]

_REFS = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_STRATEGIC = "strategic-merge-patch+json"
_PATCH_TYPES = ("json-patch+json", "merge-patch+json", _STRATEGIC, "apply-patch+yaml")
_METHODS = {  # verb -> HTTP method, action as OpenAPI names it
    "get": ("get", "get"),
    "list": ("get", "list"),
    "create": ("post", "post"),
    "update": ("put", "put"),
    "patch": ("patch", "patch"),
    "delete": ("delete", "delete"),
    "deletecollection": ("delete", "deletecollection"),
}


def paths(kind: Kind, body_of: Callable[[str], str]) -> dict[str, Json]:
    """URL -> path item, for a kind; ``body_of`` tells the definition of a subresource's kind ("": none)."""
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    scope = f"{root}/namespaces/{{namespace}}" if kind.namespaced else root
    collection, single = f"{scope}/{kind.plural}", f"{scope}/{kind.plural}/{{name}}"
    names = [_path_parameter("namespace")] if kind.namespaced else []
    own = (kind.group, kind.version, kind.kind)
    found: dict[str, Json] = {}
    if kind.namespaced and "list" in kind.verbs:
        found[f"{root}/{kind.plural}"] = _item(kind, own, kind.definition, ("list",), [])
    many = tuple(verb for verb in ("list", "create", "deletecollection") if verb in kind.verbs)
    one = tuple(verb for verb in ("get", "update", "patch", "delete") if verb in kind.verbs)
    if many:
        found[collection] = _item(kind, own, kind.definition, many, names)
    if one:
        found[single] = _item(kind, own, kind.definition, one, [_path_parameter("name"), *names])
    for sub in kind.details:
        found[f"{single}/{sub.name}"] = _subresource(kind, sub, body_of(sub.ref), [_path_parameter("name"), *names])
    return found


def _subresource(kind: Kind, sub: Subresource, body: str, names: list[Json]) -> Json:
    *group, version, name = sub.ref.split("/")
    return _item(kind, (group[0] if group else "", version, name), body, sub.verbs, names)


def _item(kind: Kind, gvk: tuple[str, str, str], body: str, verbs: tuple[str, ...], names: list[Json]) -> Json:
    item: Json = {}
    for verb in verbs:
        method, action = _METHODS[verb]
        operation: Json = {
            "tags": [kind.api_version],
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": {"group": gvk[0], "version": gvk[1], "kind": gvk[2]},
            "parameters": [_query_parameter(name) for name in _parameters(verb)],
            "responses": {"200": _content(_answer(verb, kind, body)), "401": {"description": "Unauthorized"}},
        }
        request = _request(verb, body, kind)
        if request:
            operation["requestBody"] = request
        item[method] = operation
    item["parameters"] = [*names, _query_parameter("pretty")]
    return item


def _parameters(verb: str) -> tuple[str, ...]:
    if verb in ("create", "update"):
        return ("dryRun", "fieldManager", "fieldValidation")
    if verb == "patch":
        return ("dryRun", "fieldManager", "fieldValidation", "force")
    if verb == "delete":
        return ("dryRun", "gracePeriodSeconds", "propagationPolicy")
    if verb in ("list", "deletecollection"):
        return (
            "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
            "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch",
        )  # fmt: skip
    return ()


def _answer(verb: str, kind: Kind, body: str) -> str:
    if verb in ("delete", "deletecollection"):
        return _META + "Status"
    return f"{kind.definition}List" if verb == "list" else body


def _request(verb: str, body: str, kind: Kind) -> Json:
    if verb in ("delete", "deletecollection"):
        return _content(_META + "DeleteOptions")
    if verb == "patch":
        schema = {"$ref": f"{_REFS}{_META}Patch"}
        types = [one for one in _PATCH_TYPES if one != _STRATEGIC or not kind.custom]  # kubectl sends what is listed
        return {"content": {f"application/{one}": {"schema": schema} for one in types}, "required": True}
    return {**_content(body), "required": True} if verb in ("create", "update") and body else {}


def _content(definition: str) -> Json:
    if not definition:
        return {"description": "OK", "content": {"*/*": {"schema": {"type": "string"}}}}
    schema = {"schema": {"$ref": _REFS + definition}}
    return {"description": "OK", "content": {"application/json": schema, "application/yaml": schema}}


_BOOLEANS = frozenset(("allowWatchBookmarks", "force", "sendInitialEvents", "watch"))
_INTEGERS = frozenset(("gracePeriodSeconds", "limit", "timeoutSeconds"))


def _query_parameter(name: str) -> Json:
    type_ = "boolean" if name in _BOOLEANS else "integer" if name in _INTEGERS else "string"
    return {"name": name, "in": "query", "schema": {"type": type_, "uniqueItems": True}}


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "uniqueItems": True}}
