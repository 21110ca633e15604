"""The trace as JSON: what the HTTP edge serves under ``/apis/trace.ruleplane.dev/v1`` and the command line prints.

Pure: a path and a query in, a JSON object out. Against a running control plane the server calls it; against a stopped
data directory the command line does, on the same files.

    firings?object=pod/web-1&namespace=default&rule=bind&ruleset=…&since=<RFC 3339>&errors=true&limit=100
    firings?after=<id>            what came after that record: ask again with the answer's ``cursor``
    why?object=pod/web-1.spec.nodeName&namespace=default      (or &field=spec.nodeName)
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ruleplane.clock import parse_rfc3339
from ruleplane.errors import BadRequest, NotFound
from ruleplane.trace.names import Target, parse
from ruleplane.trace.paths import lookup, split
from ruleplane.trace.query import Query, follow, search
from ruleplane.trace.render import record_lines, why_lines
from ruleplane.trace.why import Explanation, why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.model.trace import Record
    from ruleplane.trace.log import Log

GROUP_VERSION = "trace.ruleplane.dev/v1"
ROOT = f"/apis/{GROUP_VERSION}"
_MOST = 10_000
_FIRINGS = frozenset({"object", "namespace", "rule", "ruleset", "since", "errors", "requests", "limit", "after"})
_WHY = frozenset({"object", "namespace", "field"})


class TraceService:
    """Answers questions about the past.

    Args:
        log: gives the log with everything recorded so far (``lambda: recorder.log``).
        registry, schemas: to understand names of kinds and fields.
        read: the present object of a kind, namespace and name, ``None`` where there is none; to show a field's value.
    """

    def __init__(
        self,
        log: Callable[[], Log],
        registry: Registry,
        schemas: Schemas | None = None,
        read: Callable[[Kind, str, str], dict[str, Any] | None] | None = None,
    ) -> None:
        self._log, self._registry, self._schemas, self._read = log, registry, schemas, read

    def handle(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to ``GET <path>?<query>``; ``path`` is the whole one or the part below :data:`ROOT`.

        Raises:
            BadRequest: the query cannot be understood. NotFound: there is no such path.
        """
        name = path.removeprefix(ROOT).strip("/")
        if name == "firings":
            return self.firings(query)
        if name == "why":
            return self.why(query)
        if not name:
            return self._discovery()
        raise NotFound(f"the server could not find the requested resource (under {ROOT}: firings, why)")

    def firings(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A list of records; ``cursor`` goes into the next ``after``."""
        _known(query, _FIRINGS)
        asked = self._query(query)
        log = self._log()
        if "after" in query:
            records, cursor = follow(log, asked, _number(query, "after", 0))
        else:
            records, cursor = search(log, asked), log.last
        return {
            "apiVersion": GROUP_VERSION,
            "kind": "FiringList",
            "metadata": {},
            "cursor": cursor,
            "oldest": log.first,
            "items": [as_json(record) for record in records],
        }

    def why(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The chain of causes of one object or field."""
        _known(query, _WHY)
        target = self._target(query)
        field = query.get("field", "").lstrip(".") or target.field
        try:
            segments = split(field)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        explanation = why(self._log(), target.ref, field)
        if self._read is not None:
            present = self._read(target.kind, target.namespace, target.name)
            if present is not None:
                explanation.found, explanation.value = True, lookup(present, segments) if field else None
        return explanation_json(explanation)

    def _query(self, query: Mapping[str, str]) -> Query:
        try:
            since = parse_rfc3339(query["since"]) if query.get("since") else 0
        except ValueError as error:
            raise BadRequest(f"since: {error}") from None
        return Query(
            ref=self._target(query).ref if query.get("object") else "",
            rule=query.get("rule", ""),
            ruleset=query.get("ruleset", ""),
            since=since,
            errors=query.get("errors", "") == "true",
            requests=query.get("requests", "true") == "true",
            limit=min(max(_number(query, "limit", 100), 1), _MOST),
        )

    def _target(self, query: Mapping[str, str]) -> Target:
        return parse(query.get("object", ""), query.get("namespace", "") or "default", self._registry, self._schemas)

    def _discovery(self) -> dict[str, Any]:
        names = ("firings", "why")
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": GROUP_VERSION,
            "resources": [
                {"name": name, "singularName": "", "namespaced": False, "kind": kind, "verbs": ["get"]}
                for name, kind in zip(names, ("FiringList", "Explanation"), strict=True)
            ],
        }


def _known(query: Mapping[str, str], names: frozenset[str]) -> None:
    unknown = sorted(set(query) - names)
    if unknown:
        raise BadRequest(f"unknown query parameter {unknown[0]!r} (known: {', '.join(sorted(names))})")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if not text:
        return default
    if not text.isdigit():
        raise BadRequest(f"{name}: {text!r} is not a number")
    return int(text)


def as_json(record: Record) -> dict[str, Any]:
    """A record as ``trace -o json`` prints it (schemas/trace.schema.json), with its text for people as ``text``."""
    return {**asdict(record), "text": record_lines(record)}


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """An explanation as JSON, with its text for people as ``text``."""
    return {"apiVersion": GROUP_VERSION, "kind": "Explanation", **asdict(explanation), "text": why_lines(explanation)}
