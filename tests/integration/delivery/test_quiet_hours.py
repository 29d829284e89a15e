"""Quiet hours, and which ends are told: what is held comes as one message, and nothing is dropped."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient

from app import BOT, build_app
from compose import Surroundings
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_clock import FakeClock

EVENING, NIGHT, MORNING = (
    datetime(2026, 6, day, hour, tzinfo=UTC) for day, hour in ((1, 19), (1, 21), (2, 5))
)
BERLIN = {"localTimezone": "Europe/Berlin"}


@pytest.fixture
def clock():
    clock = FakeClock()
    clock.now = EVENING  # 21:00 in Berlin.
    return clock


@pytest.fixture
async def bot(config, clock):
    async with TestClient(
        BotServer(build_app(config, around=Surroundings(clock=clock, wall_clock=clock)))
    ) as client:
        yield client


@pytest.fixture
def a(bot, connector):
    return Chat(client=bot, connector=connector, conversation_id="a", fields=BERLIN)


@pytest.fixture
def now_it_is(bot, clock):
    """Sets the clock, and lets the worker look for what is due."""

    def now_it_is(now):
        clock.now = now
        bot.app[BOT].delivery.worker.look()

    return now_it_is


@pytest.fixture
def run(a, bot):
    """Starts a job and ends it: ``number = await run("failed", "nightly")``."""

    async def run(kind, title=""):
        number = int((await a.say(f"run {title}")).split("job ")[1].split()[0].strip(":."))
        async with bot.post(f"/api/jobs/{number}/report/{kind}") as answer:
            assert answer.status == 202, await answer.text()
        await bot.app[BOT].delivery.worker.idle()
        return number

    return run


async def notice(bot, number):
    async with bot.get(f"/api/jobs/{number}") as answer:
        [notice] = (await answer.json())["notices"]
        return notice


async def test_at_night_nothing_is_told_and_in_the_morning_all_of_it(a, bot, run, now_it_is):
    said = await a.say("quiet 22:00-07:00")
    assert said == "From 22:00 to 07:00 (Europe/Berlin) I tell you nothing, and all of it when that is over."
    before = await run("succeeded")
    assert (await a.heard()).text == f"Job {before} is complete."
    now_it_is(NIGHT)
    done, failed = await run("succeeded"), await run("failed")
    for number in (done, failed):
        assert (await notice(bot, number))["state"] == "held"
        assert (await notice(bot, number))["retryAt"] == "2026-06-02T05:00:00Z"
    settings = await a.say("settings")
    assert "It is quiet here until Jun 2, 2026 07:00 Europe/Berlin." in settings
    assert "2 notices are held until then." in settings
    now_it_is(MORNING)
    assert (await a.heard()).text == f"Job {failed} failed.\n\nJob {done} is complete."


async def test_failures_are_let_through_if_people_want_that(a, run, now_it_is):
    await a.say("quiet 22:00-07:00 except failures")
    now_it_is(NIGHT)
    held, failed, held_too = await run("succeeded"), await run("failed"), await run("succeeded")
    assert (await a.heard()).text == f"Job {failed} failed."
    now_it_is(MORNING)
    morning = (await a.heard()).text
    assert morning.index(str(held)) < morning.index(str(held_too))


async def test_unmute_ends_one_night_only(a, bot, run, now_it_is):
    await a.say("quiet 22:00-07:00")
    now_it_is(NIGHT)
    held = await run("succeeded")
    assert await a.say("unmute") == "1 notice was held; here it comes."
    assert (await a.heard()).text == f"Job {held} is complete."
    at_once = await run("succeeded")
    assert (await a.heard()).text == f"Job {at_once} is complete."
    now_it_is(NIGHT.replace(day=2))
    assert (await notice(bot, await run("succeeded")))["state"] == "held"


async def test_quiet_off_tells_what_was_held(a, run, now_it_is):
    await a.say("quiet 22:00-07:00")
    now_it_is(NIGHT)
    held = await run("succeeded")
    assert await a.say("quiet off") == "There are no quiet hours here any more."
    assert (await a.heard()).text == f"Job {held} is complete."


async def test_the_later_end_of_mute_and_quiet_hours_counts(a, bot, run, now_it_is):
    await a.say("quiet 22:00-07:00")
    now_it_is(NIGHT)
    await a.say("mute 1h")
    held = await run("succeeded")
    assert (await notice(bot, held))["retryAt"] == "2026-06-01T22:00:00Z"
    now_it_is(NIGHT.replace(hour=22, minute=30))
    async with asyncio.timeout(10):  # Until the worker has looked, it is due.
        while (await notice(bot, held)).get("retryAt") != "2026-06-02T05:00:00Z":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await a.say("mute 12h")
    assert (await notice(bot, held))["retryAt"] == "2026-06-02T10:30:00Z"
    now_it_is(MORNING)
    await bot.app[BOT].delivery.worker.idle()
    assert (await notice(bot, held))["state"] == "held"
    now_it_is(MORNING.replace(hour=12))
    assert (await a.heard()).text == f"Job {held} is complete."


async def test_only_failures_are_told_and_the_others_say_so(a, bot, run):
    assert (await a.say("only failures")).startswith("I tell you only of jobs that did not succeed.")
    done, failed = await run("succeeded"), await run("failed")
    assert (await a.heard()).text == f"Job {failed} failed."
    assert (await notice(bot, done))["state"] == "unwanted"
    assert "does not want to be told of it" in await a.say(f"show {done}")
    assert await a.say("only everything") == "I tell you whenever a job ends."
    told = await run("succeeded")
    assert (await a.heard()).text == f"Job {told} is complete."


async def test_only_changes_are_told_by_title(a, bot, run):
    await a.say("only changes")
    assert (await notice(bot, await run("succeeded", "nightly")))["state"] == "unwanted"
    failed = await run("failed", "nightly")
    assert (await a.heard()).text == f"Job {failed} failed: nightly"
    assert (await notice(bot, await run("failed", "nightly")))["state"] == "unwanted"
    other = await run("failed", "weekly")
    assert (await a.heard()).text == f"Job {other} failed: weekly"
    well = await run("succeeded", "nightly")
    assert (await a.heard()).text == f"Job {well} is complete: nightly"
    assert (await notice(bot, await run("succeeded")))["state"] == "unwanted"
    untitled = await run("failed")
    assert (await a.heard()).text == f"Job {untitled} failed."


async def test_a_watched_failure_is_let_through_as_well(a, bot, connector, now_it_is):
    b = Chat(client=bot, connector=connector, conversation_id="b", fields=BERLIN)
    number = int((await a.say("run")).split("job ")[1].split()[0])
    await b.say(f"watch {number}")
    await b.say("quiet 22-7 except failures")
    now_it_is(NIGHT)
    async with bot.post(f"/api/jobs/{number}/report/failed") as answer:
        assert answer.status == 202
    assert f"Job {number} failed." in (await b.heard()).text


@pytest.mark.parametrize(
    ("said", "answer"),
    [("quiet", "Type `quiet 22:00-07:00`"), ("only", "Type `only failures`"), ("quiet at night", "Type")],
)
async def test_what_is_not_understood_says_how(a, said, answer):
    assert (await a.say(said)).startswith(answer)
