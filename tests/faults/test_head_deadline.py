"""Heads that never end, against the servers that run in production."""

import asyncio
import random

import pytest
from yarl import URL

from tests.fakes.bot_process import BotProcess, install
from tests.faults.gunicorn import Gunicorn

pytestmark = pytest.mark.slow


async def closes_unfinished_heads(port: int) -> None:
    """Return when the server has closed connections that sent nothing, and half a head; not a used one."""
    heads = [b"", b"GET /healthz HTTP/1.1\r\nX: "]
    waiting = []
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    for head in heads:
        unfinished, other = await asyncio.open_connection("localhost", port)
        other.write(head)
        waiting.append(unfinished.read())
    async with asyncio.timeout(60):  # The deadline is of 10 seconds, aiohttp's own of an hour.
        assert await asyncio.gather(*waiting) == [b"", b""]
    assert b'"ok"' in await reader.readuntil(b"}")
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    writer.close()


async def test_the_bot_closes_connections_whose_head_does_not_end(tmp_path):
    async with BotProcess(install(tmp_path)) as bot:
        await bot.started()
        await closes_unfinished_heads(URL(bot.url).port)


async def test_under_gunicorn_they_are_closed_as_well(tmp_path):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with Gunicorn(1, rng=random.Random(1), DATABASE_URL=database) as replicas:
        await closes_unfinished_heads(replicas.port)
