"""SQLite's store runs concurrent requests with few statements; each caller gets its own result."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.changes import Finished, FinishJob, ReportResult
from jobs.job import JobId
from jobs.lane import lane_key
from state.store.sqlite import (
    claiming,
    completing,
    conversations,
    events,
    once,
    overdue,
    preferring,
    queueing,
    settling,
    starting,
    tidying,
)
from state.store.sqlite.batch import BULK
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.sql import for_rows
from state.store.sqlite.statements import numbered
from state.store.sqlite.store import SqliteStore
from tests.contract.asking import A, B, complete, sent, start, total
from tests.fakes.fake_clock import FakeClock

LEASE = timedelta(seconds=30)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "jobs.sqlite3")


@pytest.fixture
async def store(path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite(path, lease=LEASE, clock=FakeClock()) as store:
        yield store


async def completions(store: SqliteStore, *asked: tuple[JobId, str | None]) -> list[Finished]:
    """Complete jobs side by side, each with a token or none."""
    changes = [
        FinishJob(job_id=job_id, source=f"{place}", token=token)
        for place, (job_id, token) in enumerate(asked)
    ]
    answers = await asyncio.gather(*(store.commit([change]) for change in changes))
    return [completion for (completion,) in answers]


async def test_an_activity_sent_twice_among_others_starts_one_job(store):
    activities = [*range(3 * BULK), 1, 1, 2]
    jobs = await asyncio.gather(*(start(store, source_activity=f"activity-{n}") for n in activities))
    assert len({job.id for job in jobs}) == await total(store) == 3 * BULK
    assert {jobs[1].id} == {job.id for job in jobs[3 * BULK : 3 * BULK + 2]}
    assert jobs[2].id == jobs[-1].id


async def test_jobs_of_one_lane_are_queued_in_order_and_the_first_gets_the_lane(store):
    jobs = [await start(store, lane=A) for _ in range(3)]
    told = await completions(store, *((job.id, f"token-{place}") for place, job in enumerate(jobs)))
    assert [completion.claim and completion.claim.token for completion in told] == ["token-0", None, None]
    claim = await sent(store, told[0].claim, 1)
    assert [notice.job_id for notice in claim.notices] == [jobs[1].id, jobs[2].id]


async def test_one_job_completed_twice_is_completed_once(store):
    job, other = await start(store, lane=A), await start(store, lane=B)
    told = await completions(store, (job.id, "one"), (job.id, "two"), (JobId(1), "three"), (other.id, "four"))
    assert [completion.result for completion in told] == [
        ReportResult.ACCEPTED,
        ReportResult.ALREADY_FINISHED,
        ReportResult.UNKNOWN_JOB,
        ReportResult.ACCEPTED,
    ]


async def test_a_lease_that_was_lost_spoils_no_other_settling(store):
    claims = [
        (await complete(store, (await start(store, lane=lane)).id, f"token {lane}")).claim for lane in (A, B)
    ]
    (mine, ours), another = claims, "another"
    lost = mine._replace(token=another)
    answers = await asyncio.gather(sent(store, lost, 1), sent(store, ours, 1), return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["LeaseLost", "NoneType"]
    assert await sent(store, mine, 1) is None


async def test_one_claim_settled_twice_is_settled_once(store):
    """As it is one after the other: the first gives the lane up."""
    claim = (await complete(store, (await start(store)).id, "token")).claim
    answers = await asyncio.gather(sent(store, claim, 1), sent(store, claim, 1), return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["NoneType", "LeaseLost"]


async def test_many_lanes_are_claimed_and_held_by_few_statements(store, path):
    """Each row that is fetched hands the interpreter over: a backlog drains as fast as it is claimed."""
    jobs = [await start(store, lane=lane_key("test", str(n))) for n in range(100)]
    await completions(store, *((job.id, None) for job in jobs))
    statements: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        connection.set_trace_callback(statements.append)
        cursor = connection.cursor()
        claims = claiming.claim_lanes(cursor, [f"token-{n}" for n in range(200)], 2**53, 1)
        assert {claim.notices[0].job_id for claim in claims} == {job.id for job in jobs}
        assert len({claim.token for claim in claims}) == 100
        assert len(claiming.renew_leases(cursor, claims, 2**53 + 2)) == 100
    assert len([each for each in statements if not each.startswith(("BEGIN", "--"))]) == 5


async def test_of_lanes_given_back_side_by_side_only_the_lost_one_fails(store):
    for lane in (A, B):
        await complete(store, (await start(store, lane=lane)).id, None)
    a, b = await store.claim(2)
    lost = b._replace(token=a.token)
    answers = await asyncio.gather(store.release(a), store.retry(lost, LEASE, "503"), return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["NoneType", "LeaseLost"]
    assert [claim.lane for claim in await store.claim(2)] == [a.lane]


async def test_hot_statements_look_up_what_they_touch(store, path):
    for rows in (1, 2, BULK):
        hot = [
            for_rows(starting.ADD_JOBS, rows, 18),
            for_rows(starting.COUNT_JOBS, rows, 3),
            for_rows(once.LOOK, 1, rows),
            for_rows(once.NOTE, rows, 3),
            once.BY_EXTERNAL_ID,
            for_rows(completing.RUNNING, 1, rows),
            for_rows(completing.FINISH_JOBS, rows, 6),
            for_rows(queueing.ADD_NOTICES, rows, 7),
            for_rows(queueing.ADD_LANES, rows, 6),
            for_rows(queueing.QUEUE, rows, 4),
            for_rows(queueing.QUEUE_IN_IDLE, rows, 5),
            conversations.HEARD,
            tidying.LOOK,
            tidying.KEEP_ADDRESS,
            tidying.FORGET_LANES,
            tidying.FORGET_ADDRESSES,
            for_rows(settling.HELD, 1, rows),
            for_rows(settling.ADVANCE, rows, 6),
            for_rows(settling.LEAVE, rows, 1),
            settling.forgetting(rows),
            settling.GIVE_BACK,
            claiming.DUE,
            claiming.LEASE,
            claiming.WAITING,
            claiming.RENEW,
            claiming.OURS,
            events.QUEUE_EVENT,
            events.DRAIN,
            overdue.DUE,
            preferring.SET,
            preferring.MOVE,
            preferring.MOVE_IN_JOBS,
            *(preferring.OUTCOME_BEFORE.format(of_lane=of) for of in ("lane = tenant", "tenant <> lane")),
        ]
        with closing(sqlite3.connect(path)) as connection:
            for statement in hot:
                values = numbered(*[1] * 9) if "?1" in statement else [1] * statement.count("?")
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
                read_whole = [step for *_, step in plan if step.startswith("SCAN")]
                tables = ("jobs", "j", "lanes", "l", "notices", "n", "totals", "once", "moved", "m", "k")
                assert [step for step in read_whole if step.split()[1] in tables] == []
