"""A channel answers `100 Continue` for ever."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.fakes.chat import Chat


@dataclass
class EndlessConnector:
    """``100 Continue`` without end, until the other side hangs up."""

    service_url: str
    asked: asyncio.Event
    cut: asyncio.Event


@pytest.fixture
async def endless():
    asked, cut = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
                await writer.drain()
        cut.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield EndlessConnector(f"http://127.0.0.1:{port}", asked, cut)


async def test_an_answer_that_only_announces_itself_ends_its_turn_and_no_other(bot, chat, endless):
    a = Chat(client=bot, connector=endless, conversation_id="a")
    post = asyncio.create_task(a.post(type="message", text="show"))
    await endless.asked.wait()
    assert await chat("b").say("show") == "The job log is empty."
    async with asyncio.timeout(10):  # Less than a send may take: it is not the deadline that ends it.
        assert (await post).status == 200
        await endless.cut.wait()
    assert await chat("b").say("show") == "The job log is empty."
