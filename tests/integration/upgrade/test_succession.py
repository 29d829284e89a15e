"""
A log that a version before may still serve: it keeps what that needs, for an hour.

The versions before need a row of `lanes` for each job that runs, and a unique index of activities.
"""

import sqlite3
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from jobs.lane import lane_key
from jobs.listing import PageAsked
from state.store.opening import open_store
from tests.contract.asking import complete, sent, start, start_job
from tests.contract.databases import LEASE
from tests.fakes.dumps import DIALECTS, restored
from tests.fakes.fake_clock import FakeClock

HOUR = timedelta(hours=1)
NEW = lane_key("emulator", "new")
ELSEWHERE = "https://elsewhere.example/#channel"


class Log:
    """The database behind the store's back."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fetch(self, statement: str) -> list[tuple[object, ...]]:
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30) as connection:
                return connection.execute(statement).fetchall()
        server = await asyncpg.connect(self.url)
        try:
            return [tuple(row) for row in await server.fetch(statement)]
        finally:
            await server.close()

    async def lanes(self) -> set[object]:
        return {lane for (lane,) in await self.fetch("SELECT lane FROM lanes")}


@pytest.fixture(params=DIALECTS)
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    return Log(await restored(request.param, tmp_path))


@pytest.fixture
async def store(log: Log, clock: FakeClock):
    async with open_store(log.url, lease=LEASE, clock=clock) as store:
        yield store


async def tidy(store):
    after = ""
    while after is not None:
        after = await store.retention.tidy(after)


async def outlive_the_versions_before(store, clock):
    await tidy(store)
    clock.now += HOUR
    await tidy(store)


async def test_the_versions_before_find_the_rows_that_they_need(store, log, clock):
    await tidy(store)
    clock.now += HOUR - timedelta(seconds=1)
    await tidy(store)
    job, _running = await start(store, NEW), await start(store, NEW)
    assert NEW in await log.lanes()
    await sent(store, (await complete(store, job.id, "mine")).claim)
    assert NEW in await log.lanes()


async def test_what_they_start_is_started_once(store, log, clock):
    """They note it in no table but that of jobs."""
    job = await start(store, NEW, source_activity="theirs")
    await log.fetch("DELETE FROM once")
    assert await start(store, NEW, source_activity="theirs") == job
    others = [start_job(NEW, source_activity=name) for name in ("ours", "theirs")]
    assert [each.id for each in await store.commit(others)][1] == job.id


async def test_after_an_hour_only_what_is_needed_stays(store, log, clock):
    await outlive_the_versions_before(store, clock)
    kept = await log.lanes()
    assert kept == {lane_key("emulator", name) for name in ("waiting", "retrying", "parked")}
    await start(store, NEW)
    assert await log.lanes() == kept


async def test_where_conversations_are_stays_known(store, log, clock):
    """References of jobs that versions before started do not say who vouched for the address."""
    running = lane_key("emulator", "running")
    await log.fetch(f"UPDATE lanes SET service_url = '{ELSEWHERE}' WHERE lane = '{running}'")  # noqa: S608
    [job] = [
        each
        for each in (await store.page(PageAsked(lane=running, size=9))).jobs
        if each.lane == running and not each.status.is_final
    ]
    await outlive_the_versions_before(store, clock)
    assert running not in await log.lanes()
    claim = (await complete(store, job.id, "mine")).claim
    assert claim.service_url == ELSEWHERE
    await sent(store, claim)
    await tidy(store)
    assert await log.fetch("SELECT lane FROM moved") == []
