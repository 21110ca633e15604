"""Runs a coroutine that never really waits, without any event loop: over a store in memory nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def drive(coro: Coroutine[Any, Any, T]) -> T:
    """The result of ``coro``; RuntimeError if it waits for something (it is closed then, so nothing leaks).

    >>> async def answer():
    ...     return 42
    >>> drive(answer())
    42
    """
    try:
        waits_for = coro.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coro.close()
    raise RuntimeError(f"{coro!r} waits for {waits_for!r}: on virtual time nothing may wait")
