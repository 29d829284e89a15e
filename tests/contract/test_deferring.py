"""Deferred lanes: nothing is sent before an instant, and nothing is dropped."""

from datetime import timedelta

import pytest

from jobs.job import NoticeReport, NoticeStatus
from tests.contract.asking import A, B, claim_one, complete, defer, job_ids, notice, owe, speak, start
from tests.contract.databases import LEASE

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("token", ["mine", None])
async def test_what_comes_to_be_owed_meanwhile_waits_until_then(store, clock, token):
    job, until = await start(store), clock() + HOUR
    await defer(store, until)
    assert (await complete(store, job.id, token)).claim is None
    assert await notice(store, job.id) == NoticeReport(status=NoticeStatus.QUEUED, retry_at=until)
    clock.now = until - timedelta(microseconds=1)
    assert await store.claim(10) == []
    clock.now = until
    assert job_ids(await claim_one(store)) == [job.id]


async def test_a_conversation_can_be_deferred_before_it_starts_a_job(store, clock):
    await defer(store, clock() + HOUR)
    job = await start(store)
    assert (await complete(store, job.id, "mine")).claim is None
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == [job.id]


async def test_what_waits_already_waits_on(store, clock):
    owed = await owe(store, 2)
    await defer(store, clock() + HOUR)
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == owed


async def test_let_go_it_is_due_at_once(store, clock):
    owed = await owe(store)
    await defer(store, clock() + HOUR)
    await defer(store, None)
    assert job_ids(await claim_one(store)) == owed


async def test_deferred_anew_the_last_word_counts(store, clock):
    owed = await owe(store)
    await defer(store, clock() + HOUR)
    await defer(store, clock() + HOUR / 2)
    clock.now += HOUR / 2
    assert job_ids(await claim_one(store)) == owed


async def test_a_retry_that_is_due_later_stays_so(store, clock):
    owed = await owe(store)
    await store.retry(await claim_one(store), 2 * HOUR, "503")
    await defer(store, clock() + HOUR)
    await defer(store, None)
    clock.now += HOUR
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == owed


async def test_a_retry_waits_for_the_deferral_as_well(store, clock):
    owed = await owe(store)
    claim = await claim_one(store)
    await defer(store, clock() + HOUR)
    await store.retry(claim, timedelta(seconds=1), "503")
    clock.now += timedelta(minutes=1)
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == owed


async def test_the_message_under_way_ends_and_what_follows_waits(store, clock):
    first, second = await owe(store, 2)
    claim = await claim_one(store)
    await defer(store, clock() + HOUR)
    assert await store.sent(claim, claim.notices[0].seq) is None
    assert (await notice(store, first)).status is NoticeStatus.SENT
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == [second]


async def test_a_dead_holder_leaves_a_deferred_lane_deferred(store, clock):
    owed = await owe(store)
    await claim_one(store)
    await defer(store, clock() + HOUR)
    clock.now += 2 * LEASE
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == owed


async def test_a_parked_lane_that_opens_waits_for_the_deferral(store, clock):
    owed = await owe(store)
    await store.park(await claim_one(store), "403")
    await defer(store, clock() + HOUR)
    assert await speak(store)
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == owed


async def test_a_requeued_notice_waits_for_the_deferral(store, clock):
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    await store.dead(claim, claim.notices[0].seq, status=404, error="gone")
    await defer(store, clock() + HOUR)
    assert await store.requeue(job_id)
    assert await store.claim(10) == []
    clock.now += HOUR
    assert job_ids(await claim_one(store)) == [job_id]


async def test_another_conversation_is_not_deferred(store, clock):
    await owe(store)
    (other,) = await owe(store, lane=B)
    await defer(store, clock() + HOUR, A)
    assert job_ids(await claim_one(store)) == [other]
