"""Conversations that block the bot: their notices are kept, and sent when the block ends."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import make_url

from app import build_app
from jobs.job import JobId, NoticeStatus
from state.store.opening import open_store
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer, FakeConnector

WAITED = "\n\nThis waited while I could not reach you."


def by_the_channel(a) -> dict:
    return {}


def by_uninstalling(a) -> dict:
    return {"type": "installationUpdate", "action": "remove"}


def by_removing_the_bot(a) -> dict:
    return {"type": "conversationUpdate", "membersRemoved": [a.bot]}


def by_a_message(a) -> dict:
    return {"type": "message", "text": "help"}


def by_installing(a) -> dict:
    return {"type": "installationUpdate", "action": "add"}


def by_adding_the_bot(a) -> dict:
    return {"type": "conversationUpdate", "membersAdded": [a.bot]}


@pytest.fixture
async def store(bot, config):
    """A second look at the database of the bot."""
    async with open_store(config.database_url.get_secret_value(), lease=timedelta(seconds=30)) as store:
        yield store


@pytest.fixture
def becomes(store):
    """``await becomes(number, status)`` waits until the notice of a job has come to that."""

    async def becomes(number: str, status: NoticeStatus) -> None:
        async with asyncio.timeout(10):
            while (await store.find(JobId(int(number)))).notice.status is not status:
                pass

    return becomes


async def shut_out(a: Chat, way, connector: FakeConnector) -> None:
    """Block the bot: with an activity at once, or with an error to the next notice."""
    if way is by_the_channel:
        connector.script(a.conversation_id, Answer.error(403, "ConversationBlockedByUser"))
    else:
        await a.post(**way(a))


async def told(connector: FakeConnector, text: str) -> None:
    """Wait until a user has seen exactly *text*."""
    await connector.until(lambda _: any(each.text == text for each in connector.delivered), text)


@pytest.mark.parametrize("opening", [by_a_message, by_installing, by_adding_the_bot])
@pytest.mark.parametrize("shutting", [by_the_channel, by_uninstalling, by_removing_the_bot])
async def test_what_is_owed_is_kept_and_told_together_when_the_conversation_is_open_again(
    chat, connector, started, becomes, shutting, opening
):
    a, b = chat("a"), chat("b")
    first, second = await started(a), await started(a)
    await shut_out(a, shutting, connector)
    for number in (first, second):
        await b.say(f"done {number}")
        await becomes(number, NoticeStatus.PARKED)
    tried = [each for each in connector.in_conversation("a") if "is complete" in each.text]
    assert len(tried) == (shutting is by_the_channel)
    await a.post(**opening(a))
    await told(connector, f"2 jobs are complete:\n\n- {first}\n- {second}{WAITED}")
    await becomes(second, NoticeStatus.SENT)


async def test_what_was_kept_outlives_the_bot_and_comes_before_what_is_new(
    config, connector, started, becomes, bot
):
    a, b = (Chat(client=bot, connector=connector, conversation_id=name) for name in "ab")
    first, second, third = [await started(a) for _ in range(3)]
    await shut_out(a, by_uninstalling, connector)
    for number in (first, second):
        await b.say(f"done {number}")
        await becomes(number, NoticeStatus.PARKED)
    await bot.close()
    async with TestClient(BotServer(build_app(config))) as restarted:
        a.client = b.client = restarted
        held = asyncio.Event()
        connector.rule = lambda _, activity: Answer(after=held if "waited" in activity["text"] else None)
        await a.post(**by_installing(a))
        await connector.until(lambda arrivals: arrivals[-1].text.endswith(WAITED))
        await b.say(f"done {third}")
        held.set()
        await told(connector, f"Job {third} is complete.")
    notices = [each.text for each in connector.in_conversation("a") if " complete" in each.text][-2:]
    assert notices == [f"2 jobs are complete:\n\n- {first}\n- {second}{WAITED}", f"Job {third} is complete."]


async def test_an_upgrade_of_the_app_shuts_nobody_out(chat, started):
    a = chat("a")
    number = await started(a)
    await a.post(type="installationUpdate", action="remove-upgrade")
    await chat("b").say(f"done {number}")
    assert (await a.heard()).text == f"Job {number} is complete."


async def test_somebody_elses_leaving_shuts_nobody_out(chat, started):
    a = chat("a")
    number = await started(a)
    await a.post(type="conversationUpdate", membersRemoved=[{"id": "somebody"}])
    await chat("b").say(f"done {number}")
    assert (await a.heard()).text == f"Job {number} is complete."


@pytest.fixture
def lives_at(config, store):
    """``await lives_at("emulator/a", url)`` waits until the bot has noted where a conversation is."""
    path = make_url(config.database_url.get_secret_value()).database

    async def lives_at(lane: str, url: str) -> None:
        with closing(sqlite3.connect(path)) as database:
            while [(url,)] != database.execute(
                "SELECT service_url FROM moved WHERE lane = ?", (lane,)
            ).fetchall():
                await store.dead_letters(limit=1)  # Signs of life are gathered for a moment.

    return lives_at


async def test_a_word_said_before_the_bot_was_shut_out_opens_nothing(
    chat, connector, started, becomes, lives_at
):
    """Signs of life are looked at together: the last of them counts, not the friendliest."""
    a = chat("a")
    number = await started(a)
    await a.post(**by_a_message(a))
    await a.post(**by_uninstalling(a))
    await a.post(type="typing", serviceUrl=f"{connector.service_url}/moved")
    await lives_at("emulator/a", f"{connector.service_url}/moved")
    await chat("b").say(f"done {number}")
    await becomes(number, NoticeStatus.PARKED)


async def test_a_conversation_that_moves_is_told_where_it_is_now(
    bot, chat, connector, started, becomes, lives_at
):
    """Between the request and its completion, and again while the notice waits."""
    number = await started(chat("a"))
    async with FakeConnector() as second, FakeConnector() as third:
        there, elsewhere = (Chat(client=bot, connector=each, conversation_id="a") for each in (second, third))
        await there.say("help")
        await lives_at("emulator/a", second.service_url)
        second.script("a", Answer.error(503, "Later", Retry_After="1"))
        await chat("b").say(f"done {number}")
        await there.heard()
        await elsewhere.say("help")
        assert (await elsewhere.heard()).text == f"Job {number} is complete."
    assert len(connector.in_conversation("a")) == 1
