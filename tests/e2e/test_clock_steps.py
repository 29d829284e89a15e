"""The machine's clock is set, forward and back, while the bot runs or between two starts."""

import asyncio
from datetime import timedelta

import pytest

from tests.fakes.fake_connector import Answer
from tests.fakes.fake_time import WallClock, needs_fake_time
from tests.fakes.schemas import new_schema

HOUR, TWO_YEARS = timedelta(hours=1), timedelta(days=730)

#: What a killed bot was writing is taken over soon.
SHORT_LEASE = {"CONNECT_TIMEOUT_SECONDS": "1", "SEND_TIMEOUT_SECONDS": "2", "LEASE_SECONDS": "4"}

pytestmark = [needs_fake_time, pytest.mark.slow]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> dict[str, str]:
    return {"DATABASE_URL": new_schema()} if request.param == "postgresql" else {}


@pytest.fixture
def wall_clock(tmp_path) -> WallClock:
    return WallClock(tmp_path)


async def number_of(chat) -> str:
    return "".join(filter(str.isdigit, await chat.say("run")))


@pytest.mark.parametrize("step", [-HOUR, HOUR, TWO_YEARS, -TWO_YEARS], ids=str)
async def test_a_retry_is_made_in_time_although_the_clock_is_set(
    start_bot, talk, connector, database, wall_clock, step
):
    async with start_bot(**database, **wall_clock.environment) as bot:
        a = await talk(bot, "a")
        number = await number_of(a)
        b = await talk(bot, "b")
        connector.script("a", Answer(status=503, headers={"Retry-After": "2"}))
        await b.say(f"done {number}")
        assert number in (await a.heard()).text
        await bot.logged("next in")
        await asyncio.sleep(0.5)  # The wait is stored, and goes on.
        wall_clock.ahead(step)
        assert number in (await a.heard()).text


async def test_a_message_under_way_is_not_sent_twice_although_the_clock_is_set_forward(
    start_bot, talk, connector, database, wall_clock
):
    """Past the lease: by the wall clock another worker could take the lane over."""
    async with start_bot(**database, **wall_clock.environment, LEASE_SECONDS="20") as bot:
        a = await talk(bot, "a")
        number = await number_of(a)
        b = await talk(bot, "b")
        taken = asyncio.Event()
        connector.script("a", Answer(after=taken))
        await b.say(f"done {number}")
        await a.heard()
        wall_clock.ahead(timedelta(seconds=60))
        await asyncio.sleep(3)  # Three looks for due lanes.
        taken.set()
        while "Its notice was sent" not in await b.say(f"show {number}"):
            pass
    assert (
        len([each for each in connector.in_conversation("a") if number in each.text]) == 2
    )  # Started; complete.


async def test_a_retry_that_was_stored_two_years_ahead_does_not_wait_until_then(
    start_bot, talk, connector, database, wall_clock
):
    """The machine started without its clock; the bot is restarted with the right one."""
    wall_clock.ahead(TWO_YEARS)
    async with start_bot(**database, **wall_clock.environment, **SHORT_LEASE) as bot:
        a = await talk(bot, "a")
        number = await number_of(a)
        b = await talk(bot, "b")
        connector.script("a", *[Answer(status=503)] * 3)
        await b.say(f"done {number}")
        await a.heard()
        await bot.logged("next in")
        await bot.kill()
    wall_clock.ahead(timedelta())
    async with start_bot(**database, **wall_clock.environment, **SHORT_LEASE):
        async with asyncio.timeout(60):
            while not any(f"Job {number} is complete" in each.text for each in connector.delivered):
                await a.heard()
