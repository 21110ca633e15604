"""Paths that are no objects: health, version, metrics, discovery, OpenAPI, and the keys of service-account tokens.

:mod:`ruleplane.server.app` calls it after it has asked whether the path may be read.
"""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ruleplane import __version__
from ruleplane.errors import MethodNotAllowed, NotFound
from ruleplane.model.builtin import KUBERNETES_VERSION
from ruleplane.server.health import PATHS
from ruleplane.server.negotiate import PLAIN, Form
from ruleplane.server.openapi import ASKED_V2, PROTOBUF_V2
from ruleplane.server.respond import answer, answer_text, answer_value
from ruleplane.server.tokens import ISSUER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.web import Response

    from ruleplane.server.app import Ask
    from ruleplane.server.discovery import Discovery, Document
    from ruleplane.server.health import Health
    from ruleplane.server.metrics import Metrics
    from ruleplane.server.openapi import OpenApi
    from ruleplane.server.tokens import Tokens

    # path and query -> JSON; raises ApiError
    Extension = Callable[[str, Mapping[str, str]], Any]


def version() -> dict[str, str]:
    """The body of ``/version``: the Kubernetes API that is served, and whose."""
    major, minor = KUBERNETES_VERSION.split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+ruleplane.{__version__}",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}",
        "compiler": platform.python_implementation(),
        "platform": f"{sys.platform}/{platform.machine()}",
    }


class NonResources:
    """Answers everything that is not an object."""

    def __init__(
        self,
        discovery: Discovery,
        openapi: OpenApi,
        health: Health,
        metrics: Metrics,
        tokens: Tokens,
        extensions: Mapping[str, Extension] | None = None,
    ) -> None:
        self._extensions = {tuple(root.strip("/").split("/")): handle for root, handle in (extensions or {}).items()}
        self._discovery, self._openapi, self._health = discovery, openapi, health
        self._metrics, self._tokens = metrics, tokens
        self._version = version()
        self._values: dict[str, Any] = {
            "version": self._version,
            "openid/v1/jwks": {"keys": [tokens.jwk]},
            ".well-known/openid-configuration": {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/openid/v1/jwks",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            },
        }

    async def serve(self, ask: Ask) -> Response:
        """The answer.

        Raises:
            NotFound: there is nothing under this path.
            MethodNotAllowed: it can only be read.
        """
        if ask.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("the server does not allow this method on the requested resource")
        response = self._answer(ask)
        if response is None:
            raise NotFound("the server could not find the requested resource")
        return response

    def extension(self, parts: list[str]) -> Extension | None:
        """Who answers below this path: ``apis/<group>/<version>`` of those that were given, and all under it."""
        return self._extensions.get(tuple(parts[:3])) if self._extensions else None

    def _answer(self, ask: Ask) -> Response | None:
        parts = ask.parts
        extension = self.extension(parts)
        if extension is not None:
            return answer_value(extension("/" + "/".join(parts), ask.query.plain()), pretty=ask.pretty)
        head = parts[0] if parts else ""
        if head in ("api", "apis"):
            return self._discover(ask)
        if head == "openapi":
            return self._describe(ask)
        if head in PATHS:
            return self._health.answer(parts, ask.query)
        path = "/".join(parts)
        if path == "metrics":
            return answer_text(self._metrics.text())
        value = self._values.get(path)
        return answer_value(value, ask.form, pretty=True) if value is not None else None

    def _discover(self, ask: Ask) -> Response | None:
        core, *rest = ask.parts
        form = ask.form
        document: Document | None
        if form.view and not rest:
            document = self._discovery.aggregated(core=core == "api", version=form.version)
            return _document(ask, document, form)
        if core == "api":
            host = ask.request.headers.get("Host", "")
            document = self._discovery.resources("", rest[0]) if rest else self._discovery.versions(host)
        elif not rest:
            document = self._discovery.groups()
        elif len(rest) == 1:
            document = self._discovery.group(rest[0])
        else:
            document = self._discovery.resources(rest[0], rest[1])
        return _document(ask, document, Form(form.media_type))

    def _describe(self, ask: Ask) -> Response | None:
        which, *rest = ask.parts[1:] or [""]
        if which == "v3":
            return _document(ask, self._openapi.document("/".join(rest)) if rest else self._openapi.index(), PLAIN)
        accepted = ask.request.headers.get("Accept", "")
        if which == "v2" and not rest and (ASKED_V2 in accepted or PROTOBUF_V2 in accepted):
            return web.Response(body=self._openapi.empty_v2(), headers={"Content-Type": PROTOBUF_V2})
        return None


def _document(ask: Ask, document: Document | None, form: Form) -> Response | None:
    """A document that clients keep: not sent again while its tag is the one that they have."""
    if document is None:
        return None
    known = ask.request.headers.get("If-None-Match", "")
    if document.etag in (tag.strip() for tag in known.split(",")):
        return web.Response(status=304, headers={"ETag": document.etag})
    response = answer(document.body, form, pretty=ask.pretty)
    response.headers["ETag"] = document.etag
    response.headers["Vary"] = "Accept"
    return response
