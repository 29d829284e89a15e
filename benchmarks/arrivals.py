"""Arrivals at the connector, with conversation and time, for the load generator."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from benchmarks.server import Server, serving


@dataclass(frozen=True, slots=True)
class Arrival:
    at: int  #: CLOCK_MONOTONIC, nanoseconds
    text: str


@dataclass(slots=True)
class Expected:
    """The arrivals that one conversation still waits for."""

    missing: int
    last: asyncio.Future[Arrival] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Arrivals:
    def __init__(self) -> None:
        self.expected: dict[str, Expected] = {}

    def expect(self, conversation: str, count: int) -> asyncio.Future[Arrival]:
        """Return what will hold the last of the next *count* arrivals in *conversation*."""
        expected = self.expected[conversation] = Expected(count)
        return expected.last

    async def listen(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            conversation, at, text = orjson.loads(line)
            expected = self.expected.get(conversation)
            if expected is None:
                continue
            expected.missing -= 1
            if not expected.missing:
                del self.expected[conversation]
                expected.last.set_result(Arrival(at, text))


@dataclass(frozen=True, slots=True)
class Connector:
    server: Server

    def service_url(self, delay_ms: int) -> str:
        """Return the service URL of a channel that takes *delay_ms* to answer."""
        return f"http://127.0.0.1:{self.server.port}/after/{delay_ms}"

    async def count(self) -> int:
        """Return how many activities have arrived since the start."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(b"GET /count HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()
        return int(body)

    @asynccontextmanager
    async def arrivals(self) -> AsyncIterator[Arrivals]:
        """Receive every arrival while this is open; each takes the connector some time."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(b"GET /arrivals HTTP/1.1\r\n\r\n")
        await reader.readline()
        arrivals = Arrivals()
        listening = asyncio.create_task(arrivals.listen(reader), name="arrivals")
        try:
            yield arrivals
        finally:
            writer.close()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def connecting() -> AsyncIterator[Connector]:
    async with serving([sys.executable, "-m", "benchmarks.connector"], {}) as server:
        yield Connector(server)
