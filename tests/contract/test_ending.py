"""How a job may end, what its notice says, and additional notices."""

import asyncio
from datetime import timedelta

import pytest

from jobs.changes import BeginJob, Finished, Owed, OweNotice, OweReply, ReportResult
from jobs.job import JobId, JobStatus, NoticeStatus
from jobs.notice import DestinationKind, NoticeKind
from state.owed_replies import dump_reply
from tests.contract.asking import A, B, claim_one, complete, finish, job_ids, notice, owe, start

ENDS = {
    JobStatus.SUCCEEDED: NoticeKind.SUCCEEDED,
    JobStatus.FAILED: NoticeKind.FAILED,
    JobStatus.CANCELLED: NoticeKind.CANCELLED,
}


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("token", ["mine", None])
async def test_a_notice_says_how_the_job_ended(store, clock, status, token):
    job = await start(store)
    outcome = await finish(store, job.id, status, body='{"message": "3 of 5"}', token=token)
    assert outcome.result is ReportResult.ACCEPTED
    claim = outcome.claim or await claim_one(store)
    assert claim.destination is DestinationKind.CONVERSATION
    [owed] = claim.notices
    assert (owed.kind, owed.body) == (ENDS[status], '{"message": "3 of 5"}')
    found = (await store.find(job.id)).job
    assert (found.status, found.finished_at, found.status.is_final) == (status, clock(), True)


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
async def test_a_job_ends_once(store, first, second):
    job = await start(store)
    await finish(store, job.id, first)
    assert await finish(store, job.id, second) == Finished(ReportResult.ALREADY_FINISHED)
    assert (await store.find(job.id)).job.status is first
    assert len((await claim_one(store)).notices) == 1


async def test_several_ends_at_once_keep_their_kinds(store):
    jobs = [await start(store, lane=f"test/{number}") for number in range(6)]
    await asyncio.gather(
        *(finish(store, job.id, list(ENDS)[place % 3], body=f"{place}") for place, job in enumerate(jobs))
    )
    claims = await store.claim(10)
    told = {claim.notices[0].job_id: (claim.notices[0].kind, claim.notices[0].body) for claim in claims}
    assert told == {job.id: (list(ENDS.values())[place % 3], f"{place}") for place, job in enumerate(jobs)}


async def test_a_queued_job_begins_once_and_may_end_before_that(store):
    queued, other = [await start(store, status=JobStatus.QUEUED) for _ in range(2)]
    assert queued.status is JobStatus.QUEUED
    assert await store.commit([BeginJob(queued.id), BeginJob(queued.id)]) == [JobStatus.RUNNING] * 2
    assert (await store.find(queued.id)).job.status is JobStatus.RUNNING
    assert (await complete(store, other.id)).result is ReportResult.ACCEPTED
    assert await store.commit([BeginJob(other.id)]) == [JobStatus.SUCCEEDED]
    assert await store.commit([BeginJob(JobId(1))]) == [None]


async def test_who_asked_is_kept_by_name_and_id(store):
    job = await start(store, requested_by="Alex", requester_id="29:1a")
    assert (job.requested_by, job.requester_id) == ("Alex", "29:1a")
    assert (await store.find(job.id)).job == job


async def test_a_dead_letter_says_of_which_kind_it_is(store):
    job = await start(store)
    claim = (await finish(store, job.id, JobStatus.FAILED, token="mine")).claim  # noqa: S106
    await store.dead(claim, claim.notices[0].seq, status=404, error="gone")
    assert (await store.dead_letter(job.id)).kind is NoticeKind.FAILED


async def test_a_notice_owed_beside_the_end_comes_in_order(store):
    job = await start(store)
    [owed] = await store.commit([OweNotice(job.id, NoticeKind.STARTED, '{"n": 1}', "mine")])
    assert (owed.known, owed.claim.lane, owed.claim.token) == (True, A, "mine")
    assert [(each.kind, each.body) for each in owed.claim.notices] == [(NoticeKind.STARTED, '{"n": 1}')]
    await complete(store, job.id, "late")
    following = await store.sent(owed.claim, owed.claim.notices[0].seq)
    assert [each.kind for each in following.notices] == [NoticeKind.SUCCEEDED]
    assert await store.sent(following, following.notices[0].seq) is None
    assert (await notice(store, job.id)).status is NoticeStatus.SENT


async def test_without_a_token_or_behind_others_an_owed_notice_waits(store):
    [before] = await owe(store)
    job = await start(store)
    change = OweNotice(job.id, NoticeKind.STARTED, None, "mine")
    assert await store.commit([change]) == [Owed(known=True)]
    assert job_ids(await claim_one(store)) == [before, job.id]


async def test_a_notice_of_an_unknown_job_is_not_owed(store):
    change = OweNotice(JobId(1), NoticeKind.STARTED, None, "mine")
    assert await store.commit([change]) == [Owed(known=False)]
    assert await store.claim(10) == []


async def test_the_id_of_a_message_is_kept_with_its_job(store):
    jobs = [await start(store) for _ in range(2)]
    await store.commit([OweNotice(job.id, NoticeKind.STARTED, None, None) for job in jobs])
    claim = await claim_one(store)
    assert await store.sent(claim, claim.notices[-1].seq, {jobs[0].id: "1:message"}) is None
    assert [(await store.find(job.id)).job.message_id for job in jobs] == ["1:message", None]


async def test_a_dead_letter_beside_the_end_is_listed_and_purged_and_the_end_stays(store, clock):
    job = await start(store)
    [owed] = await store.commit([OweNotice(job.id, NoticeKind.STARTED, None, "mine")])
    await store.dead(owed.claim, owed.claim.notices[0].seq, status=404, error="gone")
    await complete(store, job.id)
    [letter] = await store.dead_letters(limit=10)
    assert (letter.job_id, letter.kind) == (job.id, NoticeKind.STARTED)
    clock.advance(hours=1)
    assert await store.purge(clock()) == 1
    assert (await notice(store, job.id)).status is NoticeStatus.QUEUED


async def test_that_a_job_was_started_is_not_owed_once_it_has_ended(store):
    """The notice of its end tells its number; told after it, the start would be a riddle."""
    job = await start(store)
    await complete(store, job.id)
    assert await store.commit([OweNotice(job.id, NoticeKind.STARTED, None, "mine")]) == [Owed(known=True)]
    assert [owed.kind for owed in (await claim_one(store)).notices] == [NoticeKind.SUCCEEDED]


async def test_a_notice_may_be_owed_for_later(store, clock):
    job = await start(store)
    later = OweNotice(job.id, NoticeKind.STARTED, None, "mine", timedelta(seconds=5))
    assert await store.commit([later]) == [Owed(known=True)]
    await complete(store, job.id)
    clock.advance(seconds=4.9)
    assert await store.claim(10) == []
    clock.advance(seconds=0.2)
    kinds = [owed.kind for owed in (await claim_one(store)).notices]
    assert kinds == [NoticeKind.STARTED, NoticeKind.SUCCEEDED]


@pytest.mark.parametrize("token", ["mine", None])
async def test_a_reply_goes_to_the_conversation_that_it_is_for(store, token):
    """Where somebody completes another conversation's job. It may never have had a lane."""
    job = await start(store, A)
    body = dump_reply("Completing it.", '{"conversation": {"id": "b"}}')
    reply = OweReply(job.id, B, "https://b.test", body, token)
    [owed] = await store.commit([reply])
    claim = owed.claim or await claim_one(store)
    assert (claim.lane, claim.service_url) == (B, "https://b.test")
    [said] = claim.notices
    assert (said.kind, said.body, said.job_id) == (NoticeKind.REPLY, body, job.id)
    assert said.reference == '{"conversation": {"id": "b"}}'
    assert await store.commit([reply._replace(job_id=JobId(1))]) == [Owed(known=False)]


async def test_a_reply_waits_behind_what_its_conversation_is_owed_already(store):
    other, own = await start(store, A), await start(store, B)
    await complete(store, own.id)
    await store.commit([OweReply(other.id, B, "", dump_reply("Completing it.", "{}"), "mine")])
    claim = await claim_one(store)
    assert [owed.kind for owed in claim.notices] == [NoticeKind.SUCCEEDED, NoticeKind.REPLY]
    assert claim.service_url  # An empty one says nothing, so it replaces none.


async def test_the_latest_report_is_kept_with_the_job_and_only_while_it_runs(store):
    job = await start(store, status=JobStatus.QUEUED)

    async def kept() -> tuple[JobStatus, str | None]:
        found = (await store.find(job.id)).job
        return found.status, found.report

    assert await kept() == (JobStatus.QUEUED, None)
    await store.commit([BeginJob(job.id, '{"progress": 0.1}')])
    await store.commit([BeginJob(job.id, '{"progress": 0.2}')])
    assert await kept() == (JobStatus.RUNNING, '{"progress": 0.2}')
    await store.commit([BeginJob(job.id)])  # A heartbeat says nothing.
    assert await kept() == (JobStatus.RUNNING, '{"progress": 0.2}')
    await finish(store, job.id, JobStatus.FAILED, body='{"exitCode": 1}')
    assert await store.commit([BeginJob(job.id, '{"progress": 0.3}')]) == [JobStatus.FAILED]
    assert await kept() == (JobStatus.FAILED, '{"exitCode": 1}')


async def test_an_end_without_content_keeps_what_was_reported_before(store):
    job = await start(store)
    await store.commit([BeginJob(job.id, '{"progress": 0.9}')])
    await complete(store, job.id)
    assert (await store.find(job.id)).job.report == '{"progress": 0.9}'
