"""Answers: objects, lists and errors as bytes in the form that the client accepts.

Stored objects are sent as the bytes that the store keeps; a list is those bytes with commas between. Its items so
carry ``apiVersion`` and ``kind``, which Kubernetes leaves out of typed lists and every client tolerates.
:mod:`ruleplane.server.resources` and ``app`` call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import yaml
from aiohttp import web
from multidict import CIMultiDict

from ruleplane.errors import (
    ApiError,
    Compacted,
    Expired,
    FutureRevision,
    InternalError,
    ServiceUnavailable,
    StoreError,
    Timeout,
)
from ruleplane.server.negotiate import JSON, PLAIN, YAML, Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry

Json = dict[str, Any]

_PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def raw_object(entry: Entry, kind: Kind) -> bytes:
    """The stored bytes, rewritten only where the object was stored under another version of its group."""
    value = entry.value
    if value.get("apiVersion") == kind.api_version or value.get("kind") != kind.kind:
        return entry.raw  # a subresource's answer may be of another kind
    return orjson.dumps({**value, "apiVersion": kind.api_version})


def raw_list(kind: str, api_version: str, items: Iterable[bytes], metadata: Json) -> bytes:
    """A list object around encoded items."""
    head = b'{"kind":"%b","apiVersion":"%b","metadata":%b,"items":[' % (
        kind.encode(),
        api_version.encode(),
        orjson.dumps(metadata),
    )
    return b"".join((head, b",".join(items), b"]}\n"))


def partial(value: Json, form: Form) -> Json:
    """The metadata of an object alone."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"{form.group}/{form.version}",
        "metadata": value.get("metadata", {}),
    }


def encoded(raw: bytes, form: Form, pretty: bool = False) -> bytes:
    """``raw`` JSON in the media type of ``form``."""
    if form.media_type == YAML:
        return yaml.safe_dump(orjson.loads(raw), sort_keys=False, allow_unicode=True).encode()
    return orjson.dumps(orjson.loads(raw), option=_PRETTY) if pretty else raw


def answer(
    raw: bytes, form: Form = PLAIN, status: int = 200, *, pretty: bool = False, warnings: Sequence[str] = ()
) -> web.Response:
    """A response of ``raw`` JSON."""
    if pretty or form.media_type != JSON:
        raw = encoded(raw, form, pretty)
    headers: CIMultiDict[str] = CIMultiDict({"Content-Type": form.content_type, "Cache-Control": "no-cache, private"})
    for warning in dict.fromkeys(warnings):  # as Kubernetes: each once
        headers.add("Warning", f'299 - "{_escaped(warning)}"')
    return web.Response(body=raw, status=status, headers=headers)


def answer_value(value: Any, form: Form = PLAIN, status: int = 200, *, pretty: bool = False) -> web.Response:
    """A response of one JSON value."""
    return answer(orjson.dumps(value), form, status, pretty=pretty)


def answer_error(error: ApiError, form: Form = PLAIN, *, warnings: Sequence[str] = ()) -> web.Response:
    """The ``Status`` of a refusal, with the headers that clients act on."""
    response = answer(orjson.dumps(error.status()), form if not form.view else PLAIN, error.code, warnings=warnings)
    retry = (error.details or {}).get("retryAfterSeconds")
    if retry is not None:
        response.headers["Retry-After"] = str(retry)
    return response


def answer_text(text: str, status: int = 200) -> web.Response:
    """Plain text, as health checks and metrics answer."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=text.encode(), status=status, headers=headers)


def api_error(error: BaseException) -> ApiError:
    """What a client is told of any failure."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Compacted):
        return Expired(f"too old resource version: {error.revision} ({error.compacted})")
    if isinstance(error, FutureRevision):
        cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
        return Timeout(
            f"Too large resource version: {error.revision}, current: {error.current}",
            details={"causes": [cause], "retryAfterSeconds": 1},
        )
    if isinstance(error, StoreError):
        return ServiceUnavailable(str(error))
    return InternalError(f"Internal error occurred: {type(error).__name__}: {error}")


def _escaped(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line.replace("\\", "\\\\").replace('"', '\\"')
