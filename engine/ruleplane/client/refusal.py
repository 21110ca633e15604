"""A server's refusal as one of our errors: by the reason of its Status, else by its code."""

from __future__ import annotations

from typing import Any

import orjson

from ruleplane import errors
from ruleplane.errors import ApiError, BadRequest, InternalError

_CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ApiError)]
_BY_REASON = {one.reason: one for one in _CLASSES if one is not ApiError}
_BY_CODE = {one.code: one for one in reversed(_CLASSES) if one is not ApiError}  # of several the first counts


def refusal(code: int, body: bytes, asked: str) -> ApiError:
    """The error for an answer of ``code`` with this body; ``asked``: what was tried."""
    try:
        status: Any = orjson.loads(body)
    except ValueError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        text = body.decode(errors="replace").strip()[:200]
        status = {"message": f"{asked}: the server answered {code}" + (f": {text}" if text else "")}
    return refused(status, code)


def refused(status: dict[str, Any], code: int = 0) -> ApiError:
    """The error that a ``v1.Status`` stands for; its own reason and code are kept where we have no class for them."""
    code = int(status.get("code") or code or 500)
    reason = status.get("reason") or ""
    found = _BY_REASON.get(reason) or _BY_CODE.get(code) or (InternalError if code >= 500 else BadRequest)
    error = found(str(status.get("message") or reason or f"the server answered {code}"), details=status.get("details"))
    error.code = code
    if reason:
        error.reason = reason
    return error


def causes(error: ApiError) -> list[str]:
    """The fields that an error complains of."""
    return [cause.get("field", "") for cause in (error.details or {}).get("causes") or ()]
