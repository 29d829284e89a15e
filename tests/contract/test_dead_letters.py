"""Dead letters: an operator lists, reads, requeues and purges them."""

from datetime import timedelta

import pytest

from jobs.job import JobId, NoticeReport, NoticeStatus
from jobs.notice import DeadLetter
from tests.contract.asking import A, B, claim_one, complete, dead, job_ids, notice, owe, start
from tests.contract.databases import LEASE

MINUTE = timedelta(minutes=1)
QUEUED = NoticeReport(status=NoticeStatus.QUEUED)
PURGED = NoticeReport(status=NoticeStatus.FAILED, last_error="its dead letter was purged")


async def give_up(store, lane=A, count=1, *, status=404):
    """Turn *count* notices of a lane into dead letters at once, and return their jobs."""
    owed = await owe(store, count, lane)
    (claim,) = await store.claim(1)
    assert job_ids(claim) == owed
    assert await store.dead(claim, claim.notices[-1].seq, status=status, error="given up") is None
    return owed


async def listed(store, **which):
    return [letter.job_id for letter in await store.dead_letters(**{"limit": 10, **which})]


@pytest.mark.parametrize("status", [404, None])
async def test_a_dead_letter_says_all_that_is_known(store, clock, status):
    job = await start(store, title="the title")
    born = clock()
    claim = (await complete(store, job.id, "mine")).claim
    clock.now += MINUTE
    await dead(store, claim, 1, status=status, error="given up")
    letter = DeadLetter(
        lane=A,
        seq=claim.notices[0].seq,
        job_id=job.id,
        title="the title",
        created_at=born,
        dead_at=clock(),
        attempts=1,
        status=status,
        error="given up",
    )
    assert await store.dead_letter(job.id) == letter
    assert await store.dead_letters(limit=10) == [letter]


async def test_dead_letters_are_listed_longest_dead_first_and_page_by_page(store, clock):
    expected = []
    for lane in (B, A, B):
        expected += await give_up(store, lane, 2)
        clock.now += MINUTE
    assert await listed(store) == expected
    seen, last = [], None
    while letters := await store.dead_letters(limit=4, after=last):
        seen += [letter.job_id for letter in letters]
        last = letters[-1]
    assert seen == expected


async def test_only_a_dead_notice_has_a_dead_letter(store):
    running = await start(store)
    (queued,) = await owe(store, lane=B)
    assert await store.dead_letters(limit=10) == []
    for job_id in (running.id, queued, JobId(10**40)):
        assert await store.dead_letter(job_id) is None
        assert not await store.requeue(job_id)
    assert job_ids(await claim_one(store)) == [queued]


async def test_a_requeued_notice_is_owed_anew(store, clock):
    (job_id,) = await give_up(store)
    clock.now += MINUTE
    assert await store.requeue(job_id)
    assert not await store.requeue(job_id)
    assert await store.dead_letters(limit=10) == []
    assert await notice(store, job_id) == QUEUED
    claim = await claim_one(store)
    assert (job_ids(claim), claim.attempts, claim.notices[0].created_at) == ([job_id], 0, clock())
    assert await store.sent(claim, claim.notices[-1].seq) is None
    assert (await notice(store, job_id)).status is NoticeStatus.SENT


async def test_a_requeued_notice_waits_its_turn_behind_what_is_queued_by_now(store, clock):
    dead = await give_up(store, count=2)
    job = await start(store)
    claim = (await complete(store, job.id, "mine")).claim
    clock.now += LEASE / 2
    assert await store.requeue(dead[1])
    assert await store.claim(10) == []
    following = await store.sent(claim, claim.notices[-1].seq)
    assert job_ids(following) == [dead[1]]
    await store.sent(following, following.notices[-1].seq)
    assert await listed(store) == [dead[0]]


async def test_a_requeued_notice_of_a_parked_lane_waits_with_it(store):
    (dead,) = await give_up(store)
    (owed,) = await owe(store)
    await store.park(await claim_one(store), "403")
    assert await store.requeue(dead)
    assert await store.claim(10) == []
    assert [(await notice(store, job_id)).status for job_id in (dead, owed)] == [NoticeStatus.PARKED] * 2


async def test_a_notice_may_die_again(store):
    (job_id,) = await give_up(store)
    await store.requeue(job_id)
    claim = await claim_one(store)
    await store.dead(claim, claim.notices[-1].seq, status=None, error="again")
    assert (await store.dead_letter(job_id)).error == "again"
    assert await listed(store) == [job_id]


async def test_purging_forgets_the_longer_dead_and_nothing_else(store, clock):
    old = await give_up(store, count=2)
    clock.now += MINUTE
    (fresh,) = await give_up(store, B)
    (queued,) = await owe(store)
    assert await store.purge(clock()) == 2
    assert await store.purge(clock()) == 0
    assert await listed(store) == [fresh]
    assert (await notice(store, fresh)).last_error == "given up"
    assert [await notice(store, job_id) for job_id in old] == [PURGED, PURGED]
    assert not await store.requeue(old[0])
    assert job_ids(await claim_one(store)) == [queued]


async def test_chosen_letters_are_requeued_each_at_the_end_of_its_lane(store, clock):
    owed = await owe(store, 3)
    claim = await claim_one(store)
    await dead(store, claim, 3, status=400, error="refused")
    letters = await store.dead_letters(limit=9)
    clock.advance(seconds=1)
    assert await store.requeue_letters([letters[2], letters[0]]) == 2
    assert await store.requeue_letters([letters[0]]) == 0
    assert job_ids(await claim_one(store)) == [owed[2], owed[0]]
    assert [letter.job_id for letter in await store.dead_letters(limit=9)] == [owed[1]]
    assert (await notice(store, owed[0])).status is NoticeStatus.QUEUED


async def test_an_event_that_is_requeued_is_the_same_event(store, clock):
    job = await start(store, webhook="ci")
    claim = await claim_one(store)
    await dead(store, claim, 1, status=410, error="gone")
    clock.advance(seconds=60)
    assert await store.requeue_letters(await store.dead_letters(limit=9)) == 1
    (again,) = (await claim_one(store)).notices
    assert (again.job_id, again.created_at) == (job.id, claim.notices[0].created_at)


async def test_chosen_letters_are_purged_and_their_jobs_know(store):
    owed = await owe(store, 2)
    await dead(store, await claim_one(store), 2, status=400, error="refused")
    letters = await store.dead_letters(limit=9)
    assert await store.purge_letters(letters[:1]) == 1
    assert await store.purge_letters(letters[:1]) == 0
    assert [letter.job_id for letter in await store.dead_letters(limit=9)] == [owed[1]]
    assert (await notice(store, owed[0])).last_error == "its dead letter was purged"
