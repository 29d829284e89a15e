"""The effect of a failing host on conversations that use it and on others."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from delivery.hosts.circuit_breaker import LONGEST, THRESHOLD
from instants import micros, utc_now
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.ledger import jobs_told
from tests.integration.delivery.room import POLICY, delivering


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
async def other_connector():
    async with FakeConnector() as connector:
        yield connector


async def owe(path, connector, lanes: int, prefix: str = "c"):
    """``jobs = await owe(…)``: one completed job in each of so many conversations; the jobs."""
    names = [f"{prefix}-{number}" for number in range(lanes)]
    jobs = await seed_jobs(f"sqlite:///{path}", names, 1, service_url=connector.service_url, completed=True)
    return {job for each in jobs.values() for job in each}


def told(connector) -> list[int]:
    return [job for each in connector.delivered for job in jobs_told(each.text)]


class Seconds:
    """A monotonic clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def nothing_due(path, room) -> None:
    """Wait until every lane was tried, or put off."""
    with closing(sqlite3.connect(path)) as database:
        due = "SELECT count(*) FROM lanes WHERE due_at <= ?"
        while database.execute(due, (micros(utc_now()),)).fetchone() != (0,):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await room.worker.idle()


async def test_lanes_of_a_host_that_fails_wait_without_an_attempt_and_are_told_when_it_is_back(
    path, connector
):
    """One attempt each is allowed: without a circuit all would be lost."""
    jobs = await owe(path, connector, 200)
    connector.rule = lambda *_: Answer(status=503)
    seconds = Seconds()
    async with delivering(path, policy=replace(POLICY, max_attempts=1), monotonic=seconds) as room:
        await connector.received(THRESHOLD)
        await nothing_due(path, room)
        failed = {job for each in connector.arrivals for job in jobs_told(each.text)}
        connector.rule = None
        seconds.now += LONGEST
        await connector.until(lambda _: len(told(connector)) == len(jobs) - len(failed))
    assert len(failed) < 100
    assert set(told(connector)) == jobs - failed


async def test_the_notices_of_other_hosts_are_told_meanwhile(path, connector, other_connector):
    connector.rule = lambda *_: Answer(status=503)
    async with delivering(path, monotonic=Seconds()) as room:
        await owe(path, connector, THRESHOLD)
        await connector.received(THRESHOLD)
        await owe(path, connector, 100, "more")
        jobs = await owe(path, other_connector, 5, "healthy")
        await other_connector.until(lambda _: set(told(other_connector)) == jobs)
        await room.worker.idle()
        assert told(connector) == []
