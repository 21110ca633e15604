"""The field types of kinds that are not built in (or are others there), from the server's OpenAPI v3 documents.

They say how lists merge (list-map keys), so a kind whose types a server does not publish is an error, not a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.errors import ApiError, RuleplaneError
from ruleplane.model.schema import OBJECT_META

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.client.connection import Connection
    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import Schemas

_PREFIX = "#/components/schemas/"


async def learn(connection: Connection, kinds: Iterable[Kind], schemas: Schemas, *, builtin: bool = False) -> None:
    """Add the types of the custom kinds among ``kinds`` (``builtin``: of all). Raises RuleplaneError where the server
    publishes none."""
    wanted: dict[str, list[Kind]] = {}
    for kind in kinds:
        if kind.custom or builtin:
            wanted.setdefault(f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}", []).append(kind)
    if not wanted:
        return
    try:
        paths = (await connection.ask("GET", "/openapi/v3")).get("paths") or {}
        for path, these in wanted.items():
            if path not in paths:
                raise RuleplaneError(f"looking for the field types of {these[0].ref}: the server publishes none")
            relative, _, query = paths[path]["serverRelativeURL"].partition("?")
            asked = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
            document = await connection.ask("GET", relative, query=asked)
            for kind in these:
                add_types(document, kind, schemas)
    except ApiError as error:
        names = ", ".join(kind.ref for these in wanted.values() for kind in these)
        raise RuleplaneError(f"looking for the field types of {names}: {error.message}") from error


def add_types(document: dict[str, Any], kind: Kind, schemas: Schemas) -> None:
    """Add one kind's types from a group version's document, with the definitions that they refer to."""
    definitions = document.get("components", {}).get("schemas") or {}
    wanted = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    found = next(
        (
            raw
            for raw in definitions.values()
            if any(
                {**wanted, **one} == wanted and "kind" in one for one in raw.get("x-kubernetes-group-version-kind", ())
            )
        ),
        None,
    )
    if found is None:
        raise RuleplaneError(f"looking for the field types of {kind.ref}: the server's document has none of them")
    for name, raw in definitions.items():
        if name != OBJECT_META:
            schemas.define(name, _plain(raw))
    schemas.add(kind, _plain(found))


def _plain(raw: Any) -> Any:
    """References by bare name, and without the ``allOf`` that version 3.0 needs to put a default beside one."""
    if isinstance(raw, list):
        return [_plain(item) for item in raw]
    if not isinstance(raw, dict):
        return raw
    out = {name: _plain(value) for name, value in raw.items() if name != "allOf"}
    for part in raw.get("allOf") or ():
        out = {**_plain(part), **out}
    reference = out.get("$ref")
    if isinstance(reference, str):
        out["$ref"] = reference.removeprefix(_PREFIX)
    return out
