"""Microsoft Teams' published limits, as the channel counts them on the wire."""

import asyncio
import re
from bisect import bisect_right

import pytest
from aiohttp.test_utils import TestClient

from app import build_app
from delivery.rate_limits.sliding_window import TEAMS_PUBLISHED
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import FakeConnector, Received
from tests.fakes.seed import seed_jobs

TENANT = {"tenantId": "tenant-1"}


@pytest.fixture
async def connector():
    """The notices of a burst arrive within half a minute."""
    async with FakeConnector(patience=60) as connector:
        yield connector


@pytest.fixture
def config(config):
    """A tenant's limit is another matter."""
    return config.model_copy(update={"sends_per_tenant": 1000, "max_turns_per_conversation": 256})


def teams(bot, connector, conversation_id: str) -> Chat:
    return Chat(client=bot, connector=connector, conversation_id=conversation_id, channel_id="msteams")


def within_limits(arrivals: list[Received]) -> None:
    """Assert that no published window holds more messages than it may."""
    instants = [arrival.at for arrival in arrivals]
    for window in TEAMS_PUBLISHED:
        length = window.length.total_seconds()
        fullest = max(bisect_right(instants, at + length) - i for i, at in enumerate(instants))
        assert fullest <= window.limit, f"{fullest} messages in {length:g} s"


def numbers(arrivals: list[Received]) -> list[int]:
    return [
        int(number)
        for arrival in arrivals
        if " complete" in arrival.text and "starting" not in arrival.text
        for number in re.findall(r"\d{16}", arrival.text)
    ]


async def seeded(config, connector, jobs: int) -> list[int]:
    """Return the numbers of running jobs in the Teams conversation `a`, asked for long ago."""
    url = config.database_url.get_secret_value()
    seeded = await seed_jobs(url, ["a"], jobs, service_url=connector.service_url, channel_id="msteams")
    return seeded["a"]


async def complete(bots, connector, jobs: list[int]) -> None:
    """Let a job system say that all *jobs* are complete at once, to one bot or another."""
    at_once = asyncio.Semaphore(32)

    async def complete_one(index: int, job: int) -> None:
        system = teams(bots[index % len(bots)], connector, f"job-system-{index}")
        async with at_once:
            answer = await system.post(type="event", name="jobComplete", value=job)
            assert answer.status == 200

    await asyncio.gather(*(complete_one(index, job) for index, job in enumerate(jobs)))


@pytest.mark.slow
async def test_two_hundred_completions_at_once_exceed_no_window_and_are_all_told(config, connector):
    """Two replicas share the database, and the user goes on talking meanwhile."""
    jobs = await seeded(config, connector, 200)
    async with (
        TestClient(BotServer(build_app(config))) as one,
        TestClient(BotServer(build_app(config))) as other,
    ):
        a = teams(one, connector, "a")
        await a.say("help")
        completing = asyncio.create_task(complete([one, other], connector, jobs))
        await a.say("help")
        await completing
        await connector.until(lambda _: set(numbers(connector.delivered)) >= set(jobs), "all to be told")
    there = connector.in_conversation("a")
    within_limits(there)
    assert sorted(numbers(there)) == jobs
    assert len(there) <= 12


@pytest.mark.slow
async def test_the_pace_outlives_the_bot(config, connector):
    jobs = await seeded(config, connector, 16)
    left = jobs
    while left:
        async with TestClient(BotServer(build_app(config))) as bot:
            some, left = left[:2], left[2:]
            for job in some:
                await complete([bot], connector, [job])
                await connector.until(lambda _, job=job: job in numbers(connector.delivered), str(job))
    within_limits(connector.in_conversation("a"))
    assert numbers(connector.delivered) == jobs


async def test_a_conversation_that_is_paced_holds_up_nobody(config, connector):
    jobs = await seeded(config, connector, 10)
    async with TestClient(BotServer(build_app(config))) as bot:
        for job in jobs:
            await complete([bot], connector, [job])
        b = teams(bot, connector, "b")
        await b.say("run")
        number = int(re.search(r"\d{16}", connector.in_conversation("b")[0].text)[0])
        await complete([bot], connector, [number])
        assert numbers([await b.heard()]) == [number]
        assert set(numbers(connector.delivered)) != {*jobs, number}
