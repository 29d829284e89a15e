"""Faults of the drill without its alerts: what the board says, that the mending mends, who was told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.bot_process import install
from tests.faults.drill.channel_faults import TokenRefused
from tests.faults.drill.fault import PERSON, Fault
from tests.faults.drill.process_faults import DatabaseReadOnly, DiskFull

pytestmark = pytest.mark.slow

Open = Callable[[type[Fault]], Awaitable[Fault]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Start the bot of a fault, and ask for the job."""
    async with AsyncExitStack() as exits:

        async def opened(kind: type[Fault]) -> Fault:
            fault = kind()
            fault.waits = 1
            installation = tmp_path / "program"
            installation.mkdir()
            await fault.open(exits, install(installation), tmp_path / "jobs.sqlite3")
            await fault.prepare()
            return fault

        yield opened


async def says(fault: Fault, part: str) -> str:
    """Wait until *part* is in the sentence about the job; return that."""
    said = ""
    try:
        async with asyncio.timeout(20):
            while part not in said:
                said = await fault.bot.board_or_jobctl(fault.job)
    except TimeoutError:
        raise AssertionError(said) from None
    return said


@pytest.mark.parametrize("kind", [DatabaseReadOnly, DiskFull])
async def test_a_database_that_takes_no_writes_is_what_the_board_names_and_loses_nothing(
    opened: Open, kind: type[Fault]
):
    """What waits is due meanwhile, and cannot be claimed: that is not for want of a worker."""
    fault = await opened(kind)
    await fault.owe()
    await fault.strike()
    said = await says(fault, "The database takes no writes now")
    assert "is one running?" not in said.partition("Before that:")[0]
    assert (await fault.bot.board()).startswith("No. The database takes no writes now")
    assert (await fault.bot.chat(PERSON).post(type="message", text="run")).status == 503
    assert fault.bot.times_told(PERSON, fault.job) == 0
    await fault.mend()
    assert await fault.bot.told(PERSON, fault.job) is not None
    assert (await says(fault, "People were told")).endswith("after one attempt that failed.")
    assert fault.bot.times_told(PERSON, fault.job) == 1


async def test_a_refused_token_dead_letters_nothing_and_a_new_secret_sends_what_waits(opened: Open):
    fault = await opened(TokenRefused)
    await fault.strike()
    await fault.bot.restart()  # It has no token of before.
    await fault.end()
    said = await says(fault, "failed, the last with")
    assert "check MicrosoftAppPassword" in said
    assert fault.bot.times_told(PERSON, fault.job) == 0
    await fault.mend()
    assert await fault.bot.told(PERSON, fault.job) is not None
    assert "dead" not in await says(fault, "People were told")
    assert fault.bot.times_told(PERSON, fault.job) == 1
