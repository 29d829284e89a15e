"""SIGKILL: every answered change is stored, and owed notices are sent after the next start."""

import asyncio
from dataclasses import replace

import pytest

from tests.e2e.test_stop import number_in
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.listings import numbers_in

#: The next start waits for the dead one's lease to end: let that be soon.
IMPATIENT = {
    "CONNECT_TIMEOUT_SECONDS": "0.3",
    "SEND_TIMEOUT_SECONDS": "0.6",
    "LEASE_SECONDS": "1",
    "RETRY_BASE_SECONDS": "0.01",
}

pytestmark = pytest.mark.slow


async def test_a_job_is_in_the_log_however_soon_after_its_answer_the_bot_dies(start_bot, talk):
    async with start_bot() as bot:
        number = number_in(await (await talk(bot, "a")).say("run"))
        await bot.kill()
    async with start_bot() as bot:
        listing = await (await talk(bot, "a")).say("show")
        assert numbers_in(listing, [number]) == [number]


async def test_a_notice_cut_off_by_the_death_of_the_bot_arrives_after_a_restart(start_bot, talk, connector):
    """The connector got the request, but the bot was killed before the response: it is sent again."""
    async with start_bot(**IMPATIENT) as bot:
        a, b = await talk(bot, "a"), await talk(bot, "b")
        number = number_in(await a.say("run"))
        connector.script("a", Answer(after=asyncio.Event()))
        await b.say(f"done {number}")
        await a.heard()
        await bot.kill()
    async with start_bot(**IMPATIENT):
        assert (await a.heard()).text == f"Job {number} is complete."


async def test_a_notice_that_was_never_sent_arrives_after_a_restart(start_bot, talk):
    async with FakeConnector() as channel:
        async with start_bot(**IMPATIENT) as bot:
            a, b = replace(await talk(bot, "a"), connector=channel), await talk(bot, "b")
            number = number_in(await a.say("run"))
            await channel.close()
            await b.say(f"done {number}")
            await bot.logged(f"Notice of job {number}: attempt 1 failed")
            await bot.kill()
        await channel.open()
        async with start_bot(**IMPATIENT):
            assert (await a.heard()).text == f"Job {number} is complete."
