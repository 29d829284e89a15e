"""Heads that never end, against the servers that run in production."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest
from yarl import URL

from tests.fakes.bot_process import BotProcess, install
from tests.faults.gunicorn import Gunicorn

pytestmark = pytest.mark.slow

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def closes_unfinished_heads(port: int) -> None:
    """Return when the server has closed connections that sent nothing, and half a head; not a used one."""
    async with AsyncExitStack() as connections:

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection("localhost", port)
            connections.push_async_callback(writer.wait_closed)
            connections.callback(writer.close)
            return reader, writer

        used, writer = await connect()
        for unfinished in (b"", b"GET /healthz HTTP/1.1\r\nX: "):
            writer.write(GET)
            assert b"200 OK" in await used.readuntil(b"\r\n\r\n")
            assert await used.readuntil(b"}") == b'{"status":"ok"}'
            reader, other = await connect()
            other.write(unfinished)
            async with asyncio.timeout(60):  # The deadline is of 10 seconds, aiohttp's own of an hour.
                assert await reader.read() == b""
        writer.write(GET)
        assert b"200 OK" in await used.readuntil(b"\r\n\r\n")


async def test_the_bot_closes_connections_whose_head_does_not_end(tmp_path):
    async with BotProcess(install(tmp_path)) as bot:
        await bot.started()
        await closes_unfinished_heads(URL(bot.url).port)


async def test_under_gunicorn_they_are_closed_as_well(tmp_path):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with Gunicorn(1, rng=random.Random(1), DATABASE_URL=database) as replicas:
        await closes_unfinished_heads(replicas.port)
