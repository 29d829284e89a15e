"""A parked lane is tried now and then: no channel says that an administrator allows an app again."""

from datetime import timedelta

import pytest

from jobs.changes import ParkLane
from jobs.job import NoticeStatus
from state.store.leases import LONGEST_BETWEEN_PROBES, probe_after
from tests.contract.asking import A, claim_one, complete, job_ids, notice, owe, sent, speak, start
from tests.contract.databases import LEASE


@pytest.fixture
def probe(store, clock):
    """Park the lane with *owed* notices, and return the claim of its probe."""

    async def probe(owed: int = 2):
        await owe(store, owed)
        await store.park(await claim_one(store), "403 blocked")
        clock.now += probe_after(0)
        return await claim_one(store)

    return probe


async def test_a_probe_that_is_refused_parks_the_lane_for_longer_each_time(store, clock, probe):
    claim = await probe()
    waits = []
    for _ in range(5):
        await store.park(claim, "403 blocked")
        waits.append((await notice(store, claim.notices[0].job_id)).retry_at - clock.now)
        clock.now += waits[-1]
        claim = await claim_one(store)
    assert claim.parked
    assert waits == sorted(waits)
    assert waits[0] > probe_after(0)
    assert waits[-1] == LONGEST_BETWEEN_PROBES


async def test_a_probe_that_is_taken_opens_the_lane_and_the_rest_is_told_as_having_waited(store, probe):
    claim = await probe(owed=3)
    assert claim.parked
    following = await sent(store, claim, 1)
    last = claim.notices[-1].seq
    assert (len(following.notices), following.waited, following.parked) == (2, last, False)
    assert await sent(store, following, 2) is None
    job = await start(store)
    assert (await complete(store, job.id, "mine")).claim is not None


async def test_a_probe_that_ends_without_an_answer_is_made_again_and_the_lane_stays_parked(
    store, clock, probe
):
    claim = await probe()
    await store.retry(claim, timedelta(seconds=1), "503")
    assert (await notice(store, claim.notices[0].job_id)).status is NoticeStatus.PARKED
    clock.now += timedelta(seconds=1)
    assert (await claim_one(store)).parked


async def test_a_word_during_a_probe_opens_the_lane_and_leaves_the_lease(store, clock, probe):
    """Two workers at one lane would tell the user twice."""
    claim = await probe()
    assert await speak(store)
    assert await store.claim(10) == []
    following = await sent(store, claim, 1)
    assert (len(following.notices), following.waited) == (1, claim.notices[1].seq)


async def test_an_uninstalled_app_is_tried_as_well(store, clock):
    """The event that says it is installed again may be lost."""
    owed = await owe(store)
    await store.commit([ParkLane(lane=A, reason="the app was uninstalled")])
    clock.now += probe_after(0)
    assert job_ids(await claim_one(store)) == owed


async def test_what_is_owed_first_in_a_parked_lane_is_tried_after_the_same_time(store, clock):
    job = await start(store)
    await store.commit([ParkLane(lane=A, reason="the app was uninstalled")])
    clock.now += timedelta(days=9)
    await complete(store, job.id)
    assert await store.claim(10) == []
    clock.now += probe_after(0)
    assert job_ids(await claim_one(store)) == [job.id]


async def test_attempts_and_unknown_outcomes_are_counted_until_something_is_settled(store, clock):
    await owe(store, 2)
    claim = await claim_one(store)
    assert (claim.tried_for, claim.unknowns) == (timedelta(), 0)
    for unknown in (False, True, True):
        await store.retry(claim, LEASE, "trouble", unknown=unknown)
        clock.now += LEASE
        claim = await claim_one(store)
    assert (claim.tried_for, claim.unknowns, claim.attempts) == (3 * LEASE, 2, 3)
    following = await sent(store, claim, 1)
    assert (following.tried_for, following.unknowns, following.attempts) == (timedelta(), 0, 0)
    await store.release(following)
    again = await claim_one(store)
    assert (again.tried_for, again.unknowns, again.attempts) == (timedelta(), 0, 0)


async def test_a_release_is_no_attempt(store):
    await owe(store)
    await store.release(await claim_one(store))
    claim = await claim_one(store)
    assert (claim.tried_for, claim.attempts) == (timedelta(), 0)
