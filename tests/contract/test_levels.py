"""How much waits in the outbox, as metrics show it."""

import asyncio
from datetime import timedelta

import pytest

from jobs.notice import NoticeKind
from state.store.levels import Levels, Load
from tests.contract.asking import A, B, C, claim_one, defer, owe, start

LATER = timedelta(minutes=5)


async def test_in_an_empty_outbox_nothing_waits(store):
    assert await store.levels() == Levels({}, {}, {}, 0, {})


async def test_what_is_due_is_counted_with_the_age_of_the_oldest(store, clock):
    await owe(store, 2, A)
    clock.now += LATER
    await owe(store, 1, B)
    levels = await store.levels()
    assert levels.notices == {("conversation", "due"): 3}
    assert levels.lanes_due == {"conversation": 2}
    assert levels.oldest == {"conversation": LATER}


async def test_what_is_being_sent_or_waits_for_another_attempt_is_still_the_oldest(store, clock):
    await owe(store, 1, A)
    clock.now += timedelta(seconds=1)
    claim = await claim_one(store)
    levels = await store.levels()
    assert (levels.notices, levels.lanes_due) == ({("conversation", "sending"): 1}, {})
    await store.retry(claim, LATER, "503")
    clock.now += timedelta(seconds=1)
    levels = await store.levels()
    assert levels.notices == {("conversation", "waiting"): 1}
    assert levels.oldest == {"conversation": timedelta(seconds=2)}


async def test_a_lane_whose_holder_died_is_due(store, clock):
    await owe(store, 1, A)
    await claim_one(store)
    clock.now += LATER
    assert (await store.levels()).lanes_due == {"conversation": 1}


async def test_what_people_hold_back_is_not_late(store, clock):
    await defer(store, clock() + LATER, A)
    await owe(store, 2, A)
    await owe(store, 1, B)
    await store.hold_back(await claim_one(store), {NoticeKind.FAILED}, LATER)
    levels = await store.levels()
    assert levels.notices == {("conversation", "held"): 3}
    assert levels.oldest == {}


async def test_parked_conversations_and_dead_letters_are_counted_apart(store):
    await owe(store, 2, A)
    await store.park(await claim_one(store), "403 blocked")
    await owe(store, 1, B)
    claim = await claim_one(store)
    await store.dead(claim, claim.notices[-1].seq, status=404, error="gone")
    levels = await store.levels()
    assert levels.notices == {("conversation", "parked"): 2}
    assert (levels.parked, levels.dead_letters, levels.oldest) == (1, {"conversation": 1}, {})


async def test_events_for_job_systems_are_counted_apart(store):
    await start(store, C, webhook="ci")
    assert (await store.levels()).notices == {("webhook", "due"): 1}
    claim = await claim_one(store)
    await store.dead(claim, claim.notices[-1].seq, status=410, error="gone")
    assert (await store.levels()).dead_letters == {"webhook": 1}


async def test_what_was_sent_counts_no_more(store):
    await owe(store, 1, A)
    claim = await claim_one(store)
    await store.sent(claim, claim.notices[-1].seq)
    assert await store.levels() == Levels({}, {}, {}, 0, {})


async def test_a_store_that_is_idle_has_nothing_to_answer(store):
    await owe(store, 1, A)
    load = store.load()
    assert load == Load(0, *load[1:])
    assert load.connections in (0, None)


@pytest.mark.parametrize("together", [1, 300])
async def test_requests_that_are_not_answered_are_counted(store, together):
    """The gauge goes back to zero, whatever became of the requests."""
    asked = [asyncio.create_task(owe(store, 1, A)) for _ in range(together)]
    await asyncio.sleep(0)
    await asyncio.gather(*asked)
    await store.check()
    assert store.load().waiting == 0
