"""`JobState`, one unit of work a turn, on the real store in memory."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from botbuilder.core import TurnContext, adapters
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from jobs.changes import ReportResult, StartJob
from jobs.job import JobStatus, NoticeReport, NoticeStatus
from jobs.lane import Heard, lane_key
from jobs.listing import PageAsked, View
from jobs.service import JobService
from jobs.unit_of_work import NotCommitted
from state.errors import StoreUnavailable
from state.job_log import PAGE_SIZE, JobLog
from state.job_state import JobState
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore
from tests.fakes.noting_courier import NotingCourier


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with open_sqlite(None, lease=timedelta(seconds=30)) as store:
        yield store


@pytest.fixture
def courier() -> NotingCourier:
    return NotingCourier()


@pytest.fixture
def state(store, courier) -> JobState:
    return JobState(JobService(store, courier))


T1, T2 = (f"{digit * 8}-aaaa-4aaa-8aaa-{digit * 12}" for digit in "12")
A, B = (lane_key("emulator", conversation) for conversation in "ab")


def make_turn(
    conversation: str = "a", activity_id: str | None = None, tenant: str | None = None, **fields: object
) -> TurnContext:
    activity = Activity(
        type="message",
        id=activity_id,
        channel_id="msteams" if tenant else "emulator",
        service_url="https://channel.example/",
        conversation=ConversationAccount(id=conversation, tenant_id=tenant),
        from_property=ChannelAccount(id="user", name="Alex"),
        **fields,
    )
    return TurnContext(adapters.TestAdapter(), activity)


async def start(state: JobState, turn: TurnContext):
    """Start and commit a job, the way a bot does."""
    log = await state.create_property("JobLog").get(turn)
    staged = log.start()
    await state.save_changes(turn)
    return staged.outcome


async def test_nothing_is_stored_and_nothing_known_before_save_changes(state, store):
    turn = make_turn()
    log = state.job_log(turn)
    staged = log.start("the title")
    with pytest.raises(NotCommitted):
        _ = staged.outcome
    assert (await log.page()).total == 0
    await state.save_changes(turn)
    job = staged.outcome
    assert (job.title, job.requested_by, job.lane) == ("the title", "Alex", A)
    assert (await store.find(job.id)).job == job


async def test_changes_are_saved_once(state):
    turn = make_turn()
    job = await start(state, turn)
    await state.save_changes(turn)
    await state.save_changes(turn, force=True)
    await state.save_changes(make_turn())
    assert [each.id for each in (await state.job_log(turn).page()).jobs] == [job.id]


async def test_one_turn_has_one_job_log_and_no_other_turn_shares_it(state):
    accessor, turn = state.create_property("JobLog"), make_turn()
    await state.load(turn)
    log = await accessor.get(turn, dict)
    assert isinstance(log, JobLog)
    assert await accessor.get(turn) is state.job_log(turn) is log
    assert state.job_log(make_turn()) is not log


async def test_twenty_turns_at_once_start_twenty_jobs(state):
    """What a stock `BotState` loses: see `test_sdk_traps`."""
    both_read = asyncio.Barrier(20)

    async def run(n: int) -> None:
        turn = make_turn(f"conversation-{n % 5}", f"activity-{n}")
        log = await state.create_property("JobLog").get(turn)
        await log.page()
        await both_read.wait()
        log.start()
        await state.save_changes(turn)

    await asyncio.gather(*map(run, range(20)))
    assert (await state.job_log(make_turn()).page()).total == 20


async def test_the_reference_is_the_turns_without_the_activity(state, courier):
    """A notice answers no activity: a channel may hold an answer to an unknown one back."""
    turn = make_turn(activity_id="activity-1")
    job = await start(state, turn)
    state.job_log(turn).complete(job.id)
    await state.save_changes(turn)
    state.hand_over(turn)
    reference = courier.taken[0].notices[0].reference
    assert '"conversation":{"id":"a"}' in reference
    assert "activity-1" not in reference


async def test_notices_for_others_go_out_at_once_and_the_turns_own_when_it_has_spoken(state, courier):
    mine, other = await start(state, make_turn("a")), await start(state, make_turn("b"))
    turn = make_turn("a")
    staged = [state.job_log(turn).complete(job.id) for job in (mine, other)]
    await state.save_changes(turn)
    assert [each.outcome.result for each in staged] == [ReportResult.ACCEPTED] * 2
    assert courier.lanes == [B]
    state.hand_over(turn)
    assert courier.lanes == [B, A]
    state.hand_over(turn)
    state.hand_over(make_turn("a"))
    assert courier.lanes == [B, A]


async def test_without_free_hands_notices_wait_in_the_outbox(state, courier, store):
    job = await start(state, make_turn())
    courier.hands_full = True
    turn = make_turn()
    state.job_log(turn).complete(job.id)
    await state.save_changes(turn)
    state.hand_over(turn)
    assert courier.taken == []
    assert [claim.lane for claim in await store.claim(10)] == [A]


async def test_a_courier_is_not_needed(store):
    state, turn = JobState(JobService(store)), make_turn()
    job = await start(state, turn)
    state.job_log(turn).complete(job.id)
    await state.save_changes(turn)
    state.hand_over(turn)
    state.hear(turn, speaks=True)
    report = await state.job_log(turn).find(job.id)
    assert (report.job.status, report.notice) == (
        JobStatus.SUCCEEDED,
        NoticeReport(status=NoticeStatus.QUEUED),
    )


async def test_a_sign_of_life_goes_to_the_courier(state, courier):
    state.hear(make_turn(), speaks=True)
    assert courier.heard == [Heard(lane=A, service_url="https://channel.example/", speaks=True)]


async def test_what_is_cleared_is_not_saved(state):
    turn = make_turn()
    state.job_log(turn).start()
    await state.clear_state(turn)
    await state.save_changes(turn)
    assert (await state.job_log(turn).page()).total == 0


async def test_a_commit_that_fails_is_told_and_never_repeated_by_the_turn():
    """The turn's answer would not fit a later commit: the channel sends the activity again instead."""
    async with open_sqlite(None, lease=timedelta(seconds=30)) as closed:
        pass
    state, turn = JobState(JobService(closed)), make_turn()
    staged = state.job_log(turn).start()
    with pytest.raises(StoreUnavailable):
        await state.save_changes(turn)
    with pytest.raises(NotCommitted):
        _ = staged.outcome
    await state.save_changes(turn)  # Which would raise again if it had kept what failed.
    assert len(state.job_log(turn).unit_of_work) == 0


async def test_the_log_is_never_replaced_or_deleted_as_a_whole(state):
    accessor, turn = state.create_property("JobLog"), make_turn()
    with pytest.raises(TypeError, match=r"JobLog\.start"):
        await accessor.set(turn, {})
    for deleting in (accessor.delete(turn), state.delete(turn)):
        with pytest.raises(TypeError, match="not deleted"):
            await deleting
    with pytest.raises(ValueError, match="keep 'Orders' in a state of your own"):
        state.create_property("Orders")


async def test_pages_follow_each_other_until_the_newest_is_asked_for(state):
    turn = make_turn()
    for _ in range(2 * PAGE_SIZE + 1):
        state.job_log(turn).start()
    await state.save_changes(turn)

    async def page(view=View.HERE_FIRST):
        turn = make_turn()
        page = await state.job_log(turn).page(view)
        await state.save_changes(turn)
        return len(page.jobs), page.has_more

    assert [await page() for _ in range(2)] == [(PAGE_SIZE, True)] * 2
    assert [await page(None) for _ in range(3)] == [(PAGE_SIZE, True), (1, False), (0, False)]
    assert await page() == (PAGE_SIZE, True)
    assert await page(None) == (PAGE_SIZE, True)


async def test_within_a_tenant_a_turn_sees_its_own_jobs_only(store):
    """Where the channel has no tenants, those of its own conversation."""
    state = JobState(JobService(store), within_tenant=True)
    turns = [
        make_turn("a", tenant=T1),
        make_turn("b", tenant=T1),
        make_turn("c", tenant=T2),
        make_turn("d"),
        make_turn("e"),
    ]
    jobs = [(await start(state, turn)).id for turn in turns]
    seen = []
    for turn in turns:
        log = state.job_log(turn)
        found = [job_id for job_id in jobs if await log.find(job_id)]
        listed = await log.page()
        assert sorted(job.id for job in listed.jobs) == found
        assert listed.total == len(found)
        seen.append([jobs.index(job_id) for job_id in found])
    assert seen == [[0, 1], [0, 1], [2], [3], [4]]


async def test_a_job_whose_tenant_reads_like_a_conversation_is_not_found_there(store):
    """Rows from before a tenant had to be a GUID."""
    await store.commit(
        [
            StartJob(
                lane=B,
                tenant=A,
                title=None,
                requested_by=None,
                reference="{}",
                source_activity=None,
            )
        ]
    )
    job_id = (await store.page(PageAsked(lane=B, size=1))).jobs[0].id
    log = JobState(JobService(store), within_tenant=True).job_log(make_turn("a"))
    assert await log.find(job_id) is None
