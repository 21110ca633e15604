"""One HTTPS connection pool to one API server: JSON requests, and watches as lines.

Guarantees: every error is an ApiError with what was asked. A request that the server puts off (429 with
``Retry-After``) is made again, nothing else is: whether a write without an answer (:class:`~ruleplane.errors.Timeout`,
:class:`~ruleplane.errors.ServiceUnavailable`) has happened is for the caller to find out. After a 401 the credentials
are read anew, once. Requests keep to a rate; watches do not count.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import aiohttp
import orjson

from ruleplane import __version__
from ruleplane.client.rate import Bucket
from ruleplane.client.refusal import refusal
from ruleplane.clock import SECOND
from ruleplane.errors import ServiceUnavailable, Timeout, Unauthorized

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from ruleplane.client.credentials import Credentials
    from ruleplane.clock import Clock

RATE, BURST = 50.0, 100  # requests a second: one client among many, and the server has its own fairness
SECONDS = 30.0  # that an answer may take
PUT_OFF = 10  # times that a request is put off before that is an error, as client-go
_JSON = "application/json"
HANGING_UP = 1_000  # looks, a millisecond apart, at whether every socket is closed


class Connection:
    """Use as ``async with``. ``sleep`` and ``clock`` are passed in for tests."""

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        seconds: float = SECONDS,
    ) -> None:
        self.credentials = credentials
        self._clock, self._sleep, self._seconds = clock, sleep, seconds
        self._bucket = Bucket(RATE, BURST)
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._renewed = 0  # how often credentials were read anew

    async def __aenter__(self) -> Connection:
        self._session = self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            assert self._session.connector is not None
            await self._session.connector.close(abort_ssl=True)
            await self._session.close()
            self._session = None
            for _ in range(HANGING_UP):  # transports let go of their sockets in the loop's next turns
                if all(one.fileno() < 0 for one in self._sockets):
                    break
                await asyncio.sleep(0.001)

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.credentials.tls(), limit=0, socket_factory=self._socket)
        return aiohttp.ClientSession(
            connector=connector, headers={"User-Agent": f"ruleplane/{__version__}"}, auto_decompress=True
        )

    def _socket(self, address: Any) -> socket.socket:
        made = _kept_alive(address)
        self._sockets.add(made)
        return made

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> dict[str, Any]:
        """The answer to a request. Raises ApiError."""
        asked = f"{method} {path}"
        data = None if body is None else orjson.dumps(body)
        headers = {"Accept": accept, **({"Content-Type": content_type} if data is not None else {})}
        renewed = False
        for attempt in range(PUT_OFF + 1):
            wait = self._bucket.take(self._clock.now())
            if wait:
                await self._sleep(wait / SECOND)
            before = self._renewed
            try:
                async with self._request(method, path, await self._identified(headers), query, data) as response:
                    raw = await response.read()
            except TimeoutError as error:
                raise Timeout(f"{asked}: no answer within {self._seconds:g} s") from error
            except (aiohttp.ClientError, OSError) as error:
                raise ServiceUnavailable(f"{asked}: {error or type(error).__name__}") from error
            if response.status < 400:
                return _decoded(raw, asked)
            if response.status == 401 and not renewed:
                renewed = True
                await self._renew(before)
                continue
            put_off = response.headers.get("Retry-After", "")
            if response.status == 429 and put_off.isdigit() and attempt < PUT_OFF:
                await self._sleep(float(put_off))
                continue
            raise refusal(response.status, raw, asked)
        raise Unauthorized(f"{asked}: refused, and put off {PUT_OFF} times")

    async def watch(
        self, path: str, query: Mapping[str, str], seconds: float, accept: str = _JSON
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a watch until the server ends it; ``seconds``: the longest that it may take. Raises
        ApiError."""
        asked = f"watch {path}"
        before = self._renewed
        rest = b""
        try:
            headers = await self._identified({"Accept": accept})
            async with self._request("GET", path, headers, query, None, seconds) as response:
                if response.status != 200:
                    raw = await response.read()
                    if response.status == 401:
                        await self._renew(before)  # for the next attempt
                    raise refusal(response.status, raw, asked)
                try:
                    async for chunk in response.content.iter_any():  # an object may be longer than a line may be
                        *lines, rest = (rest + chunk).split(b"\n")
                        for line in lines:
                            if line.strip():
                                yield _decoded(line, asked)
                except BaseException:  # who leaves in the middle does not wait for the server's farewell
                    if response.connection is not None and response.connection.transport is not None:
                        response.connection.transport.abort()
                    raise
        except TimeoutError as error:
            raise Timeout(f"{asked}: the server did not end it within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ServiceUnavailable(f"{asked}: {error or type(error).__name__}") from error

    def _request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        query: Mapping[str, str] | None,
        data: bytes | None,
        seconds: float = 0.0,
    ) -> Any:
        assert self._session is not None, "the connection is closed"
        who = self.credentials
        return self._session.request(
            method,
            who.server + path,
            params=query,
            data=data,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=seconds or self._seconds, sock_connect=self._seconds),
            proxy=who.proxy,
            server_hostname=who.server_name,
            allow_redirects=False,
        )

    async def _identified(self, headers: dict[str, str]) -> dict[str, str]:
        return {**headers, **await self.credentials.headers()}

    async def _renew(self, before: int) -> None:
        """Read the credentials anew, unless another request has done so since this one was sent."""
        if self._renewed != before:
            return
        self._renewed += 1
        await self.credentials.renew()
        old, self._session = self._session, self._open()
        if old is not None:
            await old.close()


def _decoded(raw: bytes, asked: str) -> dict[str, Any]:
    try:
        answer = orjson.loads(raw)
    except ValueError as error:
        raise ServiceUnavailable(f"{asked}: the answer is not JSON ({error}): {raw[:200]!r}") from error
    if not isinstance(answer, dict):
        raise ServiceUnavailable(f"{asked}: the answer is no JSON object: {raw[:200]!r}")
    return answer


def _kept_alive(address: Any) -> socket.socket:
    """A socket that notices within a minute that its other end is gone: a watch may be silent for long."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
