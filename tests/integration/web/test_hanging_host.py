"""A service host that does not answer takes only its share of the bot's capacity."""

import asyncio

import pytest

from config import Config
from delivery.hosts.circuit_breaker import THRESHOLD
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer, FakeConnector


@pytest.fixture
def config(tmp_path) -> Config:
    return Config(
        _env_file=None,
        DATABASE_URL=f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        PORT=0,
        MAX_TURNS=20,
        MAX_WAITING_TURNS=40,
        SEND_TIMEOUT_SECONDS=2,
        CONNECT_TIMEOUT_SECONDS=1,
    )


@pytest.fixture
async def hanging():
    async with FakeConnector() as connector:
        connector.rule = lambda *_: Answer(after=asyncio.Event())
        yield connector


def flood(bot, connector, count: int) -> list[asyncio.Task]:
    chats = [Chat(client=bot, connector=connector, conversation_id=f"flood {n}") for n in range(count)]
    return [asyncio.create_task(chat.post(type="message", text="show")) for chat in chats]


async def test_turns_of_a_host_that_hangs_leave_places_for_others(bot, chat, hanging):
    posts = flood(bot, hanging, 50)
    await hanging.received(16)
    for _ in range(3):
        assert await chat("other").say("show") == "The job log is empty."
    assert not any(post.done() for post in posts)
    answers = await asyncio.gather(*posts)
    assert {answer.status for answer in answers} == {200}  # What looks something up is not told so late.


async def test_an_answer_that_times_out_is_followed_by_no_apology(bot, hanging):
    [post] = flood(bot, hanging, 1)
    assert (await post).status == 200
    assert len(hanging.arrivals) == 1


async def test_a_host_that_fails_again_and_again_is_not_asked_and_what_was_decided_is_owed(chat, connector):
    await connector.close()
    for number in range(THRESHOLD):
        assert (await chat(f"c{number}").post(type="message", text="nonsense")).status == 200
    a = chat("a")
    assert (await a.post(type="message", text="run")).status == 200
    await connector.open()
    assert connector.arrivals == []  # The circuit is open.
    assert "starting job" in (await a.heard()).text
    assert "1 job in the log." in await a.say("show")
