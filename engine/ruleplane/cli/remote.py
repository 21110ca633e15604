"""A small asynchronous client for the demonstration: JSON over HTTPS, and a watch as lines.

What it isn't: ``ruleplane.client``, which speaks every verb. Called by ``cli.demo``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp

from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from types import TracebackType


class Remote:
    """One API server, one identity. Use as ``async with``."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), headers={"User-Agent": "ruleplane-demo"}
        )

    async def __aenter__(self) -> Remote:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """One request; a refusal is raised with the server's reason."""
        async with self._session.request(method, self._url + path, json=body, params=query) as response:
            try:
                answer: dict[str, Any] = await response.json(content_type=None)
            except ValueError:
                raise RuleplaneError(f"{method} {path}: {response.status} and no JSON") from None
        if response.status >= 400:
            raise RuleplaneError(f"{method} {path}: {answer.get('message', response.status)}")
        return answer

    async def watch(self, path: str, revision: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """Watch events after a revision, until the caller stops."""
        params = {"watch": "true", "resourceVersion": revision, **query}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._url + path, params=params, timeout=timeout) as response:
            if response.status != 200:
                raise RuleplaneError(f"watching {path}: the server answered {response.status}")
            async for line in response.content:
                yield json.loads(line)
