"""Parked conversations over HTTP: who cannot be told, since when, and why."""

import pytest

from app import BOT
from tests.fakes.fake_connector import Answer


@pytest.fixture
async def blocked(bot, chat, started, connector, report):
    """A job whose person has blocked the bot."""
    number = int(await started(chat("blocked")))
    connector.script("blocked", Answer.error(403, "ForbiddenOperationException"))
    await report(number, "succeeded")
    await connector.until(lambda _: len(connector.in_conversation("blocked")) == 2, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    return number


async def test_a_parked_conversation_is_listed_with_the_channels_words(bot, blocked):
    async with bot.get("/api/parked") as answer:
        said = await answer.json()
    (parked,) = said["conversations"]
    assert (parked["channel"], parked["conversation"], parked["waiting"]) == ("emulator", "blocked", 1)
    assert "ForbiddenOperationException" in parked["reason"]
    assert parked["parkedAt"] < parked["probeAt"]
    assert said["more"] is False


async def test_one_that_is_heard_from_is_not_listed_any_more(bot, chat, blocked, connector):
    await chat("blocked").say("hello")
    # The first answer, the notice that was refused, the answer, and the notice.
    await connector.until(lambda _: len(connector.in_conversation("blocked")) == 4, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    async with bot.get("/api/parked") as answer:
        assert (await answer.json())["conversations"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limt=1"])
async def test_a_query_that_is_not_understood_is_refused(bot, query):
    async with bot.get(f"/api/parked?{query}") as answer:
        assert answer.status == 422
