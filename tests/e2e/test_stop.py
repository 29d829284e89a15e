"""SIGTERM: running work may finish within the grace time, and nothing is lost."""

import asyncio
import re

import pytest

from tests.fakes.fake_connector import Answer
from tests.fakes.listings import numbers_in


def number_in(text: str) -> str:
    match = re.search(r"job (\d+)", text)
    assert match, text
    return match[1]


async def test_a_turn_under_way_is_finished_and_answered(start_bot, talk, connector):
    async with start_bot(LOG_LEVEL="WARNING") as bot:
        a = await talk(bot, "a")
        replied = asyncio.Event()
        connector.script("a", Answer(after=replied))
        turn = asyncio.create_task(a.post(type="message", text="run"))
        await a.heard()
        bot.terminate()
        await bot.deaf()
        replied.set()
        assert (await turn).status == 200
        assert await bot.exit_code() == 0
        assert bot.stderr == ""


@pytest.mark.slow
async def test_a_send_under_way_finishes_and_the_next_start_does_not_repeat_it(start_bot, talk, connector):
    async with start_bot(LOG_LEVEL="WARNING") as bot:
        a, b = await talk(bot, "a"), await talk(bot, "b")
        number = number_in(await a.say("run"))
        taken = asyncio.Event()
        connector.script("a", Answer(after=taken))
        await b.say(f"done {number}")
        await a.heard()
        bot.terminate()
        await bot.deaf()
        taken.set()
        assert await bot.exit_code() == 0
        assert bot.stderr == ""
    async with start_bot(LOG_LEVEL="WARNING") as bot:
        b = await talk(bot, "b")
        assert "Its notice was sent." in await b.say(f"show {number}")


@pytest.mark.slow
async def test_a_send_that_hangs_is_cut_off_and_the_next_start_repeats_it(start_bot, talk, connector):
    async with start_bot(SHUTDOWN_GRACE_SECONDS="0.2", LOG_LEVEL="WARNING") as bot:
        a, b = await talk(bot, "a"), await talk(bot, "b")
        number = number_in(await a.say("run"))
        connector.script("a", Answer(after=asyncio.Event()))
        await b.say(f"done {number}")
        await a.heard()
        bot.terminate()
        assert await bot.exit_code() == 0
        assert bot.stderr == ""
    async with start_bot():
        assert (await a.heard()).text == f"Job {number} is complete."


@pytest.mark.slow
async def test_jobs_outlive_the_bot(start_bot, talk):
    async with start_bot(LOG_LEVEL="WARNING") as bot:
        number = number_in(await (await talk(bot, "a")).say("run the night shift"))
        bot.terminate()
        assert await bot.exit_code() == 0
    async with start_bot(LOG_LEVEL="WARNING") as bot:
        a = await talk(bot, "a")
        assert numbers_in(await a.say("show"), [number]) == [number]
        assert number_in(await a.say("run")) > number
