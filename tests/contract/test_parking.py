"""Parked lanes: kept, with the channel's last error, until a sign of life from the conversation."""

from datetime import datetime, timedelta

import pytest

from jobs.changes import ParkLane
from jobs.job import NoticeReport, NoticeStatus
from state.errors import LeaseLost
from state.store.leases import probe_after
from tests.contract.asking import (
    REFERENCE,
    URL,
    A,
    B,
    claim_one,
    complete,
    dead,
    job_ids,
    notice,
    owe,
    sent,
    speak,
    start,
)
from tests.contract.databases import LEASE

MOVED = "https://moved.example/"


def parked(since: datetime) -> NoticeReport:
    """Return the report on a notice in a lane parked at that instant."""
    return NoticeReport(status=NoticeStatus.PARKED, retry_at=since + probe_after(0), last_error="403 blocked")


async def test_parked_lanes_are_listed_longest_parked_first_and_page_by_page(store, clock):
    for lane, count in ((B, 2), (A, 1)):
        await owe(store, count, lane)
        await store.park(await claim_one(store), f"{count} wait")
        clock.now += timedelta(minutes=1)
    first, second = await store.parked(limit=10)
    assert (first.lane, first.waiting, first.reason) == (B, 2, "2 wait")
    assert (second.lane, second.waiting) == (A, 1)
    assert second.probe_at == second.parked_at + probe_after(0)
    assert await store.parked(limit=1) == [first]
    assert await store.parked(limit=1, after=first) == [second]
    await speak(store, B)
    assert await store.parked(limit=10) == [second]


async def test_a_parked_lane_in_which_nothing_waits_is_not_tried(store):
    await owe(store, 1, A)
    claim = await claim_one(store)
    await store.sent(claim, claim.notices[-1].seq)
    await store.commit([ParkLane(lane=A, reason="blocked")])
    (parked,) = await store.parked(limit=1)
    assert (parked.waiting, parked.probe_at, parked.reason) == (0, None, "blocked")


@pytest.fixture(params=["by delivery", "by the turn that says so"])
def park(request, store):
    """Park the lane of a claim; both ways come to the same."""

    async def park(claim):
        if request.param == "by delivery":
            await store.park(claim, "403 blocked")
        else:
            await store.commit([ParkLane(lane=claim.lane, reason="403 blocked")])

    return park


async def test_a_parked_lane_is_not_due_before_its_probe_and_says_why(store, clock, park):
    owed = await owe(store, 2)
    await park(await claim_one(store))
    since = clock.now
    clock.now += probe_after(0) - timedelta(microseconds=1)
    assert await store.claim(10) == []
    assert [await notice(store, job_id) for job_id in owed] == [parked(since), parked(since)]


@pytest.mark.parametrize("token", ["mine", None])
async def test_what_is_completed_meanwhile_waits_with_the_rest(store, clock, park, token):
    first = await owe(store)
    await park(await claim_one(store))
    job = await start(store)
    assert (await complete(store, job.id, token)).claim is None
    assert await store.claim(10) == []
    assert await notice(store, job.id) == parked(clock.now)
    assert await speak(store)
    assert job_ids(await claim_one(store)) == [*first, job.id]


async def test_the_first_word_opens_the_lane_and_tells_what_waited(store, park):
    """Parked notices are old: they share one message, separate from new notices."""
    await owe(store, 2)
    claim = await claim_one(store)
    await store.retry(claim, timedelta(), "503")
    await park(await claim_one(store))
    assert await speak(store)
    assert not await speak(store)
    await owe(store)
    claim = await claim_one(store)
    _, last, new = (notice.seq for notice in claim.notices)
    assert (claim.waited, claim.attempts) == (last, 0)
    following = await sent(store, claim, 2)
    assert (following.notices[0].seq, following.waited) == (new, last)


async def test_a_sign_of_life_that_is_nobodys_word_opens_nothing(store, park):
    await owe(store)
    await park(await claim_one(store))
    assert not await speak(store, speaks=False)
    assert not await speak(store, B)
    assert await store.claim(10) == []


async def test_a_word_said_before_the_lane_was_parked_opens_nothing(store, clock, park):
    """Signs of life are gathered for a while, and the bot may be shut out meanwhile."""
    await owe(store)
    await park(await claim_one(store))
    clock.now += timedelta(seconds=1)
    assert not await speak(store, ago=timedelta(seconds=2))
    assert await store.claim(1) == []
    assert await speak(store, ago=timedelta(milliseconds=999))
    assert len(await store.claim(1)) == 1


async def test_whoever_holds_a_lane_loses_it_to_a_turn_that_parks_it(store, clock):
    """The app was uninstalled while a message was on its way."""
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    await store.commit([ParkLane(lane=A, reason="403 blocked")])
    with pytest.raises(LeaseLost):
        await store.retry(claim, timedelta(), "503")
    await store.renew([claim])
    assert await notice(store, job_id) == parked(clock.now)


async def test_a_lane_with_nothing_owed_can_be_parked_for_what_comes(store, clock):
    job = await start(store)
    assert await store.commit([ParkLane(lane=A, reason="403 blocked")]) == [None]
    assert (await complete(store, job.id, "mine")).claim is None
    assert await notice(store, job.id) == parked(clock.now)
    assert await speak(store)
    assert job_ids(await claim_one(store)) == [job.id]


async def test_an_empty_lane_that_is_opened_is_idle(store, clock):
    job = await start(store)
    await store.commit([ParkLane(lane=A, reason="403 blocked")])
    assert await speak(store)
    clock.now += LEASE
    assert await store.claim(10) == []
    claim = (await complete(store, job.id, "mine")).claim
    assert claim is not None
    assert claim.waited < claim.notices[0].seq


async def test_a_claim_says_where_its_conversation_was_heard_from_last(store):
    first, second = [await start(store) for _ in range(2)]
    claim = (await complete(store, first.id, "mine")).claim
    assert claim.service_url == URL
    await complete(store, second.id)
    assert await speak(store, service_url=MOVED, speaks=False)
    assert not await speak(store, service_url=MOVED, speaks=False)
    claim = await sent(store, claim, 1)
    assert claim.service_url == MOVED
    await store.release(claim)
    assert (await claim_one(store)).service_url == MOVED


async def test_a_job_that_is_started_is_a_sign_of_life_too(store):
    job = await start(store)
    await start(store, reference=REFERENCE.replace(URL, MOVED))
    assert (await complete(store, job.id, "mine")).claim.service_url == MOVED


@pytest.mark.parametrize("settle", ["sent", "dead", "retry", "park", "release"])
async def test_the_pace_of_a_conversation_goes_to_whoever_holds_it_next(store, settle):
    """The channel's rate limit holds for a conversation, whichever process sends."""
    await owe(store)
    claim = (await claim_one(store))._replace(pace="just now")
    match settle:
        case "sent":
            await sent(store, claim, 1)
        case "dead":
            await dead(store, claim, 1, status=404, error="404")
        case "retry":
            await store.retry(claim, timedelta(), "503")
        case "park":
            await store.park(claim, "403")
            await speak(store)
        case "release":
            await store.release(claim)
    if settle in ("sent", "dead"):
        job = await start(store)
        following = (await complete(store, job.id, "mine")).claim
    else:
        following = await claim_one(store)
    assert following.pace == "just now"


async def test_a_lane_can_be_released_until_later(store, clock):
    """A lane at its rate limit is given back until the next send is allowed."""
    (job_id,) = await owe(store)
    await store.release(await claim_one(store), timedelta(seconds=5))
    clock.now += timedelta(seconds=5, microseconds=-1)
    assert await store.claim(10) == []
    clock.now += timedelta(microseconds=1)
    assert (await claim_one(store)).attempts == 0
    assert (await notice(store, job_id)).last_error is None
