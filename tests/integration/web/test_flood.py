"""Load as an attack: a flood from one conversation must not delay the others."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from config import Config
from tests.fakes.fake_connector import Answer


@pytest.fixture
def config(tmp_path) -> Config:
    return Config(
        _env_file=None,
        DATABASE_URL=f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        PORT=0,
        MAX_TURNS=4,
        MAX_WAITING_TURNS=4,
        MAX_TURNS_PER_CONVERSATION=2,
    )


def hung(connector, conversation_id: str) -> asyncio.Event:
    """From now on the connector answers nothing there, until the event is set."""
    released = asyncio.Event()
    connector.script(conversation_id, *[Answer(after=released)] * 100)
    return released


async def test_a_flood_from_one_conversation_is_turned_away_and_others_are_answered(chat, connector):
    released = hung(connector, "flood")
    posts = [asyncio.create_task(chat("flood").post(type="message", text="show")) for _ in range(2)]
    await connector.received(2)
    for _ in range(20):
        refused = await chat("flood").post(type="message", text="show")
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.content_type == "application/problem+json"
    assert await chat("other").say("show") == "The job log is empty."
    released.set()
    assert [answer.status for answer in await asyncio.gather(*posts)] == [200, 200]
    assert (await chat("flood").post(type="message", text="show")).status == 200


async def test_past_the_queue_everybody_is_told_to_come_again(chat, connector):
    released = [hung(connector, name) for name in "abcd"]
    running = [asyncio.create_task(chat(name).post(type="message", text="show")) for name in "abcd"]
    await connector.received(4)
    queued = [asyncio.create_task(chat(f"queued {n}").post(type="message", text="show")) for n in range(5)]
    [refused], waiting = await asyncio.wait(queued, return_when=asyncio.FIRST_COMPLETED)
    assert refused.result().status == 503
    assert int(refused.result().headers["Retry-After"]) > 0
    for event in released:
        event.set()
    assert {answer.status for answer in await asyncio.gather(*running, *waiting)} == {200}
    assert await chat("late").say("show") == "The job log is empty."


async def test_slow_bodies_make_way(bot, chat):
    """More of them than there are places do not block other requests."""
    async with AsyncExitStack() as connections:
        readers = []
        for _ in range(20):
            reader, writer = await asyncio.open_connection(bot.host, bot.port)
            connections.callback(writer.close)
            writer.write(
                b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 100\r\n\r\n{"
            )
            readers.append(reader)
        assert await asyncio.wait_for(readers[0].readline(), 10) == b"HTTP/1.1 503 Service Unavailable\r\n"
        assert await chat("other").say("show") == "The job log is empty."
