"""Requests at one instant: each reads what there is and comes as far as its commit before any of them commits.

What two API servers, or two threads of one, do by chance is done here every time: the store's last word decides. Called
by the steps; a request is a coroutine that has not been started.
"""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any

from ruleplane.errors import ApiError
from ruleplane.specs.drive import drive

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Sequence

    from ruleplane.store.base import Compare, Op, Store, TxnResult


@coroutine
def _pause() -> Generator[None, None, None]:
    yield


def at_once(store: Store, requests: Sequence[Coroutine[Any, Any, Any]]) -> list[ApiError]:
    """Bring all requests to their first commit, then let them commit, the last one first. How some were refused."""
    commit = store.txn

    async def late(compares: Sequence[Compare], ops: Sequence[Op]) -> TxnResult:
        await _pause()
        return await commit(compares, ops)

    refusals: list[ApiError] = []
    waiting: list[Coroutine[Any, Any, Any]] = []
    store.txn = late  # type: ignore[method-assign]
    try:
        for request in requests:
            try:
                request.send(None)
                waiting.append(request)
            except StopIteration:
                continue  # it had nothing to commit
            except ApiError as error:
                refusals.append(error)
    finally:
        del store.txn
    for request in reversed(waiting):
        try:
            drive(request)
        except ApiError as error:
            refusals.append(error)
    return refusals
