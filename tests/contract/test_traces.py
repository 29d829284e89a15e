"""The contexts of traces stand with what was changed, and come back with what has to be sent for it."""

from datetime import timedelta

from jobs.changes import AskCancel, OweNotice, OweReply
from jobs.job import JobStatus
from jobs.notice import DestinationKind, NoticeKind
from state.owed_replies import dump_reply
from tests.contract.asking import URL, A, B, claim_one, finish, start

STARTED, REPORTED = (f"00-{digit * 32}-{digit * 16}-01" for digit in "12")


async def traces(store):
    """Return the traces of all notices that are due, by kind; and give the lanes back."""
    claims = await store.claim(50)
    for claim in claims:
        await store.release(claim)
    return {notice.kind: (notice.start_trace, notice.trace) for claim in claims for notice in claim.notices}


async def test_a_notice_names_what_started_its_job_and_what_ended_it(store):
    job = await start(store, trace=STARTED)
    await finish(store, job.id, JobStatus.FAILED, trace=REPORTED)
    (notice,) = (await claim_one(store)).notices
    assert (notice.start_trace, notice.trace) == (STARTED, REPORTED)


async def test_so_does_one_that_is_delivered_at_once(store):
    job = await start(store, trace=STARTED)
    finished = await finish(store, job.id, JobStatus.SUCCEEDED, token="mine", trace=REPORTED)  # noqa: S106
    (notice,) = finished.claim.notices
    assert (notice.start_trace, notice.trace) == (STARTED, REPORTED)
    change = OweNotice(job.id, NoticeKind.REPLY, dump_reply("text", "{}"), "other", trace=REPORTED)
    await store.sent(finished.claim, notice.seq)
    [owed] = await store.commit([change])
    assert [(each.start_trace, each.trace) for each in owed.claim.notices] == [(STARTED, REPORTED)]


async def test_many_ends_at_once_keep_their_own(store):
    jobs = [await start(store, lane) for lane in (A, B)]
    await store.commit(
        [
            *(OweNotice(job.id, NoticeKind.STARTED, None, None, trace=STARTED) for job in jobs),
            OweReply(jobs[0].id, B, URL, dump_reply("text", "{}"), None, trace=REPORTED),
        ]
    )
    assert await traces(store) == {
        NoticeKind.STARTED: (None, STARTED),
        NoticeKind.REPLY: (None, REPORTED),
    }


async def test_events_for_a_job_system_have_the_trace_of_their_cause(store):
    job = await start(store, webhook="ci", trace=STARTED)
    await store.commit([AskCancel(job.id, "Ann", REPORTED)])
    assert await traces(store) == {
        NoticeKind.JOB_CREATED: (STARTED, STARTED),
        NoticeKind.CANCEL_REQUESTED: (STARTED, REPORTED),
    }


async def test_so_has_the_event_that_people_were_told(store, clock):
    job = await start(store, webhook="ci", announced=False)
    await finish(store, job.id, JobStatus.SUCCEEDED, trace=REPORTED)
    claim = await claim_one(store)
    await store.sent(claim, claim.notices[-1].seq)
    clock.now += timedelta(seconds=1)
    (told,) = await store.claim(50)
    assert told.destination is DestinationKind.WEBHOOK
    assert [(each.kind, each.trace) for each in told.notices] == [(NoticeKind.NOTICE_DELIVERED, REPORTED)]


async def test_without_tracing_nothing_is_kept(store):
    job = await start(store, webhook="ci")
    await finish(store, job.id, JobStatus.SUCCEEDED)
    assert set((await traces(store)).values()) == {(None, None)}
