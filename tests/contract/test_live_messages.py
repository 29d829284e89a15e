"""Live messages: leased when they show something else than their jobs, not too often, and until the end."""

from datetime import timedelta

from jobs.changes import AskCancel, BeginJob
from jobs.job import JobStatus
from jobs.live import UPDATED_EVERY, LiveMessage
from state.store.live import CLAIMED_TOGETHER, LEASE
from tests.contract.asking import URL, finish, start

TICK = timedelta(microseconds=1)


async def kept(store, **fields):
    """Start a job, keep its message, and return the job."""
    job = await start(store, **fields)
    await store.keep_live(LiveMessage(job, "m1", "{}", URL))
    return job


async def test_a_message_is_claimed_when_its_job_has_changed(store, clock):
    job = await kept(store)
    clock.now += UPDATED_EVERY
    assert await store.claim_live(None) == []
    await store.commit([BeginJob(job.id, '{"progress":0.5}')])
    assert await store.differing([job.id]) == {job.id}
    [claimed] = await store.claim_live([job.id])
    assert (claimed.job.id, claimed.job.report) == (job.id, '{"progress":0.5}')
    assert (claimed.message_id, claimed.reference, claimed.service_url) == ("m1", "{}", URL)
    assert await store.claim_live([job.id]) == []  # Another process leaves it alone,
    clock.now += LEASE
    assert len(await store.claim_live(None)) == 1  # unless this one has died.


async def test_it_is_updated_at_most_every_few_seconds_and_shows_the_last_state(store, clock):
    job = await kept(store)
    await store.commit([BeginJob(job.id, '{"progress":0.1}')])
    clock.now += UPDATED_EVERY - TICK
    assert await store.claim_live(None) == []
    clock.now += TICK
    [claimed] = await store.claim_live(None)
    await store.commit([BeginJob(job.id, '{"progress":0.2}')])  # While the update is on its way.
    await store.shown(claimed.job, "m1")
    assert await store.claim_live(None) == []
    clock.now += UPDATED_EVERY
    [claimed] = await store.claim_live(None)
    assert claimed.job.report == '{"progress":0.2}'
    await store.shown(claimed.job, "m1")
    clock.now += UPDATED_EVERY
    assert (await store.claim_live(None), await store.differing([job.id])) == ([], set())


async def test_that_somebody_wants_it_cancelled_is_shown_too(store, clock):
    job = await kept(store)
    await store.commit([AskCancel(job.id, "Ann")])
    clock.now += UPDATED_EVERY
    [claimed] = await store.claim_live(None)
    assert claimed.job.cancel_asked_by == "Ann"


async def test_after_the_end_it_is_forgotten(store, clock):
    job = await kept(store)
    await finish(store, job.id, JobStatus.FAILED)
    clock.now += UPDATED_EVERY
    [claimed] = await store.claim_live(None)
    assert claimed.job.status is JobStatus.FAILED
    await store.shown(claimed.job, "m1")
    clock.now += LEASE
    assert (await store.claim_live(None), await store.differing([job.id])) == ([], set())


async def test_a_failed_attempt_is_counted_and_tried_later(store, clock):
    job = await kept(store)
    await finish(store, job.id, JobStatus.SUCCEEDED)
    clock.now += UPDATED_EVERY
    await store.claim_live(None)
    await store.put_off_live(job.id, timedelta(minutes=1))
    clock.now += timedelta(minutes=1) - TICK
    assert await store.claim_live(None) == []
    clock.now += TICK
    [claimed] = await store.claim_live(None)
    assert claimed.attempts == 1
    await store.forget_live(job.id)
    clock.now += LEASE
    assert await store.claim_live(None) == []


async def test_a_message_that_was_sent_anew_is_updated_from_then_on(store, clock):
    job = await kept(store)
    await store.commit([BeginJob(job.id, '{"progress":0.1}')])
    clock.now += UPDATED_EVERY
    [claimed] = await store.claim_live(None)
    await store.shown(claimed.job, "m2")
    await finish(store, job.id, JobStatus.SUCCEEDED)
    clock.now += UPDATED_EVERY
    [claimed] = await store.claim_live(None)
    assert (claimed.message_id, claimed.attempts) == ("m2", 0)


async def test_only_the_jobs_that_are_asked_for_are_claimed_and_so_many_at_a_time(store, clock):
    jobs = [await kept(store) for _ in range(CLAIMED_TOGETHER + 1)]
    for job in jobs:
        await store.commit([BeginJob(job.id, '{"progress":0.1}')])
    clock.now += UPDATED_EVERY
    assert [each.job.id for each in await store.claim_live([jobs[0].id])] == [jobs[0].id]
    assert len(await store.claim_live(None)) == CLAIMED_TOGETHER
    assert await store.claim_live(None) == []
