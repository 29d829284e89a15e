"""Malformed HTTP, and what no response reveals."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from aiohttp import web

from app import build_app
from web.server.runner import ProblemRunner


@pytest.fixture
async def address(config) -> AsyncIterator[tuple[str, int]]:
    """Where the real application listens, on the server of production."""
    runner = ProblemRunner(build_app(config), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def answer_to(address, request: bytes) -> tuple[int, str, bytes]:
    """Send *request*; return status, head and body of the answer."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


def post(*headers: bytes, body: bytes = b"{}") -> bytes:
    lines = [
        b"POST /api/messages HTTP/1.1",
        b"Host: localhost",
        b"Connection: close",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"SECRET\r\n\r\n", 400),
        (b"SECRET /api/messages HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03SECRET\r\n\r\n", 400),
        (b"GET /SECRET HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"POST /api/messages HTTP/1.1\r\nSECRET\r\n\r\n", 400),
        (b"POST /api/messages HTTP/1.1\r\nContent-Length: SECRET\r\n\r\n", 400),
        (b"GET /" + b"SECRET" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (post(b"X: " + b"SECRET" * 2000), 400),
        (post(b"X\x00SECRET: x"), 400),
        (post(b"Content-Encoding: br", body=b"SECRET"), 415),
        (post(b"Content-Encoding: zstd", body=b"SECRET"), 415),
        (post(b"Expect: SECRET", body=b"SECRET"), 400),
        (b"GET /SECRET HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"PURGE /api/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
    ],
)
async def test_what_is_no_request_is_a_problem_that_repeats_nothing(address, caplog, request_, status):
    answered, head, body = await answer_to(address, request_)
    assert answered == status
    assert "application/problem+json" in head
    assert orjson.loads(body)["status"] == status
    assert b"SECRET" not in head.encode() + body
    assert not [record for record in caplog.records if record.exc_info]  # No trace for each in the log.


@pytest.mark.parametrize(
    "request_", [post(), b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"X\r\n\r\n"]
)
async def test_no_answer_says_what_the_bot_runs_on(address, request_):
    _, head, _ = await answer_to(address, request_)
    assert "Server: proactive-bot" in head
    assert "ython" not in head


async def test_a_client_that_asks_first_may_send_its_body(address):
    reader, writer = await asyncio.open_connection(*address)
    head, body = post(b"Expect: 100-continue", body=b"[]").split(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
