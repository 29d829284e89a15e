"""Events for job systems: what is owed to them, in which lanes, and how they learn what people were told."""

from datetime import timedelta

import pytest

from instants import micros
from jobs.changes import AskCancel, Finished, ReportResult
from jobs.job import JobId, JobStatus
from jobs.lane import UNATTENDED, webhook_lane
from jobs.listing import JobsAsked
from jobs.notice import DestinationKind, NoticeKind
from state.errors import LeaseLost
from tests.contract.asking import REFERENCE, A, B, claim_one, complete, dead, finish, notice, owe, sent, start

SYSTEM = "ci"


async def events(store):
    """Return the claims on lanes of events that are due."""
    return [claim for claim in await store.claim(50) if claim.destination is DestinationKind.WEBHOOK]


async def settle(store, claims):
    for claim in claims:
        assert await store.sent(claim, claim.notices[-1].seq) is None


async def test_a_new_job_is_announced_in_a_lane_of_its_own(store, clock):
    jobs = [await start(store, webhook=SYSTEM, title="t", labels='{"a": "b"}') for _ in range(3)]
    await start(store)
    claims = await events(store)
    assert {claim.lane for claim in claims} == {webhook_lane(SYSTEM, job.id) for job in jobs}
    for claim in claims:
        (event,) = claim.notices
        assert (event.kind, event.title, event.webhook) == (NoticeKind.JOB_CREATED, "t", SYSTEM)
        assert (event.created_at, event.reference) == (clock(), REFERENCE)
    found = (await store.find(jobs[0].id)).job
    assert (found.webhook, found.labels, found) == (SYSTEM, '{"a": "b"}', jobs[0])


async def test_an_activity_that_comes_again_is_announced_once(store):
    for _ in range(2):
        await start(store, webhook=SYSTEM, source_activity="same")
    assert len(await events(store)) == 1


async def test_a_job_may_be_left_unannounced(store):
    await start(store, webhook=SYSTEM, announced=False)
    assert await events(store) == []


async def test_what_is_sent_leaves_nothing_and_what_follows_has_its_place(store):
    job = await start(store, webhook=SYSTEM)
    await settle(store, await events(store))
    await store.commit([AskCancel(job.id, "Ann")])
    (claim,) = await events(store)
    (event,) = claim.notices
    assert (event.kind, event.body) == (NoticeKind.CANCEL_REQUESTED, '{"askedBy":"Ann"}')
    with pytest.raises(LeaseLost):
        await sent(store, claim._replace(token="another"), 1)  # noqa: S106


async def test_events_of_one_job_stay_in_order(store):
    job = await start(store, webhook=SYSTEM)
    await store.commit([AskCancel(job.id, "Ann")])
    (claim,) = await events(store)
    assert [event.kind for event in claim.notices] == [NoticeKind.JOB_CREATED, NoticeKind.CANCEL_REQUESTED]
    following = await store.sent(claim, claim.notices[0].seq)
    assert [event.kind for event in following.notices] == [NoticeKind.CANCEL_REQUESTED]


async def test_a_dead_event_that_is_purged_leaves_nothing(store, clock):
    job = await start(store, webhook=SYSTEM)
    (claim,) = await events(store)
    await dead(store, claim, 1, status=410, error="gone")
    clock.advance(seconds=1)
    assert await store.purge(clock()) == 1
    await store.commit([AskCancel(job.id, "Ann")])
    (claim,) = await events(store)
    assert [event.kind for event in claim.notices] == [NoticeKind.CANCEL_REQUESTED]


async def test_a_dead_event_keeps_its_place_and_lets_the_next_one_go(store):
    job = await start(store, webhook=SYSTEM)
    (claim,) = await events(store)
    await dead(store, claim, 1, status=410, error="gone")
    await store.commit([AskCancel(job.id, "Ann")])
    (claim,) = await events(store)
    assert [event.kind for event in claim.notices] == [NoticeKind.CANCEL_REQUESTED]
    await settle(store, [claim])
    (letter,) = await store.dead_letters(limit=9)
    assert (letter.lane, letter.kind, letter.status) == (claim.lane, NoticeKind.JOB_CREATED, 410)


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED])
@pytest.mark.parametrize("token", ["mine", None])
async def test_the_job_system_hears_that_people_were_told(store, clock, status, token):
    job = await start(store, webhook=SYSTEM, announced=False)
    outcome = await finish(store, job.id, status, token=token)
    claim = outcome.claim or await claim_one(store)
    clock.advance(seconds=3)
    await store.sent(claim, claim.notices[-1].seq)
    (told,) = await events(store)
    assert [(event.kind, event.created_at) for event in told.notices] == [
        (NoticeKind.NOTICE_DELIVERED, clock())
    ]
    assert (await store.find(job.id)).job.told_at == clock()


async def test_it_hears_that_they_cannot_be_told(store):
    job = await start(store, webhook=SYSTEM, announced=False)
    await complete(store, job.id)
    claim = await claim_one(store)
    await store.park(claim, "blocked")
    (told,) = await events(store)
    assert [(event.kind, event.body) for event in told.notices] == [
        (NoticeKind.NOTICE_PARKED, '{"reason":"blocked"}')
    ]
    assert (await store.find(job.id)).job.told_at is None


async def test_a_probe_of_a_parked_lane_is_no_news(store, clock):
    job = await start(store, webhook=SYSTEM, announced=False)
    await complete(store, job.id)
    await store.park(await claim_one(store), "blocked")
    await settle(store, await events(store))
    clock.advance(seconds=timedelta(hours=30).total_seconds())
    await store.park(await claim_one(store), "blocked")
    assert await events(store) == []


async def test_it_hears_that_telling_was_given_up(store):
    job = await start(store, webhook=SYSTEM, announced=False)
    await complete(store, job.id)
    claim = await claim_one(store)
    await dead(store, claim, 1, status=400, error="refused")
    (told,) = await events(store)
    assert [(event.kind, event.job_id, event.body) for event in told.notices] == [
        (NoticeKind.NOTICE_DEAD, job.id, '{"reason":"refused"}')
    ]


async def test_of_what_another_worker_settles_nothing_is_told(store):
    job = await start(store, webhook=SYSTEM, announced=False)
    await complete(store, job.id)
    claim = await claim_one(store)
    with pytest.raises(LeaseLost):
        await sent(store, claim._replace(token="another"), 1)  # noqa: S106
    assert await events(store) == []
    assert (await store.find(job.id)).job.told_at is None


async def test_notices_of_other_jobs_are_told_to_nobody(store):
    await owe(store, 3)
    claim = await claim_one(store)
    await sent(store, claim, 3)
    assert await store.claim(10) == []


async def test_a_wish_to_cancel_is_recorded_once_while_the_job_runs(store, clock):
    job, ended = [await start(store, webhook=SYSTEM, announced=False) for _ in range(2)]
    await complete(store, ended.id)
    asked = [
        AskCancel(job.id, "Ann"),
        AskCancel(job.id, "Bob"),
        AskCancel(ended.id, "Ann"),
        AskCancel(JobId(1), "x"),
    ]
    running, succeeded = JobStatus.RUNNING, JobStatus.SUCCEEDED
    assert await store.commit(asked) == [running, running, succeeded, None]
    found = (await store.find(job.id)).job
    assert (found.cancel_asked_at, found.cancel_asked_by) == (clock(), "Ann")
    assert (await store.find(ended.id)).job.cancel_asked_at is None
    assert [len(claim.notices) for claim in await events(store)] == [1]


async def test_a_sign_of_life_makes_waiting_events_due(store, clock):
    for system in (SYSTEM, SYSTEM, "other"):
        await start(store, webhook=system)
    waiting = await events(store)
    for claim in waiting[:2]:
        await store.retry(claim, timedelta(minutes=30), "down")
    assert await events(store) == []
    first = waiting[0].notices[0].webhook
    due = await store.drain(first)
    assert due == len(await events(store)) >= 1
    assert await store.drain(first) == 0
    assert await store.drain("c") == 0


async def test_an_unattended_job_ends_without_a_notice(store):
    job = await start(store, lane=UNATTENDED, source_activity="build 7")
    assert job.external_id == "build 7"
    assert await start(store, lane=UNATTENDED, source_activity="build 7") == job
    assert await store.find_external("build 7") == job.id
    assert await store.find_external("build 8") is None
    assert await finish(store, job.id, JobStatus.FAILED, token="mine", source="r", body="{}") == Finished(  # noqa: S106
        ReportResult.ACCEPTED
    )
    assert await finish(store, job.id, JobStatus.FAILED, source="r") == Finished(ReportResult.REPEATED)
    report = await store.find(job.id)
    assert (report.job.status, report.notice) == (JobStatus.FAILED, None)
    assert await store.claim(10) == []


async def test_attended_and_unattended_jobs_end_together(store):
    jobs = [await start(store, lane=lane, tenant="t") for lane in (A, UNATTENDED, B)]
    for job in jobs:
        await finish(store, job.id, JobStatus.SUCCEEDED)
    assert [(await store.find(job.id)).notice is not None for job in jobs] == [True, False, True]
    assert (await notice(store, jobs[0].id)).attempts == 0


async def test_jobs_are_listed_by_what_is_asked(store, clock):
    jobs = []
    for title in ("Build 1", "100% sure", "build_2", None, "x"):
        jobs.append(await start(store, title=title))
        clock.advance(seconds=3600)
    await finish(store, jobs[0].id, JobStatus.FAILED)

    async def listed(**asked):
        return [
            jobs.index(next(job for job in jobs if job.id == each.id)) for each in (await ask(**asked)).jobs
        ]

    async def ask(size=10, **asked):
        return await store.list_jobs(JobsAsked(size=size, **asked))

    running = frozenset({JobStatus.RUNNING})
    assert await listed() == [4, 3, 2, 1, 0]
    assert await listed(statuses=running) == [4, 3, 2, 1]
    assert await listed(statuses=frozenset({JobStatus.FAILED})) == [0]
    assert await listed(title="build*") == [2, 0]
    assert await listed(title="build_?") == [2]
    assert await listed(title="*%*") == [1]
    assert await listed(since=jobs[2].created_at) == [4, 3, 2]
    assert micros(jobs[2].created_at) <= jobs[2].id
    first = await ask(size=2)
    assert [job.id for job in first.jobs] == [jobs[4].id, jobs[3].id]
    second = await ask(size=2, before=first.before, title="*b*")
    assert [job.id for job in second.jobs] == [jobs[2].id, jobs[0].id]
    assert second.before is None


async def test_a_question_looks_at_so_many_jobs_only(store, monkeypatch):
    for module in ("state.store.sqlite.reading", "state.store.postgres.reading", "state.store.paging"):
        monkeypatch.setattr(f"{module}.SCANNED_JOBS", 2)
    jobs = [await start(store, title="wanted" if number == 0 else "other") for number in range(5)]
    found, before, questions = [], JobsAsked(size=1).before, 0
    while before is not None:
        answer = await store.list_jobs(JobsAsked(size=1, before=before, title="wanted"))
        found += [job.id for job in answer.jobs]
        before, questions = answer.before, questions + 1
    assert (found, questions) == ([jobs[0].id], 3)
