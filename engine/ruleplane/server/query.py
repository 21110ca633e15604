"""Query parameters, read as Kubernetes reads them: unknown ones are ignored, malformed ones refused.

:mod:`ruleplane.server.resources` makes a :class:`~ruleplane.api.call.Call` of them. :mod:`ruleplane.server.app` parses.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from ruleplane.api import listing
from ruleplane.api.field_error import field_error, invalid_value, not_supported
from ruleplane.api.options import refuse_options
from ruleplane.errors import BadRequest

_MANAGER_MAX = 128
_VALIDATIONS = ("Ignore", "Strict", "Warn")


class Query:
    """The parameters of one request; the first value counts where one is given twice."""

    __slots__ = ("_values",)

    def __init__(self, text: str) -> None:
        try:
            self._values = parse_qs(text, keep_blank_values=True, max_num_fields=1000, errors="strict") if text else {}
        except ValueError as error:
            raise BadRequest(f"invalid query: {error}") from error

    def text(self, name: str, default: str = "") -> str:
        """The value of ``name``."""
        values = self._values.get(name)
        return values[0] if values else default

    def plain(self) -> dict[str, str]:
        """Every parameter, each with its first value."""
        return {name: values[0] for name, values in self._values.items()}

    def texts(self, name: str) -> list[str]:
        """All values of ``name``."""
        return self._values.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def flag(self, name: str) -> bool:
        """Whether ``name`` is given and is neither ``false`` nor ``0``."""
        values = self._values.get(name)
        return values is not None and values[0].lower() not in ("false", "0")

    def maybe_flag(self, name: str) -> bool | None:
        """:meth:`flag`, or ``None`` where the parameter is absent."""
        return self.flag(name) if name in self._values else None

    def integer(self, name: str) -> int | None:
        """The number in ``name``, ``None`` where absent or empty.

        Raises:
            BadRequest: it is no number.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def list_query(query: Query) -> listing.Query:
    """What a list, a watch or the deletion of many objects means."""
    limit = query.integer("limit") or 0
    return listing.Query(
        label_selector=query.text("labelSelector"),
        field_selector=query.text("fieldSelector"),
        limit=max(limit, 0),
        continue_token=query.text("continue"),
        resource_version=query.text("resourceVersion"),
        resource_version_match=query.text("resourceVersionMatch"),
        allow_bookmarks=query.flag("allowWatchBookmarks"),
        send_initial_events=query.maybe_flag("sendInitialEvents"),
    )


def dry_run(query: Query, body: object, options: str) -> bool:
    """Whether nothing is to be kept, by the query or by the options object in ``body``.

    Raises:
        Invalid: a value other than ``All``.
    """
    values = query.texts("dryRun")
    if not values and isinstance(body, dict):
        values = body.get("dryRun") or []
    for value in values:
        if value not in ("", "All"):
            raise refuse_options(options, not_supported("dryRun", value, ["All"]))
    return "All" in values


def field_validation(query: Query, options: str) -> str:
    """``Strict``, ``Warn`` (as in Kubernetes since 1.27 the default) or ``Ignore``.

    Raises:
        Invalid: another value.
    """
    value = query.text("fieldValidation") or "Warn"
    if value not in _VALIDATIONS:
        raise refuse_options(options, not_supported("fieldValidation", value, _VALIDATIONS))
    return value


def field_manager(query: Query, user_agent: str, options: str) -> str:
    """Who owns the fields that a request sets: ``fieldManager``, or the program that asks.

    >>> field_manager(Query(""), "kubectl/v1.37.1 (linux/amd64) kubernetes/abc", "PatchOptions")
    'kubectl'

    Raises:
        Invalid: longer than 128 bytes or not printable.
    """
    manager = query.text("fieldManager")
    if manager:
        if len(manager.encode()) > _MANAGER_MAX:
            detail = f"may not be more than {_MANAGER_MAX} bytes"
            raise refuse_options(options, field_error("fieldManager", "FieldValueTooLong", detail))
        if not manager.isprintable():
            detail = "should only contain printable characters"
            raise refuse_options(options, invalid_value("fieldManager", manager, detail))
        return manager
    program = "".join(letter for letter in user_agent.partition("/")[0] if letter.isprintable())
    return program.encode()[:_MANAGER_MAX].decode(errors="ignore") or "unknown"
