"""The lanes that one process claims, holds and gives back: leases, limits, backlogs and shutdown."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from delivery.digest import TEXT_LIMIT, text_size
from delivery.hosts.adaptive_limit import START
from delivery.retry import DOUBTFUL_ATTEMPTS, DOUBTFUL_TIME
from instants import utc_now
from jobs.changes import FinishJob, ParkLane
from jobs.job import JobId
from jobs.lane import Heard, lane_key
from jobs.service import JobService
from jobs.transitions import ReportKind
from state.store.sqlite.opening import open_sqlite
from tests.fakes.fake_connector import Answer
from tests.fakes.seed import seed_jobs, start_job
from tests.faults.ledger import jobs_told
from tests.integration.delivery.room import ATTEMPTS, delivering

LEASE = timedelta(seconds=30)
DAYS = timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
async def other(path):
    """The store of another process on the same database."""
    async with open_sqlite(str(path), lease=LEASE) as store:
        yield store


@pytest.fixture
def owe(path, connector):
    """``jobs = await owe("a", 2)``: completed in that order, due for any worker; by conversation."""

    async def owe(*conversations: str, each: int = 1):
        return await seed_jobs(
            f"sqlite:///{path}", conversations, each, service_url=connector.service_url, completed=True
        )

    return owe


def told(connector) -> list[int]:
    return [job for each in connector.delivered for job in jobs_told(each.text)]


async def test_a_lane_that_waits_for_its_tenants_rate_is_claimed_by_no_other_worker(
    path, connector, owe, other
):
    await owe("a", "b")
    async with delivering(path, lease=0.4, send_timeout=0.1, changed={"SENDS_PER_SECOND": 1}) as room:
        await connector.received(1)
        await asyncio.sleep(0.7)  # Past the first lease, and before the rate allows the second.
        assert await other.claim(10) == []
        await connector.received(2)
        await room.worker.idle()
    assert len(connector.arrivals) == 2
    assert room.counters.sent == 2


async def test_a_lane_that_waits_its_turn_is_held_past_its_first_lease(path, connector, owe, other):
    """Renewed every third of the lease: no other worker claims a lane that is only waiting."""
    await owe("a")
    async with delivering(path, lease=0.6, send_timeout=0.1, poll=timedelta(minutes=1)) as room:
        host = room.hosts.at(connector.service_url)
        places = [await host.place(fresh=True, spread=0.0) for _ in range(START)]
        await asyncio.sleep(1.2)
        assert await other.claim(10) == []
        assert connector.arrivals == []
        for place in places:
            place.give_back()
        await connector.received(1)
        await room.worker.idle()
    assert len(connector.arrivals) == 1
    assert room.counters.sent == 1


async def test_a_lane_lost_while_it_waits_is_not_sent(path, connector, owe, other):
    """A frozen process continues: another worker delivers its lanes."""
    await owe("a", "b")
    async with delivering(path, lease=0.6, send_timeout=0.1, changed={"SENDS_PER_SECOND": 1}) as room:
        [first] = await connector.received(1)
        lane = lane_key("emulator", "b" if first.conversation_id == "a" else "a")
        await other.commit([ParkLane(lane=lane, reason="taken away")])
        await other.hear([Heard(lane=lane, service_url=connector.service_url, speaks=True)])
        [theirs] = await other.claim(10)
        await room.worker.idle()
        assert len(connector.arrivals) == 1
        assert await other.sent(theirs, theirs.notices[0].seq) is None


async def test_past_the_cap_fresh_notices_wait_in_the_outbox(path, connector, owe, other):
    held = asyncio.Event()
    connector.script(None, Answer(after=held))
    jobs = await owe("a")
    async with delivering(path, held_lanes=1, send_timeout=5) as room:
        await connector.received(1)
        assert room.worker.new_token() is None
        jobs.update(await owe("b"))
        held.set()
        await connector.until(lambda _: len(told(connector)) == 2)
        await room.worker.idle()
        assert room.worker.new_token() is not None
    assert sorted(told(connector)) == sorted(job for each in jobs.values() for job in each)


async def test_a_backlog_stays_in_the_database_and_holds_up_nothing_fresh(path, connector, owe):
    """Its channel hangs: as many lanes as may be taken at once hang with it, and no more."""
    await owe(*(f"stuck-{number}" for number in range(50)), each=3)
    connector.rule = lambda name, _: Answer(after=asyncio.Event()) if "stuck" in name else None
    async with delivering(path, backlog_lanes=8, send_timeout=5, grace=timedelta(seconds=0.1)) as room:
        await connector.received(8)
        [fresh] = (await seed_jobs(f"sqlite:///{path}", ["b"], 1, service_url=connector.service_url))["b"]
        await JobService(room.store, room.worker).report(fresh, ReportKind.SUCCEEDED, source=None)
        assert jobs_told((await connector.next_in("b")).text) == [fresh]
        assert len(connector.arrivals) == 9


async def test_a_backlog_is_drained_without_waiting_for_the_next_poll(path, connector, owe):
    jobs = await owe(*(f"c-{number}" for number in range(60)))
    async with delivering(path, backlog_lanes=4, poll=timedelta(seconds=60)):
        await connector.until(lambda _: len(told(connector)) >= len(jobs))
    assert sorted(told(connector)) == sorted(job for there in jobs.values() for job in there)


async def test_what_is_not_done_when_the_grace_time_ends_is_given_back_at_once(path, connector, owe, other):
    await owe("a", "b")
    connector.script("a", Answer(after=asyncio.Event()))
    connector.script("b", Answer(after=asyncio.Event()))
    async with delivering(path, send_timeout=20, grace=timedelta(seconds=0.1)):
        await connector.received(2)
        assert await other.claim(10) == []
    claims = await other.claim(10)
    assert [(claim.lane, claim.attempts) for claim in claims] == [("emulator/a", 0), ("emulator/b", 0)]


async def test_a_send_under_way_may_end_within_the_grace_time(path, connector, owe, other):
    await owe("a")
    answered = asyncio.Event()
    connector.script("a", Answer(after=answered))
    async with delivering(path, send_timeout=5) as room:
        await connector.received(1)
        asyncio.get_running_loop().call_later(0.2, answered.set)
    assert room.counters.sent == 1
    assert await other.claim(10) == []


async def test_notices_that_were_tried_for_too_long_are_given_up_together(path, connector, other):
    ahead = timedelta()

    async def completed() -> JobId:
        async with open_sqlite(str(path), lease=LEASE, clock=lambda: utc_now() + ahead) as earlier:
            [job] = await earlier.commit([start_job("a", connector.service_url)])
            await earlier.commit([FinishJob(job_id=job.id, source=None, token=None)])
        return job.id

    old, older = [await completed() for _ in range(2)]
    last = asyncio.Event()
    connector.script("a", *[Answer(status=503)] * (ATTEMPTS - 1), Answer(status=503, after=last))
    async with delivering(
        path, changed={"RETRY_MAX_AGE_SECONDS": 3 * 86_400}, clock=lambda: utc_now() + ahead
    ):
        await connector.received(2)  # The first failure is settled.
        ahead += 4 * DAYS
        await connector.received(ATTEMPTS)
        new = await completed()
        last.set()
        await connector.until(lambda _: told(connector) == [new])
    letters = await other.dead_letters(limit=9)
    assert [letter.job_id for letter in letters] == [old, older]
    assert all(f"failed {ATTEMPTS} times in 4 days" in letter.error for letter in letters)
    assert len(connector.arrivals) == ATTEMPTS + 1


async def test_a_notice_that_was_kept_back_is_not_too_old_for_another_attempt(path, connector, owe, other):
    """After a week of being blocked, the first temporary error must not cause a dead letter."""
    await owe("a")
    lane = lane_key("emulator", "a")
    await other.commit([ParkLane(lane=lane, reason="blocked")])
    await other.hear([Heard(lane=lane, service_url=connector.service_url, speaks=True)])
    connector.script("a", Answer(status=503))
    async with delivering(path, changed={"RETRY_MAX_AGE_SECONDS": 1e-6}):
        await connector.until(lambda _: len(told(connector)) == 1)
    assert await other.dead_letters(limit=9) == []


async def test_a_notice_that_breaks_the_sender_is_given_up_and_those_behind_it_are_told(
    path, connector, other, owe
):
    broken = start_job("a", connector.service_url)._replace(reference="no JSON")
    [job] = await other.commit([broken])
    await other.commit([FinishJob(job_id=job.id, source=None, token=None)])
    sound = await owe("a")
    ahead = timedelta()
    async with delivering(path, clock=lambda: utc_now() + ahead) as room, asyncio.timeout(10):
        while room.counters.failed < DOUBTFUL_ATTEMPTS - 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        ahead += DOUBTFUL_TIME
        await connector.until(lambda _: told(connector) == sound["a"])
    [letter] = await other.dead_letters(limit=9)
    assert letter.job_id == job.id
    assert letter.attempts >= DOUBTFUL_ATTEMPTS


async def test_a_long_backlog_is_told_in_few_messages_below_the_size_limit_in_order(path, connector, other):
    starts = [start_job("a", connector.service_url)._replace(title="lange " * 250) for _ in range(60)]
    jobs = [job.id for job in await other.commit(starts)]
    await other.commit([FinishJob(job_id=job, source=None, token=None) for job in jobs])
    async with delivering(path):
        await connector.until(lambda _: len(told(connector)) == len(jobs))
    assert told(connector) == jobs
    assert all(text_size(each.text) <= TEXT_LIMIT for each in connector.delivered)
    assert len(connector.delivered) < 10


@pytest.mark.slow
async def test_what_was_sent_while_the_database_was_busy_is_not_sent_again(path, connector, owe, other):
    """Longer than SQLite's busy timeout: the message was sent, so settling it is retried."""
    await owe("a")
    taken = asyncio.Event()
    connector.script("a", Answer(after=taken))
    async with delivering(path, send_timeout=5) as room:
        await connector.received(1)
        with closing(sqlite3.connect(path)) as busy:
            busy.execute("BEGIN IMMEDIATE")
            taken.set()
            await asyncio.sleep(5.5)
            busy.rollback()
        await room.worker.idle()
    assert await other.claim(10) == []
    assert len(connector.arrivals) == 1
