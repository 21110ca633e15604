"""What may go wrong, one class per meaning.

- :class:`ApiError` and its children: one per ``reason`` of a Kubernetes ``Status``; the HTTP edge turns them into
responses.
- :class:`StoreError` and its children: what a versioned store refuses.
- :class:`SourceError`: a mistake in a rule file or expression, with file, line and column.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

from typing import Any


class RuleplaneError(Exception):
    """Every error that ruleplane raises on purpose."""


# --- Status reasons -------------------------------------------------------------------------------------------------


class ApiError(RuleplaneError):
    """A refusal in Kubernetes' terms: HTTP code, reason, message for people, details for machines."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def status(self) -> dict[str, Any]:
        """The ``v1.Status`` object that a client receives."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details:
            status["details"] = self.details
        status["code"] = self.code
        return status


class BadRequest(ApiError):
    """The request cannot be understood."""

    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    """Nobody knows who asks."""

    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    """The asker may not do this, or an admission rule denied it."""

    code, reason = 403, "Forbidden"


class NotFound(ApiError):
    """No such object, resource or path."""

    code, reason = 404, "NotFound"


class MethodNotAllowed(ApiError):
    """The resource does not support this verb."""

    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    """None of the media types that the client accepts can be produced."""

    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    """An object of that name exists."""

    code, reason = 409, "AlreadyExists"


class Conflict(ApiError):
    """A precondition on uid, resourceVersion or field ownership does not hold."""

    code, reason = 409, "Conflict"


class Gone(ApiError):
    """The thing was there and will not come back."""

    code, reason = 410, "Gone"


class Expired(ApiError):
    """The revision asked for has been compacted: list again."""

    code, reason = 410, "Expired"


class RequestEntityTooLarge(ApiError):
    """The body is over the limit."""

    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    """The body is in a format that this resource does not take."""

    code, reason = 415, "UnsupportedMediaType"


class Invalid(ApiError):
    """The object was understood and breaks the rules of its kind."""

    code, reason = 422, "Invalid"


class TooManyRequests(ApiError):
    """Not now (an eviction that a disruption budget forbids, for one)."""

    code, reason = 429, "TooManyRequests"


class InternalError(ApiError):
    """A fault of ours."""


class ServiceUnavailable(ApiError):
    """The server cannot do this at present (the store refuses writes, for one)."""

    code, reason = 503, "ServiceUnavailable"


class Timeout(ApiError):
    """The wait that the client asked for is over."""

    code, reason = 504, "Timeout"


# --- the store ------------------------------------------------------------------------------------------------------


class StoreError(RuleplaneError):
    """A versioned store refuses."""


class Compacted(StoreError):
    """The revision asked for is older than the oldest kept one."""

    def __init__(self, revision: int, compacted: int) -> None:
        super().__init__(f"revision {revision} has been compacted (oldest kept: {compacted})")
        self.revision, self.compacted = revision, compacted


class FutureRevision(StoreError):
    """The revision asked for has not been written yet."""

    def __init__(self, revision: int, current: int) -> None:
        super().__init__(f"revision {revision} is in the future (current: {current})")
        self.revision, self.current = revision, current


class StoreInUse(StoreError):
    """Another process holds the data directory."""


class StoreTooNew(StoreError):
    """The data directory was written by a newer version."""


class StoreDamaged(StoreError):
    """The data directory cannot be read back."""


class StoreFull(StoreError):
    """A write could not be made durable (disk full): it is not acknowledged, and gone if the process ends now."""


# --- rule files and expressions -------------------------------------------------------------------------------------


class SourceError(RuleplaneError):
    """A mistake in a rule file or expression: where, what was found, what was expected.

    ``line`` and ``column`` count from 1; 0 means unknown. ``text`` is the source line, for the caret.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0, text: str = "") -> None:
        super().__init__(message)
        self.message, self.file, self.line, self.column, self.text = message, file, line, column, text

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        head = f"{place}: {self.message}" if place else self.message
        if not self.text:
            return head
        return f"{head}\n  {self.text}\n  {' ' * max(self.column - 1, 0)}^"


class EvaluationError(RuleplaneError):
    """An expression could not be evaluated on these values (CEL's runtime errors)."""
