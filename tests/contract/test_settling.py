"""Settling a claim: the effect of each way on the lane; only the holder may settle."""

from datetime import timedelta

import pytest

from jobs.job import NoticeReport, NoticeStatus
from state.errors import LeaseLost
from tests.contract.asking import claim_one, complete, dead, job_ids, notice, owe, sent, start
from tests.contract.databases import LEASE

INSTANT = timedelta(microseconds=1)
SENT = NoticeReport(status=NoticeStatus.SENT)
QUEUED = NoticeReport(status=NoticeStatus.QUEUED)

SETTLE = {
    "sent": lambda store, claim: store.sent(claim, claim.notices[-1].seq),
    "dead": lambda store, claim: store.dead(claim, claim.notices[-1].seq, status=404, error="404"),
    "retry": lambda store, claim: store.retry(claim, timedelta(seconds=1), "503"),
    "park": lambda store, claim: store.park(claim, "403"),
    "release": lambda store, claim: store.release(claim),
}


FATES = {
    "sent": NoticeStatus.SENT,
    "dead": NoticeStatus.FAILED,
    "retry": NoticeStatus.QUEUED,
    "park": NoticeStatus.PARKED,
    "release": NoticeStatus.QUEUED,
}


@pytest.mark.parametrize("settle", ["sent", "dead"])
async def test_a_lane_with_nothing_left_is_idle(store, clock, settle):
    (job_id,) = await owe(store)
    assert await SETTLE[settle](store, await claim_one(store)) is None
    assert (await notice(store, job_id)).status is not NoticeStatus.QUEUED
    clock.now += 10 * LEASE
    assert await store.claim(10) == []


@pytest.mark.parametrize("settle", ["sent", "dead"])
async def test_what_waits_behind_stays_with_the_holder_for_another_lease(store, clock, settle):
    owed = await owe(store, 2)
    claim = await claim_one(store)
    await store.retry(claim, timedelta(), "503")
    claim = await claim_one(store)
    owed.append((await owe(store))[0])  # It came in while the claim was being delivered.
    clock.now += LEASE / 2
    settled = sent(store, claim, 1) if settle == "sent" else dead(store, claim, 1, status=404, error="404")
    following = await settled
    assert (following.lane, following.token, following.attempts) == (claim.lane, claim.token, 0)
    assert job_ids(following) == owed[1:]
    clock.now += LEASE - INSTANT
    assert await store.claim(10) == []
    clock.now += INSTANT
    taken_over = await claim_one(store)
    assert (job_ids(taken_over), taken_over.attempts) == (owed[1:], 1)


async def test_several_notices_are_settled_at_once(store):
    """One message may tell of several jobs."""
    owed = await owe(store, 4)
    claim = await claim_one(store)
    following = await store.sent(claim, claim.notices[1].seq)
    assert job_ids(following) == owed[2:]
    assert await store.dead(following, following.notices[1].seq, status=404, error="404") is None
    reports = [await notice(store, job_id) for job_id in owed]
    dead = NoticeReport(status=NoticeStatus.FAILED, attempts=1, last_error="404")
    assert reports == [SENT, SENT, dead, dead]


async def test_a_dead_letter_keeps_its_reason_and_its_attempts(store):
    owed = await owe(store, 2)
    await store.retry(await claim_one(store), timedelta(), "503")
    following = await dead(store, await claim_one(store), 1, status=403, error="403 blocked")
    await sent(store, following)
    assert await notice(store, owed[0]) == NoticeReport(
        status=NoticeStatus.FAILED, attempts=2, last_error="403 blocked"
    )
    assert await notice(store, owed[1]) == SENT


async def test_a_failed_attempt_is_counted_and_explained_until_the_notice_is_sent(store, clock):
    owed = await owe(store, 2)
    for attempts in range(2):
        claim = await claim_one(store)
        assert claim.attempts == attempts
        await store.retry(claim, timedelta(seconds=9), f"failure {attempts}")
        waiting = NoticeReport(
            status=NoticeStatus.QUEUED,
            retry_at=clock() + timedelta(seconds=9),
            attempts=attempts + 1,
            last_error=f"failure {attempts}",
        )
        assert [await notice(store, job_id) for job_id in owed] == [waiting, waiting]
        clock.now += timedelta(seconds=9) - INSTANT
        assert await store.claim(10) == []
        clock.now += INSTANT
    claim = await claim_one(store)
    under_way = NoticeReport(status=NoticeStatus.QUEUED, attempts=2, last_error="failure 1")
    assert await notice(store, owed[0]) == under_way
    await sent(store, claim, 1)
    assert [await notice(store, job_id) for job_id in owed] == [SENT, QUEUED]


async def test_a_released_lane_is_due_at_once_and_no_attempt_was_made(store):
    (job_id,) = await owe(store)
    await store.release(await claim_one(store))
    assert await notice(store, job_id) == QUEUED
    assert (await claim_one(store)).attempts == 0


async def test_a_lane_released_after_failures_keeps_their_count(store):
    await owe(store)
    await store.retry(await claim_one(store), timedelta(), "503")
    await store.release(await claim_one(store))
    assert (await claim_one(store)).attempts == 1


@pytest.mark.parametrize("settle", SETTLE)
async def test_a_lease_that_ran_out_still_holds_until_somebody_else_takes_the_lane(store, clock, settle):
    """The message may have been sent: until another worker claims the lane, it is still settled."""
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    clock.now += 2 * LEASE
    assert await SETTLE[settle](store, claim) is None
    came = (await notice(store, job_id)).status
    assert came is FATES[settle]


async def test_nothing_is_written_for_a_claim_that_somebody_else_took_over(store, clock):
    """A frozen process continues: another worker holds its lane, and keeps its lease and attempts."""
    owed = await owe(store, 2)
    outdated = await claim_one(store)
    clock.now += LEASE
    theirs = await claim_one(store)
    before = [await store.find(job_id) for job_id in owed]
    clock.now += LEASE / 2
    for late in SETTLE.values():
        with pytest.raises(LeaseLost):
            await late(store, outdated)
    assert [await store.find(job_id) for job_id in owed] == before
    clock.now += LEASE / 2 - INSTANT
    assert await store.claim(10) == []
    clock.now += INSTANT
    assert (await claim_one(store)).attempts == theirs.attempts + 1


@pytest.mark.parametrize("first", SETTLE)
async def test_a_claim_is_given_back_once(store, clock, first):
    """Not twice, even while no worker holds the lane: the second would overwrite the first."""
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    await SETTLE[first](store, claim)
    before = await store.find(job_id)
    for late in SETTLE.values():
        with pytest.raises(LeaseLost):
            await late(store, claim)
    assert await store.find(job_id) == before
    clock.now += timedelta(seconds=1)
    assert len(await store.claim(10)) == (first in ("retry", "release"))


async def test_an_old_token_does_not_fit_a_lane_that_was_idle_in_between(store):
    old = (await complete(store, (await start(store)).id, "old")).claim
    await sent(store, old, 1)
    job = await start(store)
    new = (await complete(store, job.id, "new")).claim
    with pytest.raises(LeaseLost):
        await store.sent(old, new.notices[0].seq)
    assert await notice(store, job.id) == QUEUED
    assert await sent(store, new) is None
