"""What the process knows it keeps: a message that the channel took is settled, and not sent again."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from delivery.retry import BAD_MESSAGE_ATTEMPTS, BAD_MESSAGE_TIME
from instants import utc_now
from jobs.job import NoticeStatus
from tests.fakes.fake_connector import Answer
from tests.fakes.seed import seed_jobs
from tests.faults.ledger import jobs_told
from tests.integration.delivery.room import delivering


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
def owe(path, connector):
    async def owe(conversation: str, each: int = 1) -> list[int]:
        jobs = await seed_jobs(
            f"sqlite:///{path}", [conversation], each, service_url=connector.service_url, completed=True
        )
        return jobs[conversation]

    return owe


def told(connector) -> list[int]:
    return [job for each in connector.delivered for job in jobs_told(each.text)]


def run_sql(path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)


async def settled(room, job) -> None:
    async with asyncio.timeout(20):
        while (await room.store.find(job)).notice.status is not NoticeStatus.SENT:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_what_was_sent_is_not_sent_again_however_long_the_database_is_locked(path, connector, owe):
    """Longer than the first attempts to write, and far longer than a lease."""
    [job] = await owe("a")
    taken = asyncio.Event()
    connector.script("a", Answer(after=taken))
    async with delivering(path, lease=0.4, send_timeout=0.3, poll=timedelta(seconds=0.1)) as room:
        await connector.received(1)
        run_sql(path, "ALTER TABLE lanes RENAME TO unreachable")
        taken.set()
        await asyncio.sleep(3)  # All writes fail meanwhile, and the lease ends.
        run_sql(path, "ALTER TABLE unreachable RENAME TO lanes")
        await settled(room, job)
    assert told(connector) == [job]


async def test_a_lane_claimed_again_under_a_new_lease_is_settled_without_a_second_message(
    path, connector, owe
):
    """The lease ended while the message was under way, as it does when the clock is set forward."""
    [job] = await owe("a")
    taken = asyncio.Event()
    connector.script("a", Answer(after=taken))
    async with delivering(path, send_timeout=10, poll=timedelta(seconds=0.05)) as room:
        await connector.received(1)
        run_sql(path, "UPDATE lanes SET due_at = 1")
        await asyncio.sleep(0.3)  # Several looks for due lanes.
        taken.set()
        await settled(room, job)
    assert told(connector) == [job]
    assert len(connector.arrivals) == 1


async def test_a_notice_that_the_channel_always_fails_at_does_not_block_those_behind_it(path, connector, owe):
    bad, *good = await owe("a", 3)
    elsewhere = await owe("b")
    connector.rule = lambda _, activity: Answer(status=500 if bad in jobs_told(activity["text"]) else 200)
    ahead = timedelta()
    async with delivering(
        path,
        clock=lambda: utc_now() + ahead,
        changed={"RETRY_ATTEMPTS": 1000, "RETRY_MAX_AGE_SECONDS": 3 * 86_400},
    ) as room:
        await connector.until(lambda _: room.counters.failed >= 3 and told(connector) == elsewhere)
        ahead += BAD_MESSAGE_TIME
        await connector.until(lambda _: set(good) <= set(told(connector)))
        await room.worker.idle()
        [letter] = await room.store.dead_letters(limit=9)
    assert letter.job_id == bad
    assert letter.attempts >= BAD_MESSAGE_ATTEMPTS
    assert "while its host took other messages" in letter.error
    assert [job for job in told(connector) if job in good] == good
