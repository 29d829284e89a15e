"""Faults of a real PostgreSQL server, and of replicas that share it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.schemas import new_schema
from tests.faults.cluster import Cluster
from tests.faults.kills import KillRun
from tests.faults.restarts import RestartRun

pytestmark = pytest.mark.slow

LEASE = {
    "CONNECT_TIMEOUT_SECONDS": "0.5",
    "SEND_TIMEOUT_SECONDS": "1.5",
    "LEASE_SECONDS": "2",
    "LOG_LEVEL": "INFO",
}


async def test_nothing_is_lost_when_two_replicas_die_in_turns():
    reckoning = await KillRun(database_url=new_schema(), kills=4, replicas=2, seed=3).run()
    assert reckoning.completions > 0
    assert (reckoning.lost, reckoning.out_of_order, reckoning.unexplained) == (0, 0, 0)


async def test_a_server_that_restarts_and_crashes_under_load_loses_nothing():
    """The channel gets 503 and sends again, without manual action."""
    async with Cluster() as cluster:
        faults = [lambda how=how: cluster.restart(how) for how in ("fast", "immediate", "fast")]
        run = RestartRun(database_url=cluster.url, faults=faults)
        reckoning = await run.run()
    print(reckoning, run.statuses)
    assert reckoning.lost == 0
    assert set(run.statuses) <= {200, 503}


async def test_connections_that_are_cut_under_load_lose_nothing():
    async with Cluster() as cluster:
        run = RestartRun(database_url=cluster.url, faults=[cluster.cut_connections] * 5)
        reckoning = await run.run()
    print(reckoning, run.statuses)
    assert reckoning.lost == 0
    assert set(run.statuses) <= {200, 503}


async def test_a_frozen_replica_comes_back_to_lanes_that_are_anothers(tmp_path: Path):
    """Its later writes are fenced off: the other worker's result stands."""
    url, installation = new_schema(), install(tmp_path)
    async with FakeConnector() as connector:

        async def talk(bot: BotProcess, conversation: str) -> Chat:
            return Chat(client=await bot.started(), connector=connector, conversation_id=conversation)

        async with BotProcess(installation, DATABASE_URL=url, **LEASE) as frozen:
            a, b = await talk(frozen, "a"), await talk(frozen, "b")
            number = (await a.say("run")).split("job ")[1].split()[0]
            taken = asyncio.Event()
            connector.script("a", Answer(after=taken))
            await b.say(f"done {number}")
            await a.heard()
            os.kill(frozen.pid, signal.SIGSTOP)
            taken.set()  # The answer waits for it: the message was sent.
            async with BotProcess(installation, DATABASE_URL=url, **LEASE) as other:
                assert (await a.heard()).text == f"Job {number} is complete."
                there, report = await talk(other, "b"), ""
                async with asyncio.timeout(10):  # It is settled soon after it is heard.
                    while "Its notice was sent." not in report:
                        report = await there.say(f"show {number}")
                os.kill(frozen.pid, signal.SIGCONT)
                await frozen.logged("went to another worker")
                assert await there.say(f"show {number}") == report
