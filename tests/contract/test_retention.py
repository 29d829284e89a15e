"""What is old is deleted, and nothing that somebody is still to be told."""

from datetime import timedelta

import pytest

from jobs.changes import Bookmark, DeferLane, WelcomeMembers
from jobs.job import JobId, JobStatus
from jobs.lane import lane_key
from jobs.listing import Position, Section
from state.store.retention import LOOKED_AT_TOGETHER
from tests.contract.asking import A, B, claim_one, complete, finish, owe, start, total

DAY = timedelta(days=1)


async def told(store, lane=A, **fields):
    """A job that has ended, and whose person was told."""
    job = await start(store, lane, **fields)
    await complete(store, job.id)
    claim = await claim_one(store)
    await store.sent(claim, claim.notices[-1].seq)
    return job.id


async def sweep(store, before):
    """Look at all; return how many jobs were deleted."""
    deleted, after = 0, None
    while True:
        swept = await store.retention.sweep(before, after)
        deleted, after = deleted + swept.jobs, swept.after
        if after is None:
            return deleted


async def kept(store, *job_ids):
    return [job_id for job_id in job_ids if await store.find(job_id) is not None]


async def test_jobs_that_ended_long_ago_are_deleted(store, clock):
    old = await told(store)
    clock.now += 2 * DAY
    young = await told(store)
    assert await store.retention.count(clock() - DAY) == 1
    assert await sweep(store, clock() - DAY) == 1
    assert await kept(store, old, young) == [young]
    assert await total(store) == 1
    assert await sweep(store, clock() - DAY) == 0


async def test_what_has_not_ended_or_has_ended_lately_stays(store, clock):
    running, ended_now = await start(store), await start(store)
    clock.now += 2 * DAY
    await finish(store, ended_now.id, JobStatus.FAILED)
    claim = await claim_one(store)
    await store.sent(claim, claim.notices[-1].seq)
    assert await sweep(store, clock() - DAY) == 0
    assert await kept(store, running.id, ended_now.id) == [running.id, ended_now.id]


async def test_a_job_stays_for_which_something_is_owed(store, clock):
    waiting = (await owe(store, 1, A))[0]
    dead = (await owe(store, 1, B))[0]
    for claim in await store.claim(2):
        if claim.lane == A:
            await store.park(claim, "blocked")
        else:
            await store.dead(claim, claim.notices[-1].seq, status=404, error="gone")
    event = await told(
        store, lane_key("test", "c"), webhook="ci", announced=False
    )  # The event that it was told waits.
    clock.now += 2 * DAY
    assert await sweep(store, clock() - DAY) == 0
    assert await kept(store, waiting, dead, event) == [waiting, dead, event]
    assert await store.purge_letters(await store.dead_letters(limit=9)) == 1
    assert await sweep(store, clock() - DAY) == 1
    assert await kept(store, waiting, dead, event) == [waiting, event]


async def test_a_notice_that_waits_for_a_year_is_still_sent(store, clock):
    (job_id,) = await owe(store)
    await store.park(await claim_one(store), "blocked")
    clock.now += 400 * DAY
    await sweep(store, clock() - DAY)
    (claim,) = await store.claim(5)
    assert [notice.job_id for notice in claim.notices] == [job_id]


async def test_a_conversation_without_any_job_is_forgotten(store, clock):
    await told(store)
    await store.commit([WelcomeMembers(lane=A, members=["ann"])])
    await store.commit([Bookmark(lane=A, end=Position(Section.HERE, JobId(1)))])
    clock.now += 2 * DAY
    await sweep(store, clock() - DAY)
    [welcomed] = await store.commit([WelcomeMembers(lane=A, members=["ann"])])
    assert [*welcomed] == ["ann"]
    again = await told(store)  # Its lane begins anew.
    assert await kept(store, again) == [again]


async def test_a_conversation_in_which_something_is_set_is_kept(store, clock):
    await told(store)
    await store.commit([DeferLane(lane=A, until=clock() + 10 * DAY)])
    await store.commit([WelcomeMembers(lane=A, members=["ann"])])
    clock.now += 2 * DAY
    assert await sweep(store, clock() - DAY) == 1
    assert (await store.held(A)).muted_until == clock() + 8 * DAY
    [welcomed] = await store.commit([WelcomeMembers(lane=A, members=["ann"])])
    assert [*welcomed] == []


async def test_a_conversation_with_a_younger_job_goes_on(store, clock):
    await told(store)
    clock.now += 2 * DAY
    job = await start(store)
    await sweep(store, clock() - DAY)
    await complete(store, job.id)
    (notice,) = (await claim_one(store)).notices
    assert notice.job_id == job.id


@pytest.mark.parametrize("tenant", [None, "contoso"])
async def test_many_are_deleted_in_steps_and_totals_follow(store, clock, tenant):
    tenants = {} if tenant is None else {"tenant": tenant}
    for _ in range(LOOKED_AT_TOGETHER // 20):
        jobs = [await start(store, **tenants) for _ in range(25)]
        for job in jobs:
            await finish(store, job.id, JobStatus.SUCCEEDED)
    while claims := await store.claim(50):
        for claim in claims:
            while claim is not None:
                claim = await store.sent(claim, claim.notices[-1].seq)
    clock.now += 2 * DAY
    young = await start(store, **tenants)
    first = await store.retention.sweep(clock() - DAY)
    assert (first.jobs, first.after is None) == (LOOKED_AT_TOGETHER, False)
    assert await sweep(store, clock() - DAY) == LOOKED_AT_TOGETHER // 20 * 25 - LOOKED_AT_TOGETHER
    assert await total(store) == 1
    assert await kept(store, young.id) == [young.id]
