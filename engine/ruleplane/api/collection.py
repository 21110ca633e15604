"""Delete many objects at once: those that a query means, each as ``delete`` would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.api.delete import check_options, delete
from ruleplane.api.listing import EVERYTHING, Page, Query, list_
from ruleplane.errors import NotFound

if TYPE_CHECKING:
    from ruleplane.api.call import Call
    from ruleplane.api.context import Context
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry, Json


async def delete_collection(
    ctx: Context, kind: Kind, namespace: str, query: Query, options: Json | None, call: Call
) -> Page:
    """Delete a page of objects; the entries as ``delete`` returns them. What went meanwhile is no error.

    Raises what ``list`` and ``delete`` raise; the objects before the failing one are deleted.
    """
    check_options(options or {})
    page = await list_(ctx, kind, namespace, query or EVERYTHING)
    done: list[Entry] = []
    for entry in page.entries:
        metadata = entry.value["metadata"]
        try:
            done.append(await delete(ctx, kind, metadata.get("namespace", ""), metadata["name"], options, call))
        except NotFound:
            continue
    return Page(done, page.revision, page.continue_token, page.remaining)
