"""What the HTTP edge costs: reads and writes a second over HTTPS, and how late a watch event arrives.

The server runs in this process on SQLite (``synchronous=FULL``), the client in a second one: a protocol that knows just
enough HTTP, so that it is not what is measured. ``python -m bench.bench_http`` prints the table alone.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

CLIENTS, READS, WRITES, EVENTS = 32, 12_000, 8_000, 300
SECONDS = 60.0
ROUNDS = 5


class Pipe(asyncio.Protocol):
    """One keep-alive connection: one request at a time, responses told apart by Content-Length."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiter: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.buffer.find(b"Content-Length: ", 0, head)
        size = int(self.buffer[at + 16 : self.buffer.find(b"\r\n", at)])
        if len(self.buffer) >= head + 4 + size:
            status = int(self.buffer[9:12])
            self.buffer.clear()
            if self.waiter is not None and not self.waiter.done():
                self.waiter.set_result(status)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(exc or ConnectionError("closed"))

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiter


class Tail(asyncio.Protocol):
    """A watch: the instant at which each object's event arrives, by name."""

    def __init__(self, names: dict[bytes, float]) -> None:
        self.names, self.rest = names, b""

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            at = line.find(b'"name":"')
            if at >= 0:
                self.names.setdefault(line[at + 8 : line.find(b'"', at + 8)], now)


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> bytes:
    """A ConfigMap of some 300 bytes."""
    value = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value" * 40}}
    return request("POST", MAPS, json.dumps(value, separators=(",", ":")).encode())


async def _rate(pipes: list[Pipe], requests: list[bytes], expected: int) -> float:
    queue = iter(requests)

    async def worker(pipe: Pipe) -> None:
        for one in queue:
            status = await pipe.ask(one)
            assert status == expected, status

    start = time.perf_counter()
    await asyncio.gather(*(worker(pipe) for pipe in pipes))
    return len(requests) / (time.perf_counter() - start)


async def _latency(pipe: Pipe, port: int, context: ssl.SSLContext, round_: int) -> float:
    """Median seconds from the acknowledgement of a create to its event; negative where the event was first."""
    arrived: dict[bytes, float] = {}
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: Tail(arrived), "127.0.0.1", port, ssl=context)
    transport.write(request("GET", f"{MAPS}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"))
    deadline = loop.time() + SECONDS
    while b"first" not in arrived:  # the watch is open once it shows what is written
        assert loop.time() < deadline, "the watch shows nothing"
        await pipe.ask(request("DELETE", f"{MAPS}/first"))
        await pipe.ask(config_map("first"))
    told: dict[bytes, float] = {}
    for number in range(EVENTS):
        name = f"late-{round_}-{number}"
        assert await pipe.ask(config_map(name)) == 201
        told[name.encode()] = time.perf_counter()
    last = f"late-{round_}-{EVENTS - 1}".encode()
    while last not in arrived:
        assert loop.time() < deadline, "events are missing"
        await asyncio.sleep(0.001)
    transport.close()
    return median(arrived[name] - told[name] for name in told)


async def client(port: int, pki: str) -> dict[str, float]:
    """Every measurement, against the server on ``port``."""
    context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
    context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Pipe, "127.0.0.1", port, ssl=context) for _ in range(CLIENTS)]
    pipes = [pipe for _, pipe in opened]
    assert await pipes[0].ask(config_map("read")) == 201
    reads, writes, lates = [], [], []
    for round_ in range(ROUNDS):
        reads.append(await _rate(pipes, [request("GET", f"{MAPS}/read")] * READS, 200))
        writes.append(await _rate(pipes, [config_map(f"w-{round_}-{n}") for n in range(WRITES)], 201))
        lates.append(await _latency(pipes[0], port, context, round_))
    for transport, _ in opened:
        transport.close()
    return {"reads": median(reads), "writes": median(writes), "late": median(lates)}


def run() -> list[dict[str, Any]]:
    """Rows of name, value, unit (medians of five rounds)."""
    from support.apiserver import running_server

    with TemporaryDirectory() as directory, running_server(Path(directory)) as server:
        command = [sys.executable, __file__, str(server.port), str(server.pki.ca_cert.parent)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"the client failed:\n{done.stderr}")
    told = json.loads(done.stdout)
    return [
        {"name": f"http: GET of a ConfigMap, {CLIENTS} clients", "value": round(told["reads"]), "unit": "requests/s"},
        {
            "name": f"http: create of a ConfigMap, {CLIENTS} clients",
            "value": round(told["writes"]),
            "unit": "requests/s",
        },
        {"name": "http: watch event after the acknowledgement", "value": round(told["late"] * 1000, 2), "unit": "ms"},
    ]


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(uvloop.run(client(int(sys.argv[1]), sys.argv[2]))))
    else:
        for row in run():
            print(f"{row['value']:>10} {row['unit']:<12} {row['name']}")
