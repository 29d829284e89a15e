"""The connection breaks after the server ran a statement: a retry changes nothing twice."""

import asyncio

import pytest

from jobs.changes import ReportResult
from jobs.job import NoticeStatus
from state.errors import LeaseLost, StoreUnavailable
from tests.contract.asking import claim_one, complete, notice, owe, sent, start, total


async def test_a_start_asked_for_again_is_one_job(far_store, line):
    line.lose_the_next_answer()
    with pytest.raises(StoreUnavailable):
        await start(far_store, source_activity="activity-1")
    assert line.lost.is_set()
    job = await start(far_store, source_activity="activity-1")
    assert await start(far_store, source_activity="activity-1") == job
    assert await total(far_store) == 2


async def test_a_completion_asked_for_again_is_a_repeat_and_owes_one_notice(far_store, line):
    job = await start(far_store)
    line.lose_the_next_answer()
    with pytest.raises(StoreUnavailable):
        await complete(far_store, job.id, source="a/b#1")
    assert (await complete(far_store, job.id, source="a/b#1")).result is ReportResult.REPEATED
    claim = await claim_one(far_store)
    assert [owed.job_id for owed in claim.notices] == [job.id]


async def test_what_was_sent_is_written_down_although_the_answer_was_lost(far_store, line):
    """The store asks again by itself: giving up would make the next holder send the message again."""
    (job_id,) = await owe(far_store)
    claim = await claim_one(far_store)
    line.lose_the_next_answer()
    with pytest.raises(LeaseLost):  # The first time did it, so the second found the lane idle.
        await sent(far_store, claim, 1)
    assert line.lost.is_set()
    assert (await notice(far_store, job_id)).status is NoticeStatus.SENT


async def test_the_holder_goes_on_with_what_waits_behind_although_the_answer_was_lost(far_store, line):
    owed = await owe(far_store, 2)
    claim = await claim_one(far_store)
    line.lose_the_next_answer()
    following = await sent(far_store, claim, 1)
    assert line.lost.is_set()
    assert [owed.job_id for owed in following.notices] == owed[1:]


async def test_settling_waits_for_a_server_that_comes_back(far_store, line):
    (job_id,) = await owe(far_store)
    claim = await claim_one(far_store)
    line.close()
    tried = line.connections
    settling = asyncio.create_task(sent(far_store, claim, 1))
    while line.connections < tried + 2:  # noqa: ASYNC110  # It tries again by itself; that is the point.
        await asyncio.sleep(0.01)
    line.open()
    assert await settling is None
    assert (await notice(far_store, job_id)).status is NoticeStatus.SENT


async def test_a_turn_fails_at_once_while_the_server_is_away_and_works_when_it_is_back(far_store, line):
    line.close()
    for _ in range(50):
        with pytest.raises(StoreUnavailable):
            await start(far_store)
    assert line.connections < 10, "it rests between its tries"
    line.open()
    before = None
    while before is None:
        try:
            before = await total(far_store)
        except StoreUnavailable:
            await asyncio.sleep(0.01)
    await start(far_store)
    assert await total(far_store) == before + 1


async def test_connections_that_broke_while_they_were_not_used_are_nobodys_trouble(far_store, line):
    """After a restart of the server all connections of the pool are like that."""
    line.cut()
    await asyncio.sleep(0.05)  # Nothing asks about them: that is the point.
    await start(far_store)
    assert await total(far_store) == 2
