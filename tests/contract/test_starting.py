"""Starting a job: its number, and activities that a channel sends again."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from instants import micros
from jobs.changes import WelcomeMembers
from jobs.job import JOB_ID_LIMIT, JobStatus
from state.errors import StoreUnavailable
from state.store.numbering import AHEAD, SHARE, least_and_longest_step
from tests.contract.asking import A, B, complete, start, start_job, total


async def test_a_started_job_is_what_was_asked_for(store, clock):
    asked = {"title": "Bericht 42 | <b>\n\N{PARTY POPPER}", "requested_by": "Zoë", "tenant": "tenant-1"}
    job = await start(store, B, **asked, reference='{"user": "ü"}')
    assert (job.lane, job.title, job.requested_by, job.tenant) == (B, asked["title"], "Zoë", "tenant-1")
    assert (job.status, job.created_at) == (JobStatus.RUNNING, clock())
    assert job.id >= micros(clock())
    assert (await store.find(job.id)).job == job


@pytest.mark.parametrize("step", [timedelta(), timedelta(microseconds=1), timedelta(hours=-1)])
async def test_numbers_rise_whatever_the_clock_does(store, clock, step):
    """Standing still and being set back happen to every machine; the log is listed by number."""
    numbers = []
    for _ in range(5):
        batch = await store.commit([start_job(), start_job(B)])
        numbers += [job.id for job in batch]
        assert {job.created_at for job in batch} == {clock()}
        clock.now += step
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < JOB_ID_LIMIT


async def test_no_number_tells_which_comes_next(store, clock):
    """A channel's user who may report completions must not guess the jobs of others from their own."""
    jobs = await store.commit([start_job() for _ in range(200)])
    jobs += [await start(store) for _ in range(50)]
    steps = [after.id - before.id for before, after in pairwise(jobs)]
    longest = AHEAD / SHARE
    assert min(steps) > 0
    assert max(steps) <= longest + 1
    assert longest / 4 < sum(steps) / len(steps) < 3 * longest / 4
    assert len({step // int(longest / 10) for step in steps}) == 10, "spread over all there is"


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=365 * 30)])
async def test_numbers_run_ahead_of_the_clock_only_so_far(new_database, clock, ahead):
    """All the jobs of a century stay below 2^53: the less room is left, the shorter the steps are."""
    async with new_database(clock)(spread=lambda: 1 - 2**-53) as store:
        clock.now += ahead
        first = await start(store)
        clock.now -= ahead
        least, longest = least_and_longest_step(first.id, micros(clock()))
        assert first.id - micros(clock() + ahead) == pytest.approx(AHEAD / SHARE, rel=1e-6)
        assert longest == pytest.approx((AHEAD - (first.id - micros(clock()))) / SHARE, rel=1e-6)
        assert (await start(store)).id - least == pytest.approx(longest, rel=1e-6)


async def test_without_room_numbers_go_on_by_one(new_database, clock):
    async with new_database(clock)(spread=lambda: 1 - 2**-53) as store:
        clock.now = datetime(2255, 6, 5, 23, 47, 34, 740_980, tzinfo=UTC)  # Ten below the limit.
        jobs = await store.commit([start_job() for _ in range(5)])
        jobs += [await start(store) for _ in range(5)]
        assert [job.id for job in jobs] == list(range(JOB_ID_LIMIT - 12, JOB_ID_LIMIT - 2))


async def test_jobs_started_at_once_get_numbers_of_their_own(store):
    jobs = await asyncio.gather(*(start(store) for _ in range(50)))
    assert len({job.id for job in jobs}) == await total(store) == 50


async def test_two_stores_on_one_database_never_give_the_same_number(two_stores):
    jobs = await asyncio.gather(*(start(store) for _ in range(30) for store in two_stores))
    assert len({job.id for job in jobs}) == 60
    assert [await total(store) for store in two_stores] == [60, 60]


async def test_a_number_that_a_double_cannot_hold_is_never_given(store, clock):
    """A job number that a JavaScript client rounds to another job's must not be assigned."""
    clock.now = datetime(2300, 1, 1, tzinfo=UTC)
    with pytest.raises(StoreUnavailable):
        await store.commit([WelcomeMembers(lane=A, members=["member"]), start_job()])
    clock.now = datetime(2200, 1, 1, tzinfo=UTC)
    assert await total(store) == 0
    assert await store.commit([WelcomeMembers(lane=A, members=["member"])]) == [("member",)]


async def test_a_resent_activity_starts_nothing_and_is_told_of_the_first_job(store, clock):
    first = await start(store, source_activity="activity-1", title="first")
    clock.now += timedelta(minutes=1)
    assert await start(store, source_activity="activity-1", title="again") == first
    assert await start(store, source_activity="activity-2") != first
    assert await total(store) == 2


async def test_an_activity_resent_at_once_starts_one_job(store):
    jobs = await asyncio.gather(*(start(store, source_activity="activity-1") for _ in range(50)))
    assert len({job.id for job in jobs}) == await total(store) == 1


async def test_an_activity_resent_to_another_process_starts_one_job(two_stores):
    one, other = await asyncio.gather(*(start(store, source_activity="activity-1") for store in two_stores))
    assert one == other


async def test_an_activity_resent_after_the_job_is_complete_is_told_of_the_complete_job(store):
    job = await start(store, source_activity="activity-1")
    await complete(store, job.id)
    assert (await start(store, source_activity="activity-1")).status is JobStatus.SUCCEEDED


async def test_the_same_activity_id_in_another_conversation_is_another_activity(store):
    """Channels number the activities of each conversation on their own."""
    jobs = [await start(store, lane, source_activity="activity-1") for lane in (A, B)]
    assert jobs[0].id != jobs[1].id


async def test_an_activity_without_an_id_is_never_a_repeat(store):
    jobs = await store.commit([start_job(), start_job()])
    assert jobs[0].id != jobs[1].id
