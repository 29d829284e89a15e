"""Completing a job: once, together with its notice, and who holds the lane afterwards."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from jobs.changes import Finished, FinishJob, ReportResult, WelcomeMembers
from jobs.job import JOB_ID_LIMIT, JobId, JobStatus, NoticeReport, NoticeStatus
from state.errors import StoreUnavailable
from tests.contract.asking import A, B, claim_one, complete, job_ids, notice, owe, sent, start, start_job
from tests.contract.databases import LEASE

COMPLETED = Finished(result=ReportResult.ACCEPTED)
ALREADY = Finished(result=ReportResult.ALREADY_FINISHED)
REPEATED = Finished(result=ReportResult.REPEATED)
UNKNOWN = Finished(result=ReportResult.UNKNOWN_JOB)


async def test_a_job_is_completed_once(store, clock):
    job = await start(store)
    clock.now += timedelta(minutes=1)
    assert await complete(store, job.id) == COMPLETED
    then = clock()
    clock.now += timedelta(minutes=1)
    assert await complete(store, job.id, "late") == ALREADY
    found = (await store.find(job.id)).job
    assert (found.status, found.created_at, found.finished_at) == (
        JobStatus.SUCCEEDED,
        job.created_at,
        then,
    )
    assert job_ids(await claim_one(store)) == [job.id]


async def test_fifty_completions_at_once_complete_once_and_owe_one_notice(store):
    job = await start(store)
    outcomes = await asyncio.gather(*(complete(store, job.id, token=str(n)) for n in range(50)))
    assert Counter(outcome.result for outcome in outcomes) == {
        ReportResult.ACCEPTED: 1,
        ReportResult.ALREADY_FINISHED: 49,
    }
    (claim,) = [outcome.claim for outcome in outcomes if outcome.claim]
    assert job_ids(claim) == [job.id]
    assert await sent(store, claim, 1) is None


async def test_two_processes_complete_a_job_once(two_stores):
    job = await start(two_stores[0])
    outcomes = await asyncio.gather(*(complete(store, job.id) for store in two_stores for _ in range(10)))
    assert sum(outcome == COMPLETED for outcome in outcomes) == 1


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("a/b#1", "a/b#1", REPEATED),
        ("a/b#1", "a/b#2", ALREADY),
        ("a/b#1", None, ALREADY),
        (None, "a/b#1", ALREADY),
        (None, None, ALREADY),
    ],
)
async def test_only_the_activity_that_completed_a_job_is_told_the_same_again(store, first, second, told):
    job = await start(store)
    assert await complete(store, job.id, source=first) == COMPLETED
    assert await complete(store, job.id, "late", source=second) == told


@pytest.mark.parametrize("number", [1, JOB_ID_LIMIT, 2**63, 10**40])
async def test_a_number_without_a_job_is_unknown_however_large(store, number):
    await start(store)
    assert await complete(store, JobId(number), "mine") == UNKNOWN
    assert await store.find(JobId(number)) is None
    assert await store.claim(10) == []


async def test_with_a_token_an_idle_lane_is_the_callers_at_once(store, clock):
    """The process that completes a job delivers its notice from memory, without polling."""
    job = await start(store, title="the title", reference='{"conversation": 1}')
    claim = (await complete(store, job.id, "mine")).claim
    (owed,) = claim.notices
    assert (claim.lane, claim.token, claim.attempts) == (A, "mine", 0)
    assert (owed.job_id, owed.title, owed.reference, owed.created_at) == (
        job.id,
        "the title",
        '{"conversation": 1}',
        clock(),
    )
    clock.now += LEASE - timedelta(microseconds=1)
    assert await store.claim(10) == []
    assert await store.sent(claim, owed.seq) is None


async def test_without_a_token_an_idle_lane_is_due_for_anybody(store):
    job = await start(store, title="the title", reference='{"conversation": 1}')
    assert await complete(store, job.id) == COMPLETED
    claim = await claim_one(store)
    assert [(each.job_id, each.title, each.reference) for each in claim.notices] == [
        (job.id, "the title", '{"conversation": 1}')
    ]


@pytest.mark.parametrize("token", ["mine", None])
async def test_a_notice_for_a_lane_that_is_held_waits_behind_for_its_holder(store, clock, token):
    first, second = [await start(store) for _ in range(2)]
    claim = (await complete(store, first.id, "theirs")).claim
    clock.now += LEASE / 2
    assert await complete(store, second.id, token=token) == COMPLETED
    assert await store.claim(10) == []
    following = await store.sent(claim, claim.notices[-1].seq)
    assert (following.token, job_ids(following)) == ("theirs", [second.id])


@pytest.mark.parametrize("token", ["mine", None])
async def test_a_notice_for_a_lane_that_waits_for_a_retry_waits_with_it(store, clock, token):
    """Whatever kept the first from being sent keeps the second; and the order is kept."""
    first, second = [await start(store) for _ in range(2)]
    claim = (await complete(store, first.id, "theirs")).claim
    await store.retry(claim, timedelta(minutes=5), "503")
    assert await complete(store, second.id, token=token) == COMPLETED
    clock.now += timedelta(minutes=5) - timedelta(microseconds=1)
    assert await store.claim(10) == []
    clock.now += timedelta(microseconds=1)
    assert job_ids(await claim_one(store)) == [first.id, second.id]


async def test_a_lane_that_became_idle_is_leased_afresh(store, clock):
    await owe(store)
    claim = await claim_one(store)
    await store.retry(claim, timedelta(), "503")
    await sent(store, await claim_one(store), 1)
    job = await start(store)
    claim = (await complete(store, job.id, "mine")).claim
    assert (claim.token, claim.attempts) == ("mine", 0)


async def test_notices_are_owed_in_the_order_of_completion_each_in_its_own_lane(store):
    jobs = [await start(store, lane) for lane in (A, B, A, A)]
    for job in (jobs[2], jobs[1], jobs[0], jobs[3]):
        await complete(store, job.id)
    claims = {claim.lane: job_ids(claim) for claim in await store.claim(10)}
    assert claims == {A: [jobs[2].id, jobs[0].id, jobs[3].id], B: [jobs[1].id]}


async def test_changes_of_one_commit_come_to_what_they_would_one_by_one(store):
    before = [await start(store) for _ in range(2)]
    completions = [FinishJob(job_id=job.id, token=f"mine-{job.id}", source=None) for job in before]
    first, second, again, started = await store.commit([*completions, completions[0], start_job()])
    assert (first.claim.token, second, again) == (completions[0].token, COMPLETED, ALREADY)
    assert (await store.find(started.id)).job == started


async def test_changes_of_one_commit_are_made_together_or_not_at_all(store, clock):
    job = await start(store)
    welcome = WelcomeMembers(lane=A, members=["member"])
    today, clock.now = clock(), datetime(2300, 1, 1, tzinfo=UTC)  # Too late for a job number.
    with pytest.raises(StoreUnavailable):
        await store.commit([welcome, FinishJob(job_id=job.id, token=None, source=None), start_job()])
    clock.now = today
    assert (await store.find(job.id)).job == job
    assert await store.claim(10) == []
    assert await store.commit([welcome]) == [("member",)]
    assert await complete(store, job.id) == COMPLETED
    assert await notice(store, job.id) == NoticeReport(status=NoticeStatus.QUEUED)
