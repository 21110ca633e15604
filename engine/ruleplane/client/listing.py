"""All objects of one path, however many pages the server makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.client.connection import Connection

PAGE = 500  # objects in one answer


async def listed(
    connection: Connection, path: str, query: Mapping[str, str] | None = None, **more: Any
) -> tuple[list[dict[str, Any]], str]:
    """The items, which do not say of what kind they are, and the resourceVersion of the list ("": it has none). A
    consistent read. Raises ApiError; Expired where the pages outlive the server's memory."""
    asked = {**(query or {}), "limit": str(PAGE)}
    items: list[dict[str, Any]] = []
    while True:
        answer = await connection.ask("GET", path, query=asked, **more)
        items += answer.get("items") or ()
        metadata = answer.get("metadata") or {}
        if not metadata.get("continue"):
            return items, metadata.get("resourceVersion") or ""
        asked["continue"] = metadata["continue"]
