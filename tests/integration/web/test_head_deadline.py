"""Heads that never end, and connections that are only idle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiohttp import web

from app import build_app
from web.server.runner import ProblemRunner

DEADLINE = timedelta(milliseconds=100)
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Connection:
    """A client that writes bytes as it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def status(self, request: bytes) -> bytes:
        """Send *request*; return the status line of the answer."""
        self.writer.write(request)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        [length] = [line.split()[1] for line in head.splitlines() if line.startswith(b"Content-Length")]
        await self.reader.readexactly(int(length))
        return head.splitlines()[0]

    async def closed(self) -> bytes:
        """Wait until the server closes; return what it sent before."""
        return await asyncio.wait_for(self.reader.read(), 10)


@pytest.fixture
async def connect(config) -> AsyncIterator:
    """``connection = await connect()`` to the real application, on the server of production."""
    runner = ProblemRunner(build_app(config), access_log=None, head_deadline=DEADLINE)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with AsyncExitStack() as connections:

        async def connect() -> Connection:
            reader, writer = await asyncio.open_connection(*runner.addresses[0])
            connections.callback(writer.close)
            return Connection(reader, writer)

        yield connect
    await runner.cleanup()


@pytest.mark.parametrize("start", [b"", b"G", b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nX: "])
async def test_a_connection_whose_head_does_not_end_is_closed(connect, start):
    connection = await connect()
    connection.writer.write(start)
    assert await connection.closed() == b""


async def test_more_bytes_do_not_stop_the_clock(connect):
    connection = await connect()
    connection.writer.write(b"GET /healthz HTTP/1.1\r\nX: ")

    async def drip() -> None:
        while True:
            connection.writer.write(b"x")
            await asyncio.sleep(DEADLINE.total_seconds() / 10)

    dripping = asyncio.create_task(drip())
    try:
        await connection.closed()
    except ConnectionResetError:  # A byte was under way.
        pass
    finally:
        dripping.cancel()


async def test_the_second_head_of_a_connection_has_a_deadline_too(connect):
    connection = await connect()
    assert await connection.status(GET) == b"HTTP/1.1 200 OK"
    connection.writer.write(GET[:20])
    assert await connection.closed() == b""


async def test_an_idle_connection_that_has_been_used_stays_open(connect):
    used = await connect()
    assert await used.status(GET) == b"HTTP/1.1 200 OK"
    await (await connect()).closed()  # The deadline has passed, and that of `used` longer ago.
    assert await used.status(GET[:20] + GET[20:]) == b"HTTP/1.1 200 OK"
    used.writer.write(GET[:20])
    await asyncio.sleep(0)
    assert await used.status(GET[20:]) == b"HTTP/1.1 200 OK"
    await (await connect()).closed()
    assert await used.status(GET) == b"HTTP/1.1 200 OK"
