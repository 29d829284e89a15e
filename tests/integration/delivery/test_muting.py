"""Muted conversations: what is held comes as one message, when the time is over or somebody wants it."""

from datetime import UTC, datetime, timedelta

import pytest

from app import BOT


async def shown(bot, number):
    async with bot.get(f"/api/jobs/{number}") as answer:
        [notice] = (await answer.json())["notices"]
        return notice


async def report(bot, number, kind):
    async with bot.post(f"/api/jobs/{number}/report/{kind}") as answer:
        assert answer.status == 202


async def test_what_is_held_comes_as_one_message_failures_first(bot, chat, started, connector):
    a = chat("a")
    done, failed = await started(a), await started(a)
    assert (await a.say("mute 2h")).startswith("I will tell you nothing until ")
    await report(bot, done, "succeeded")
    await report(bot, failed, "failed")
    await bot.app[BOT].delivery.worker.idle()
    assert len(connector.in_conversation("a")) == 3
    assert "2 notices are held until then." in await a.say("settings")
    notice = await shown(bot, done)
    assert (notice["state"], "retryAt" in notice) == ("held", True)
    assert await a.say("unmute") == "2 notices were held; here they come."
    told = (await a.heard()).text
    assert told == f"Job {failed} failed.\n\nJob {done} is complete."
    assert "I tell you at once" in await a.say("settings")
    await bot.app[BOT].delivery.worker.idle()
    assert (await shown(bot, done))["state"] == "delivered"


async def test_a_conversation_that_never_had_a_job_can_be_muted(bot, chat, started):
    a = chat("a")
    await a.say("mute 1 day")
    number = await started(a)
    await report(bot, number, "succeeded")
    await bot.app[BOT].delivery.worker.idle()
    assert "1 notice is held until then." in await a.say("settings")


async def test_others_are_told_as_ever(bot, chat, started):
    a, b = chat("a"), chat("b")
    await a.say("mute 1 day")
    number = await started(b)
    await report(bot, number, "succeeded")
    assert (await b.heard()).text == f"Job {number} is complete."


@pytest.mark.parametrize("said", ["mute", "mute me", "mute until later"])
async def test_mute_without_a_time_says_how(chat, said):
    assert await chat("a").say(said) == "Type `mute 2h`, `mute 30 min` or `mute until 9:00`."


async def test_nothing_is_held_for_more_than_a_month(chat):
    said = await chat("a").say("mute 99 weeks")
    moment = said.removeprefix("I will tell you nothing until ").partition(" UTC")[0]
    until = datetime.strptime(moment, "%b %d, %Y %H:%M")
    assert until.replace(tzinfo=UTC) <= datetime.now(UTC) + timedelta(days=30)
