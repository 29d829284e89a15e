"""What turns leave behind: a lane has a row only while something waits or is set."""

from datetime import timedelta

import pytest

from jobs.changes import ParkLane, SetPreferences
from state.store.once import KEPT, SLOT
from state.store.retention import LOOKED_AT_TOGETHER
from state.store.succession import PACED_FOR
from tests.contract.asking import (
    REFERENCE,
    URL,
    A,
    B,
    C,
    claim_one,
    complete,
    defer,
    owe,
    sent,
    speak,
    start,
)

MOVED = "https://moved.example/"
MINUTE = timedelta(minutes=1)


async def rows(store, table="lanes", column="lane"):
    """Return the keys of a table's rows."""
    statement = f"SELECT {column} FROM {table} ORDER BY 1"  # noqa: S608
    found = await store.operators.overviews._statements.fetch(statement)
    return [key for (key,) in found]


async def tidy(store):
    after = ""
    while after is not None:
        after = await store.retention.tidy(after)


async def told(store, lane=A):
    job = await start(store, lane)
    await sent(store, (await complete(store, job.id, "mine")).claim)
    return job


async def test_a_job_that_runs_and_one_that_is_told_leave_no_row(store):
    job = await start(store)
    assert await rows(store) == []
    claim = (await complete(store, job.id, "mine")).claim
    assert await rows(store) == [A]
    await sent(store, claim)
    assert await rows(store) == []


@pytest.mark.parametrize("reason", ["waits", "parked", "mute", "wishes"])
async def test_a_row_stays_while_something_waits_or_is_set(store, clock, reason):
    job = await start(store)
    match reason:
        case "waits":
            await complete(store, job.id)
        case "parked":
            await store.commit([ParkLane(lane=A, reason="403")])
        case "mute":
            await defer(store, clock() + timedelta(days=2))
        case "wishes":
            await store.commit([SetPreferences(lane=A, changes={"digest": True})])
    clock.now += timedelta(days=1)
    await tidy(store)
    assert await rows(store) == [A]


async def test_what_is_no_longer_set_goes(store, clock):
    await told(store)
    await defer(store, clock() + MINUTE, A)
    await store.commit([SetPreferences(lane=B, changes={"digest": True})])
    await store.commit([SetPreferences(lane=B, changes={"digest": None})])
    await tidy(store)
    assert await rows(store) == [A]
    clock.now += MINUTE
    await tidy(store)
    assert await rows(store) == []


async def test_a_pace_is_kept_as_long_as_a_channel_counts(store, clock):
    await owe(store)
    await sent(store, (await claim_one(store))._replace(pace="busy"))
    clock.now += timedelta(microseconds=PACED_FOR - 1)
    await tidy(store)
    assert await rows(store) == [A]
    await owe(store)
    assert (await claim_one(store)).pace == "busy"


async def test_a_pace_that_no_channel_remembers_goes(store, clock):
    await owe(store)
    await sent(store, (await claim_one(store))._replace(pace="busy"))
    clock.now += timedelta(microseconds=PACED_FOR)
    await tidy(store)
    assert await rows(store) == []


async def test_one_that_never_had_a_job_is_not_parked(store):
    await store.commit([ParkLane(lane=A, reason="403")])
    assert await rows(store) == []


async def test_many_rows_are_looked_at_a_few_at_a_time(store, clock):
    lanes = [f"test/{number:04}" for number in range(LOOKED_AT_TOGETHER + 1)]
    await store.commit([SetPreferences(lane=lane, changes={"digest": True}) for lane in lanes])
    await store.commit([SetPreferences(lane=lane, changes={"digest": None}) for lane in lanes])
    after = await store.retention.tidy()
    assert (after, await rows(store)) == (lanes[-2], lanes[-1:])
    assert await store.retention.tidy(after) is None
    assert await rows(store) == []


async def test_a_conversation_that_moved_is_told_where_it_was_last_heard_from(store):
    jobs = [await start(store) for _ in range(2)]
    assert await speak(store, service_url=MOVED)
    assert not await speak(store, service_url=MOVED)
    for job in jobs:  # The lane's row is gone in between.
        claim = (await complete(store, job.id, "mine")).claim
        assert claim.service_url == MOVED
        await tidy(store)
        await sent(store, claim)
    await tidy(store)
    assert await rows(store, "moved") == []


async def test_one_that_moves_back_is_told_there(store):
    job = await start(store)
    await speak(store, service_url=MOVED)
    await speak(store, service_url=URL)
    assert (await complete(store, job.id, "mine")).claim.service_url == URL


async def test_a_job_that_is_started_elsewhere_says_where_the_conversation_is(store):
    """It may come before the sign of life of the turn that started it."""
    first = await start(store)
    await start(store, reference=REFERENCE.replace(URL, MOVED))
    assert (await complete(store, first.id, "mine")).claim.service_url == MOVED
    assert not await speak(store, service_url=MOVED)
    assert await rows(store, "moved") == []


async def test_who_takes_only_answers_is_told_at_the_address_known_before(store, clock):
    await told(store)
    for _ in range(2):
        job = await start(store, reference='{"user":{"id":"ann"}}')
        claim = (await complete(store, job.id, "mine")).claim
        assert claim.service_url == URL
        await sent(store, claim)
        await tidy(store)


async def test_a_dead_letter_goes_to_where_the_conversation_is_now(store):
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    await store.dead(claim, claim.notices[-1].seq, status=404, error="gone")
    assert await rows(store) == []
    running = await start(store)
    await speak(store, service_url=MOVED)
    assert await store.requeue(job_id)
    claim = await claim_one(store)
    assert (claim.service_url, [notice.job_id for notice in claim.notices]) == (MOVED, [job_id])
    assert (await store.find(running.id)).notice is None


async def test_notices_behind_dead_letters_have_later_places_also_when_the_clock_is_set_back(store, clock):
    places = []
    for _ in range(3):
        job = await start(store)
        claim = (await complete(store, job.id, "mine")).claim
        places.append(claim.notices[0].seq)
        await store.dead(claim, claim.notices[0].seq, status=404, error="gone")
        clock.now -= timedelta(hours=1)
    assert places == sorted(set(places))
    assert len(await store.dead_letters(limit=9)) == 3
    assert await store.claim(9) == []


async def test_notes_of_starts_are_kept_for_four_days(store, clock):
    await start(store, C, source_activity="old")
    clock.now += timedelta(microseconds=KEPT * SLOT)
    await start(store, C, source_activity="new")
    await tidy(store)
    assert len(await rows(store, "once", "key")) >= 2
    clock.now += timedelta(days=1)
    await tidy(store)
    kept = await rows(store, "once", "job_id")
    (newest,) = (await store.operators.overviews._statements.fetch("SELECT max(id) FROM jobs"))[0]
    assert set(kept) == {newest}
