"""The effect of a failing host on conversations that use it and on others."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from delivery.hosts.adaptive_limit import START
from delivery.hosts.circuit_breaker import LONGEST, THRESHOLD
from delivery.rate_limits.tenants import TEAMS_PER_TENANT
from instants import micros, utc_now
from jobs.changes import FinishJob
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.seconds import Seconds
from tests.fakes.seed import seed_jobs
from tests.faults.ledger import jobs_told
from tests.integration.delivery.room import delivering


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
async def other_connector():
    async with FakeConnector() as connector:
        yield connector


async def owe(path, connector, lanes: int, prefix: str = "c", *, completed=True, tenant=None) -> set[int]:
    """Owe a notice in each of so many conversations, in this order; return the jobs."""
    names = [f"{prefix}-{number}" for number in range(lanes)]
    url = f"sqlite:///{path}"
    jobs = await seed_jobs(
        url, names, 1, service_url=connector.service_url, completed=completed, tenant=tenant
    )
    return {job for each in jobs.values() for job in each}


async def complete(room, connector, path, jobs: int, prefix: str) -> set[int]:
    """Complete so many jobs as turns do: their notices are fresh."""
    fresh = await owe(path, connector, jobs, prefix, completed=False)
    for job in fresh:
        change = FinishJob(job_id=job, source=None, token=room.worker.new_token())
        [completion] = await room.store.commit([change])
        room.worker.take(completion.claim)
    return fresh


def told(connector) -> list[int]:
    return [job for each in connector.delivered for job in jobs_told(each.text)]


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
    """Without a circuit, each lane would fail again and again."""
    jobs = await owe(path, connector, 200)
    connector.rule = lambda *_: Answer(status=503)
    seconds = Seconds()
    async with delivering(path, changed={"RETRY_MAX_AGE_SECONDS": 60}, monotonic=seconds) as room:
        await connector.received(THRESHOLD)
        await nothing_due(path, room)
        refused = len(connector.arrivals)
        connector.rule = None
        seconds.now += LONGEST
        await connector.until(lambda _: len(told(connector)) == len(jobs))
    assert refused < 100
    assert set(told(connector)) == jobs


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


async def test_a_host_that_hangs_holds_up_no_other(path, connector, other_connector):
    """Its lanes were due first, and more of them than are held at once."""
    connector.rule = lambda *_: Answer(after=asyncio.Event())
    await owe(path, connector, 400)
    jobs = await owe(path, other_connector, 100, "healthy")
    async with delivering(path, send_timeout=20, grace=timedelta(seconds=0.1)):
        await other_connector.until(lambda _: set(told(other_connector)) == jobs)
        assert len(connector.arrivals) <= START


async def test_fresh_notices_of_a_host_that_hangs_leave_lanes_for_those_of_others(
    path, connector, other_connector
):
    connector.rule = lambda *_: Answer(after=asyncio.Event())
    async with delivering(path, send_timeout=20, grace=timedelta(seconds=0.1)) as room:
        hanging = await complete(room, connector, path, 300, "hangs")
        await connector.received(START)
        healthy = await complete(room, other_connector, path, 5, "healthy")
        await other_connector.until(lambda _: set(told(other_connector)) == healthy)
        assert len(connector.arrivals) == START < len(hanging)


async def test_a_tenant_with_much_to_be_told_holds_up_no_other(path, connector):
    """Its notices were due first. Time stands still, so that it is told what fits one window, and no more."""
    large = await owe(path, connector, 300, "large", tenant="large")
    small = await owe(path, connector, 20, "small", tenant="small")
    now = utc_now()
    async with delivering(path, clock=lambda: now):
        await connector.until(lambda _: small <= set(told(connector)))
    assert len(large & set(told(connector))) <= TEAMS_PER_TENANT[0].limit
