"""Read objects: one by name, or many in pages that are all of one revision.

A continue token is opaque to clients: the revision of the first page and the key to go on at. Limits count matching
objects, as they do in Kubernetes.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.api.conversion import all_seen_as, seen_as
from ruleplane.api.field_error import FieldError, field_error, not_supported
from ruleplane.api.options import refuse_options
from ruleplane.api.refusals import not_found
from ruleplane.api.selectors import Selection
from ruleplane.errors import BadRequest, Compacted, Expired, FutureRevision, Timeout

if TYPE_CHECKING:
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json

_TOO_OLD = "The resourceVersion for the provided list is too old."
_TOO_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Query:
    """A list's or watch's parameters, as the query string has them."""

    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    resource_version_match: str = ""
    allow_bookmarks: bool = False  # watch only
    send_initial_events: bool | None = None  # watch only


EVERYTHING = Query()


@dataclass(frozen=True, slots=True)
class Page:
    """A list's answer: its entries, the revision it is true at, how to go on ("" at the end), and how many objects
    remain (None: not known, since a selector decides)."""

    entries: list[Entry]
    revision: int
    continue_token: str = ""
    remaining: int | None = None

    def metadata(self) -> Json:
        """The ``ListMeta``."""
        out: dict[str, Any] = {"resourceVersion": str(self.revision)}
        if self.continue_token:
            out["continue"] = self.continue_token
            if self.remaining is not None:
                out["remainingItemCount"] = self.remaining
        return out


class ContinueExpired(Expired):
    """A continue token's revision is gone; the answer carries a token that goes on at the present."""

    def __init__(self, token: str) -> None:
        super().__init__(_TOO_OLD_TOKEN)
        self.token = token

    def status(self) -> dict[str, Any]:
        """The ``v1.Status`` object, with the new token."""
        return {**super().status(), "metadata": {"continue": self.token}}


async def get(ctx: Context, kind: Kind, namespace: str, name: str) -> Entry:
    """One object by name. Raises NotFound."""
    entry = await ctx.get(kind, kind.key(namespace, name))
    if entry is None:
        raise not_found(kind, name)
    return entry


async def list_(ctx: Context, kind: Kind, namespace: str, query: Query = EVERYTHING) -> Page:
    """A page of the objects of a kind, in one namespace or ("") in all.

    Raises:
        BadRequest: a selector or token that cannot be understood.
        Invalid: parameters that contradict each other.
        Expired: the revision asked for is compacted; Timeout: it has not been written yet.
    """
    selection = select(ctx, kind, query)
    check_query(query)
    prefix = kind.prefix(namespace or selection.namespace)
    revision, start = _starting_point(query, prefix, ctx.store.revision)
    if selection.name and (namespace or selection.namespace or not kind.namespaced):
        start = max(start, kind.key(namespace or selection.namespace, selection.name))
        return await _one(ctx, kind, start, revision, selection)
    try:
        if selection.everything:
            found = await ctx.store.list(prefix, revision=revision, start=start, limit=query.limit)
            token = write_token(found.revision, found.next_key, prefix) if found.next_key else ""
            return Page(all_seen_as(kind, found.entries), found.revision, token, found.remaining if token else None)
        return await _filtered(ctx, kind, prefix, revision, start, query.limit, selection)
    except Compacted:
        if query.continue_token:
            raise ContinueExpired(write_token(-1, start, prefix)) from None
        raise Expired(_TOO_OLD) from None
    except FutureRevision as error:
        raise too_large(error) from None


async def _one(ctx: Context, kind: Kind, key: str, revision: int, selection: Selection) -> Page:
    try:
        entry = await ctx.store.get(key, revision)
    except Compacted:
        raise Expired(_TOO_OLD) from None
    except FutureRevision as error:
        raise too_large(error) from None
    entries = [seen_as(kind, entry)] if entry is not None and selection.test(entry.value) else []
    return Page(entries, revision or ctx.store.revision)


async def _filtered(
    ctx: Context, kind: Kind, prefix: str, revision: int, start: str, limit: int, selection: Selection
) -> Page:
    """A page of what matches; reads on until it is full."""
    test = selection.test
    if not limit:
        found = await ctx.store.list(prefix, revision=revision, start=start)
        return Page(all_seen_as(kind, [entry for entry in found.entries if test(entry.value)]), found.revision)
    entries: list[Entry] = []
    while True:
        found = await ctx.store.list(prefix, revision=revision, start=start, limit=max(limit, 100))
        revision, start = found.revision, found.next_key
        for entry in found.entries:
            if len(entries) == limit:
                return Page(entries, revision, write_token(revision, entry.key, prefix))
            if test(entry.value):
                entries.append(seen_as(kind, entry))
        if not start:
            return Page(entries, revision)


def select(ctx: Context, kind: Kind, query: Query) -> Selection:
    """The query's selection. Raises BadRequest."""
    return Selection(query.label_selector, query.field_selector, ctx.strategy(kind).selectable)


def check_query(query: Query, *, watch: bool = False) -> None:
    """Raise Invalid where parameters contradict each other."""
    errors: list[FieldError] = []
    match, version = query.resource_version_match, query.resource_version

    def refuse(field: str, why: str) -> None:
        errors.append(field_error(field, "FieldValueForbidden", why))

    if match and match not in ("Exact", "NotOlderThan"):
        errors.append(not_supported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]))
    elif watch:
        if query.send_initial_events is None and match:
            refuse(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        if query.send_initial_events is not None and match != "NotOlderThan":
            refuse("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    else:
        if query.send_initial_events is not None:
            refuse("sendInitialEvents", "sendInitialEvents is forbidden for list")
        if match and not version:
            refuse("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
        if match and query.continue_token:
            refuse("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
        if match == "Exact" and version == "0":
            refuse("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if errors:
        raise refuse_options("ListOptions", *errors)


def _starting_point(query: Query, prefix: str, current: int) -> tuple[int, str]:
    """The revision to list at (0: now) and the key to start at."""
    version = parse_version(query.resource_version)
    if query.continue_token:
        if version:
            raise BadRequest("specifying resource version is not allowed when using continue")
        revision, start = read_token(query.continue_token, prefix)
        return max(revision, 0), start
    if not version:
        return 0, ""
    exact = query.resource_version_match == "Exact" or (query.limit and not query.resource_version_match)
    if exact or version > current:
        return version, ""
    return 0, ""


def parse_version(text: str) -> int:
    """A ``resourceVersion`` as a number; 0 for "" and "0". Raises Invalid."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise refuse_options(
            "ListOptions",
            FieldError(
                "resourceVersion",
                "FieldValueInvalid",
                f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax',
            ),
        )
    return int(text)


def too_large(error: FutureRevision) -> Timeout:
    """A revision was asked for that has not been written yet."""
    return Timeout(
        f"Too large resource version: {error.revision}, current: {error.current}",
        details={
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )


def write_token(revision: int, key: str, prefix: str) -> str:
    """A continue token; revision -1 goes on at the present."""
    body = {"v": "meta.k8s.io/v1", "rv": revision, "start": key.removeprefix(prefix)}
    return base64.urlsafe_b64encode(orjson.dumps(body)).decode().rstrip("=")


def read_token(token: str, prefix: str) -> tuple[int, str]:
    """Revision and key of a continue token. Raises BadRequest where it is none of ours."""
    try:
        body = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if body["v"] != "meta.k8s.io/v1":
            raise BadRequest(f'continue key is not valid: server does not recognize this encoded version "{body["v"]}"')
        revision, start = body["rv"], body["start"]
        if not isinstance(revision, int) or not isinstance(start, str) or not start:
            raise BadRequest(
                "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
            )
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"continue key is not valid: {error}") from None
    return revision, prefix + start
