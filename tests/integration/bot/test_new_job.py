"""`new` asks for a title: two steps, which any process may take, and nothing is told in between."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from app import BOT, build_app
from bot.busy import LONGEST
from compose import Surroundings
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_clock import FakeClock
from tests.fakes.schemas import new_migrated_schema

QUESTION, NOTHING = "What shall the job be called?", "All right, I started nothing."


@pytest.fixture
def clock():
    clock = FakeClock()
    clock.now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    return clock


@pytest.fixture(params=["sqlite", "postgres"])
def config(request, config):
    if request.param == "sqlite":
        return config
    return config.model_copy(update={"database_url": SecretStr(new_migrated_schema())})


def application(config, clock):
    return build_app(config, around=Surroundings(clock=clock, wall_clock=clock))


@pytest.fixture
async def bot(config, clock):
    async with TestClient(BotServer(application(config, clock))) as client:
        yield client


async def report(bot, number):
    async with bot.post(f"/api/jobs/{number}/report/succeeded") as answer:
        assert answer.status == 202
    await bot.app[BOT].delivery.worker.idle()


async def test_the_answer_becomes_the_title(chat):
    a = chat("a")
    assert await a.say("new") == QUESTION
    assert (
        (await a.say("Quarterly  numbers, final")).split(": ", 1)[1].startswith("Quarterly numbers, final.")
    )
    assert (await a.say("Quarterly numbers")).startswith("I don't know")


@pytest.mark.parametrize("said", ["no title", "No title."])
async def test_it_need_not_have_one(chat, said):
    a = chat("a")
    await a.say("new")
    assert (await a.say(said)).endswith("for you. We'll notify you when it's complete.")


@pytest.mark.parametrize("said", ["never mind", "cancel", "Cancel!"])
async def test_it_can_be_left(chat, said):
    a = chat("a")
    await a.say("new")
    assert await a.say(said) == NOTHING
    assert (await a.say("Quarterly numbers")).startswith("I don't know")


async def test_in_german_the_ways_out_are_german_and_english(chat):
    a = chat("a", fields={"locale": "de-DE"})
    assert await a.say("new") == "Wie soll der Job heißen?"
    assert await a.say("Lass gut sein") == "In Ordnung, ich habe nichts gestartet."
    await a.say("new")
    assert await a.say("never mind") == "In Ordnung, ich habe nichts gestartet."


async def test_a_command_in_between_is_a_command_and_the_question_stays(chat):
    a = chat("a")
    await a.say("new")
    assert await a.say("show") == "The job log is empty."
    assert "Quarterly numbers" in await a.say("Quarterly numbers")


async def test_notices_wait_until_the_question_is_answered(chat, started, bot):
    a = chat("a")
    number = await started(a)
    await a.say("new")
    await report(bot, number)
    async with bot.get(f"/api/jobs/{number}") as answer:
        assert (await answer.json())["notices"][0]["state"] == "held"
    assert "nightly" in await a.say("nightly")
    assert (await a.heard()).text == f"Job {number} is complete."


async def test_they_do_not_wait_for_ever(chat, started, bot, clock):
    a = chat("a")
    number = await started(a)
    await a.say("new")
    await report(bot, number)
    clock.now += LONGEST + timedelta(seconds=1)
    bot.app[BOT].delivery.worker.look()
    assert (await a.heard()).text == f"Job {number} is complete."
    assert (await a.say("Quarterly numbers")).startswith("I don't know")


async def test_in_a_group_the_question_is_for_who_was_asked(chat):
    ann, bob = (
        chat("a", user={"id": name, "name": name}, fields={"conversation": {"id": "a", "isGroup": True}})
        for name in ("Ann", "Bob")
    )
    mention = {"entities": [{"type": "mention", "mentioned": {"id": "bot-1"}, "text": "<at>Bot</at>"}]}
    assert await ann.say("<at>Bot</at> new", **mention) == QUESTION
    assert (await bob.say("<at>Bot</at> numbers", **mention)).startswith("I don't know")
    assert "numbers" in await ann.say("<at>Bot</at> numbers", **mention)


async def test_another_process_takes_the_second_step(chat, bot, config, clock, connector):
    a = chat("a")
    await a.say("new")
    await bot.close()
    async with TestClient(BotServer(application(config, clock))) as other:
        there = Chat(client=other, connector=connector, conversation_id="a")
        assert "Quarterly numbers" in await there.say("Quarterly numbers")


async def test_a_turn_that_needs_no_answer_reads_no_conversation_state(chat, bot, monkeypatch):
    asked = []
    store = bot.app[BOT].store
    read = store.read_documents

    async def noted(keys):
        asked.append(keys)
        return await read(keys)

    monkeypatch.setattr(store, "read_documents", noted)
    a = chat("a")
    for said in ("hello", "run", "run nightly", "show", "help", "settings"):
        await a.say(said)
    assert asked == []
    await a.say("what is this")
    assert asked != []
