"""The interim responses that a peer may send."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from channel.connections import MAX_INTERIM, BoundedConnector, EndlessAnswer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def answering(*answers: bytes):
    """Yield a session to a server that gives these answers in turn, then hangs up."""
    left = list(answers)

    async def serve(reader, writer) -> None:
        while left:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1 if b"Content-Length: 1" in head else 0)
            writer.write(left.pop(0))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=BoundedConnector()) as session,
    ):
        yield session


async def body_of(session: aiohttp.ClientSession) -> bytes:
    async with asyncio.timeout(5), session.post("/", data=b"x") as response:
        assert response.status == 200
        return await response.read()


async def test_a_few_interim_responses_come_before_each_answer_on_a_connection():
    few = CONTINUE * (MAX_INTERIM - 1) + HINTS + ANSWER
    async with answering(few, few, few) as session:
        assert [await body_of(session) for _ in range(3)] == [b"ok"] * 3


async def test_one_interim_response_too_many_ends_the_request():
    async with answering(CONTINUE * (MAX_INTERIM + 1) + ANSWER) as session:
        with pytest.raises(EndlessAnswer):
            await body_of(session)


@pytest.mark.parametrize("interim", [CONTINUE, HINTS])
async def test_interim_responses_without_end_cost_the_connection_and_no_time(interim):
    """Also on a connection that has served an answer; and hardly more is parsed than the bound says."""
    async with answering(ANSWER, interim * 1_000_000) as session:
        assert await body_of(session) == b"ok"
        with pytest.raises(EndlessAnswer):
            await body_of(session)


async def test_answers_without_end_are_one_answer():
    async with answering(ANSWER * 100_000) as session:
        assert await body_of(session) == b"ok"


async def test_a_large_body_comes_as_it_is():
    large = bytes(range(256)) * 8192
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(large)}\r\n\r\n".encode()
    async with answering(head + large, CONTINUE + head + large) as session:
        assert [await body_of(session) for _ in range(2)] == [large, large]
