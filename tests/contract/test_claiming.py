"""Claiming lanes: which, in what order, for how long, and never twice."""

import asyncio
from datetime import timedelta
from itertools import chain

import pytest

from jobs.changes import FinishJob
from jobs.lane import lane_key
from tests.contract.asking import A, B, C, claim_one, complete, job_ids, owe, sent, start, start_job
from tests.contract.databases import LEASE

INSTANT = timedelta(microseconds=1)


async def test_with_nothing_owed_there_is_nothing_to_claim(store):
    await start(store)
    assert await store.claim(10) == []


async def test_a_claimed_lane_is_nobody_elses_until_the_lease_ends(store, clock):
    await owe(store)
    mine = await claim_one(store)
    clock.now += LEASE - INSTANT
    assert await store.claim(10) == []
    clock.now += INSTANT
    theirs = await claim_one(store)
    assert (theirs.lane, theirs.notices) == (mine.lane, mine.notices)
    assert theirs.token != mine.token


async def test_a_lease_that_ran_out_was_a_failed_attempt(store, clock):
    """Its holder crashed or hung during the attempt: a notice that kills workers is not retried for ever."""
    await owe(store)
    attempts = []
    for _ in range(3):
        attempts.append((await claim_one(store)).attempts)
        clock.now += LEASE
    assert attempts == [0, 1, 2]


async def test_a_lane_born_leased_is_claimed_after_its_lease(store, clock):
    """The process that completed the job may die before it delivers."""
    job = await start(store)
    await complete(store, job.id, "mine")
    clock.now += LEASE
    claim = await claim_one(store)
    assert (job_ids(claim), claim.attempts) == ([job.id], 1)


async def test_the_lanes_due_longest_are_claimed_first_and_no_more_than_asked_for(store, clock):
    for lane in (B, C, A):
        await owe(store, lane=lane)
        clock.now += INSTANT
    assert await store.claim(0) == []
    assert [claim.lane for claim in await store.claim(2)] == [B, C]
    assert [claim.lane for claim in await store.claim(2)] == [A]
    assert await store.claim(2) == []


async def test_a_lane_is_due_no_earlier_than_its_retry(store, clock):
    await owe(store, lane=A)
    claim = await claim_one(store)
    await store.retry(claim, timedelta(seconds=1), "503")
    await owe(store, lane=B)
    assert [claim.lane for claim in await store.claim(10)] == [B]
    clock.now += timedelta(seconds=1)
    assert [claim.lane for claim in await store.claim(10)] == [A]


async def test_claims_made_at_once_share_no_lane(store):
    lanes = [lane_key("test", str(n)) for n in range(40)]
    await asyncio.gather(*(owe(store, lane=lane) for lane in lanes))
    claims = [*chain(*await asyncio.gather(*(store.claim(15) for _ in range(5))))]
    assert sorted(claim.lane for claim in claims) == sorted(lanes)
    assert len({claim.token for claim in claims}) == 40


async def test_two_processes_share_no_lane(two_stores):
    lanes = [lane_key("test", str(n)) for n in range(20)]
    await asyncio.gather(*(owe(two_stores[0], lane=lane) for lane in lanes))
    claims = [*chain(*await asyncio.gather(*(store.claim(4) for store in two_stores for _ in range(5))))]
    assert sorted(claim.lane for claim in claims) == sorted(lanes)


async def test_a_backlog_longer_than_a_claim_is_handed_out_in_pieces_in_order(store):
    """A conversation may be owed thousands: a claim has to fit into memory."""
    owed = await owe(store, 250)
    claim, pieces = await claim_one(store), []
    while claim:
        pieces.append(job_ids(claim))
        claim = await store.sent(claim, claim.notices[-1].seq)
    assert [*chain(*pieces)] == owed
    assert len(pieces) > 1


async def test_a_renewed_lease_lasts_another_whole_one(store, clock):
    await owe(store, lane=A)
    await owe(store, lane=B)
    claims = await store.claim(10)
    clock.now += LEASE / 3
    assert await store.renew(claims) == {claim.token for claim in claims}
    clock.now += LEASE - INSTANT
    assert await store.claim(10) == []
    clock.now += INSTANT
    assert {claim.lane for claim in await store.claim(10)} == {A, B}


async def test_a_lease_that_ran_out_is_renewed_if_nobody_took_the_lane(store, clock):
    await owe(store)
    claim = await claim_one(store)
    clock.now += 2 * LEASE
    assert await store.renew([claim]) == {claim.token}
    assert await store.claim(10) == []


async def test_renewing_passes_over_lanes_that_are_no_longer_ours(store, clock):
    await owe(store, lane=A)
    lost = await claim_one(store)
    clock.now += LEASE
    theirs = await claim_one(store)
    await owe(store, lane=B)
    held = await claim_one(store)
    clock.now += LEASE / 2
    assert await store.renew([lost, held]) == {held.token}
    assert await store.renew([lost]) == set()
    assert await store.renew([]) == set()
    clock.now += LEASE / 2
    retaken = await claim_one(store)
    assert (retaken.lane, retaken.attempts) == (A, theirs.attempts + 1)


@pytest.mark.parametrize("settle", ["idle", "waiting for a retry", "released"])
async def test_renewing_brings_back_no_lane_that_was_given_back(store, clock, settle):
    await owe(store)
    claim = await claim_one(store)
    match settle:
        case "idle":
            await sent(store, claim, 1)
        case "waiting for a retry":
            await store.retry(claim, timedelta(seconds=1), "503")
        case "released":
            await store.release(claim)
    assert await store.renew([claim]) == set()
    clock.now += timedelta(seconds=1)
    assert len(await store.claim(10)) == (settle != "idle")


async def test_a_claim_carries_one_reference_however_many_notices_it_has(store):
    """They share one message: the cost of holding a lane must not depend on what clients sent."""
    jobs = await store.commit([start_job(reference=f'{{"locale": "{number}"}}') for number in range(5)])
    await store.commit([FinishJob(job_id=job.id, source=None, token=None) for job in jobs])
    claim = await claim_one(store)
    assert [owed.reference for owed in claim.notices] == ['{"locale": "0"}', "", "", "", ""]
    claim = await store.sent(claim, claim.notices[1].seq)
    assert [owed.reference for owed in claim.notices] == ['{"locale": "2"}', "", ""]
    claim = await store.dead(claim, claim.notices[0].seq, status=404, error="404")
    assert [owed.reference for owed in claim.notices] == ['{"locale": "3"}', ""]


async def test_a_long_reference_of_an_earlier_version_is_claimed_shortened(store):
    long = '{"conversation": {"id": "a", "properties": "%s"}}' % ("x" * 200_000)
    first, second = await store.commit([start_job(reference=long), start_job(B, reference=long)])
    in_hand = (await complete(store, first.id, "mine")).claim
    await complete(store, second.id)
    for claim in (in_hand, await claim_one(store)):
        assert claim.notices[0].reference == '{"conversation":{"id":"a"}}'
