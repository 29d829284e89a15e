"""Bodies as they come over a real socket: compressed, lying, endless, slow."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.bot_server import BotServer
from web.intake.body import MAX_BODY_BYTES, read_body
from web.server.problems import Problem

PATIENT, HURRIED = timedelta(seconds=10), timedelta(milliseconds=50)


@pytest.fixture
async def server() -> AsyncIterator[BotServer]:
    """Answers each body with its length. At /hurried it does not wait for long."""

    async def length(request: web.Request) -> web.Response:
        deadline = HURRIED if request.path == "/hurried" else PATIENT
        return web.Response(text=str(len(await read_body(request, deadline=deadline))))

    app = web.Application()
    app.router.add_post("/", length)
    app.router.add_post("/hurried", length)
    async with BotServer(app) as server:
        yield server


@pytest.fixture
async def client(server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.make_url("/")) as client:
        yield client


async def post(client: aiohttp.ClientSession, body: object, encoding: str | None = None) -> tuple[int, str]:
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    async with client.post("/", data=body, headers=headers) as answer:
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json"
        return answer.status, await answer.text()


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 4096


@pytest.mark.parametrize(
    "body, encoding",
    [
        (b"x" * 5000, None),
        (b"x" * 5000, "identity"),
        (gzip.compress(b"x" * 5000, mtime=0), "gzip"),
        (gzip.compress(b"x" * 5000, mtime=0), "GZIP"),
        (zlib.compress(b"x" * 5000), "deflate"),
    ],
)
async def test_a_body_is_read_whatever_way_it_is_packed(client, body, encoding):
    assert await post(client, body, encoding) == (200, "5000")


async def test_the_limit_itself_still_fits(client):
    assert await post(client, b"x" * MAX_BODY_BYTES) == (200, str(MAX_BODY_BYTES))


async def test_one_byte_more_is_413_declared_or_not(client):
    assert (await post(client, b"x" * (MAX_BODY_BYTES + 1)))[0] == 413
    assert (await post(client, pieces(MAX_BODY_BYTES // 4096 + 1)))[0] == 413


@pytest.mark.parametrize("pack, encoding", [(gzip.compress, "gzip"), (zlib.compress, "deflate")])
async def test_a_bomb_is_413_and_the_next_request_is_served(client, pack, encoding):
    bomb = pack(bytes(100 * 1024 * 1024))
    assert len(bomb) < MAX_BODY_BYTES  # Small enough to be accepted by its declared length.
    assert (await post(client, bomb, encoding))[0] == 413
    assert await post(client, b"x") == (200, "1")


@pytest.mark.parametrize("encoding", ["compress", "gzip, gzip", "zstandard", "x"])
async def test_an_encoding_that_we_do_not_read_is_415(client, encoding):
    assert (await post(client, b"x", encoding))[0] == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says_is_400(client, encoding):
    assert (await post(client, b"this is no archive", encoding))[0] == 400


async def answer_to(server: BotServer, request: bytes) -> bytes:
    """Send *request*, hold back whatever should follow, and read until the server hangs up."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 8)  # Less than aiohttp would linger.
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_slow_body_is_cut_off(server):
    answer = await answer_to(server, b"POST /hurried HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive in time" in answer


async def test_a_client_that_leaves_half_way_is_no_failure_of_ours():
    """Each would put a traceback into the log."""
    began, outcome = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def read(request: web.Request) -> web.Response:
        began.set()
        try:
            await read_body(request, deadline=timedelta(seconds=5))
        except Exception as error:
            outcome.set_result(error)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", read)
    runner = web.AppRunner(app)  # As in production: unlike a test server, it lets the handler run on.
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*runner.addresses[0])
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
    await began.wait()
    writer.transport.abort()
    assert isinstance(await outcome, Problem)
    await runner.cleanup()


async def test_a_body_that_proves_too_large_is_not_waited_for(server):
    chunk = b"%x\r\n%s\r\n" % (MAX_BODY_BYTES + 1, b"x" * (MAX_BODY_BYTES + 1))
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await answer_to(server, head + chunk)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_is_declared_too_large_is_refused_before_it_comes(server):
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1))
    phrase = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase  # Python 3.13 has RFC 9110's: Content Too Large.
    assert await asyncio.wait_for(reader.readline(), 5) == f"HTTP/1.1 413 {phrase}\r\n".encode()
    writer.close()
    await writer.wait_closed()


async def test_a_method_that_is_not_served_is_a_problem_too(client):
    async with client.put("/") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert (await answer.json(content_type="application/problem+json"))["title"] == "Method Not Allowed"
