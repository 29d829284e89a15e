"""Deadlines of jobs: each is told once, in time, and reports move them."""

import asyncio
from datetime import timedelta

import pytest

from jobs.changes import BeginJob, OweNotice
from jobs.deadlines import Deadlines
from jobs.job import JobStatus
from jobs.lane import UNATTENDED, webhook_of
from jobs.notice import NoticeKind
from state.store.deadlines import TOLD_TOGETHER
from tests.contract.asking import A, claim_one, finish, sent, start

MINUTE = timedelta(minutes=1)
QUEUED = JobStatus.QUEUED


async def told(store):
    """Tell what is overdue; return the kinds of the notices that are owed, and settle them."""
    await store.tell_overdue()
    kinds = []
    for claim in await store.claim(100):
        kinds += [notice.kind for notice in claim.notices]
        await store.sent(claim, claim.notices[-1].seq)
    return kinds


@pytest.mark.parametrize(
    "status, deadlines, kind",
    [
        (QUEUED, Deadlines(start_within=MINUTE), NoticeKind.NOT_BEGUN),
        (JobStatus.RUNNING, Deadlines(heard_every=MINUTE), NoticeKind.NOT_HEARD_OF),
        (JobStatus.RUNNING, Deadlines(finish_within=MINUTE), NoticeKind.NOT_ENDED),
        (QUEUED, Deadlines(finish_within=MINUTE), NoticeKind.NOT_ENDED),
    ],
)
async def test_each_deadline_is_told_once_when_it_has_passed(store, clock, status, deadlines, kind):
    job = await start(store, status=status, deadlines=deadlines)
    assert (await store.find(job.id)).job == job
    clock.advance(seconds=59)
    assert await told(store) == []
    clock.advance(seconds=2)
    await store.tell_overdue()
    claim = await claim_one(store)
    assert [(notice.kind, notice.body) for notice in claim.notices] == [(kind, '{"within":60.0}')]
    await sent(store, claim, 1)
    clock.advance(seconds=10_000)
    assert await told(store) == []
    assert (await store.find(job.id)).job.overdue != ""


@pytest.mark.parametrize("status", [QUEUED, JobStatus.RUNNING])
async def test_deadlines_of_another_state_do_not_count(store, clock, status):
    other = Deadlines(heard_every=MINUTE) if status is QUEUED else Deadlines(start_within=MINUTE)
    await start(store, status=status, deadlines=other)
    await start(store, status=status)
    clock.advance(seconds=10_000)
    assert await told(store) == []


async def test_a_job_that_begins_in_time_is_heard_of_from_then_on(store, clock):
    job = await start(store, status=QUEUED, deadlines=Deadlines(start_within=MINUTE, heard_every=MINUTE))
    clock.advance(seconds=50)
    await store.commit([BeginJob(job.id)])
    clock.advance(seconds=50)
    assert await told(store) == []
    await store.commit([BeginJob(job.id)])  # A heartbeat, which says nothing.
    clock.advance(seconds=50)
    assert await told(store) == []
    clock.advance(seconds=11)
    assert await told(store) == [NoticeKind.NOT_HEARD_OF]


async def test_a_report_sets_and_moves_deadlines(store, clock):
    job = await start(store)
    await store.commit([BeginJob(job.id, None, Deadlines(finish_within=MINUTE))])
    clock.advance(seconds=50)
    await store.commit([BeginJob(job.id, "{}", Deadlines(finish_within=MINUTE))])
    clock.advance(seconds=50)
    assert await told(store) == []
    clock.advance(seconds=11)
    assert await told(store) == [NoticeKind.NOT_ENDED]


async def test_a_job_that_ends_in_time_is_not_overdue(store, clock):
    job = await start(store, deadlines=Deadlines(heard_every=MINUTE, finish_within=MINUTE))
    await finish(store, job.id, JobStatus.SUCCEEDED)
    clock.advance(seconds=10_000)
    assert await told(store) == [NoticeKind.SUCCEEDED]


@pytest.mark.parametrize("token", ["mine", None])
async def test_a_job_that_ends_late_is_known_to_be_late(store, clock, token):
    job = await start(store, deadlines=Deadlines(finish_within=MINUTE))
    clock.advance(seconds=100)
    outcome = await finish(store, job.id, JobStatus.SUCCEEDED, token=token)
    (notice,) = (outcome.claim or await claim_one(store)).notices
    assert notice.created_at - notice.finish_by == timedelta(seconds=40)


async def test_several_clocks_pass_together(store, clock):
    await start(store, deadlines=Deadlines(heard_every=MINUTE, finish_within=MINUTE))
    clock.advance(seconds=61)
    assert sorted(await told(store), key=lambda kind: kind.value) == [
        NoticeKind.NOT_ENDED,
        NoticeKind.NOT_HEARD_OF,
    ]


async def test_the_job_system_hears_of_it_and_unattended_jobs_are_told_to_nobody_else(store, clock):
    deadlines = Deadlines(finish_within=MINUTE)
    for lane in (A, UNATTENDED):
        await start(store, lane=lane, webhook="ci", announced=False, deadlines=deadlines)
    clock.advance(seconds=61)
    await store.tell_overdue()
    claims = await store.claim(10)
    events = [claim.notices[0] for claim in claims if webhook_of(claim.lane)]
    assert [(event.kind, event.body) for event in events] == [
        (NoticeKind.JOB_OVERDUE, '{"what":"not ended","within":60.0}')
    ] * 2
    assert [claim.lane for claim in claims if not webhook_of(claim.lane)] == [A]


async def test_many_are_told_a_few_at_a_time(store, clock):
    for number in range(TOLD_TOGETHER + 3):
        await start(store, lane=f"test/{number}", deadlines=Deadlines(finish_within=MINUTE))
    clock.advance(seconds=61)
    assert [await store.tell_overdue() for _ in range(3)] == [TOLD_TOGETHER, 3, 0]


async def test_two_processes_tell_each_deadline_once(two_stores, clock):
    one, other = two_stores
    for number in range(30):
        await start(one, lane=f"test/{number % 5}", deadlines=Deadlines(finish_within=MINUTE))
    clock.advance(seconds=61)
    await asyncio.gather(*(store.tell_overdue() for store in (one, other) * 5))
    kinds = await told(one)
    assert kinds == [NoticeKind.NOT_ENDED] * 30


async def test_an_additional_notice_knows_the_deadline(store, clock):
    job = await start(store, deadlines=Deadlines(finish_within=MINUTE))
    [owed] = await store.commit([OweNotice(job.id, NoticeKind.STARTED, None, "mine")])
    assert owed.claim.notices[0].finish_by == clock() + MINUTE
