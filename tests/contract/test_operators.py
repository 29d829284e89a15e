"""What operators see of queues and jobs, and the record of what they did."""

from datetime import timedelta

from jobs.attempts import ATTEMPTS_KEPT_FOR, KEPT_ATTEMPTS, SENT, Failure
from jobs.job import JobId, JobStatus, NoticeStatus
from jobs.lane import webhook_lane
from jobs.listing import JobsAsked, Telling
from jobs.notice import LetterPlace
from jobs.operators import AuditEntry, Operator, Role
from jobs.overview import WAIT_BOUNDS, Minute
from jobs.redelivery import LetterAct, LetterFilter, RunState
from tests.contract.asking import (
    A,
    B,
    claim_one,
    complete,
    dead,
    defer,
    finish,
    owe,
    sent,
    speak,
    start,
)
from tests.contract.databases import LEASE

MINUTE = timedelta(minutes=1)
ANN = Operator("Ann", Role.OPERATOR, "secret")
BUSY = Failure(1, "Unavailable", 503, "ServiceUnavailable", timedelta(seconds=7))


async def fail(store, after=MINUTE, told=1):
    """Fail to send the first *told* notices."""
    claim = await claim_one(store)
    failure = BUSY._replace(through=claim.notices[told - 1].seq)
    await store.retry(claim, after, "Unavailable (503)", failure=failure)
    return claim


async def history(store, job_id):
    found = await store.operators.histories.history(job_id)
    assert found is not None
    return found


async def test_a_failed_attempt_is_kept_and_so_is_the_success_after_it(store, clock):
    (job_id,) = await owe(store)
    failed_at = clock()
    (failed,) = (await fail(store)).notices
    clock.now += MINUTE
    await sent(store, await claim_one(store), 1)
    first, last = (await history(store, job_id)).attempts
    assert first == (failed_at, A, failed.seq, failed.seq, *BUSY[1:], failed_at + MINUTE)
    assert (last.at, last.outcome, last.status, last.next_at) == (clock(), SENT, None, None)


async def test_a_first_success_costs_no_row(store):
    (job_id,) = await owe(store)
    await sent(store, await claim_one(store), 1)
    assert (await history(store, job_id)).attempts == []


async def test_parking_a_probe_and_giving_up_are_attempts_too(store, clock):
    (job_id,) = await owe(store)
    for _ in range(2):
        await store.park(await claim_one(store), "403", failure=Failure(1, "Blocked", 403))
        clock.now += timedelta(days=2)
    rejected = Failure(1, "Rejected", 404, "NotFound")
    await dead(store, await claim_one(store), 1, status=404, error="Rejected (404)", failure=rejected)
    found = await history(store, job_id)
    assert [each.outcome for each in found.attempts] == ["Blocked", "Blocked", "Rejected"]
    assert (found.dead.error, found.report.notice.status) == ("Rejected (404)", NoticeStatus.FAILED)


async def test_an_attempt_of_a_worker_that_lost_its_lease_is_not_kept(store, clock):
    (job_id,) = await owe(store)
    claim = await claim_one(store)
    clock.now += LEASE + MINUTE
    await claim_one(store)
    try:
        await store.retry(claim, MINUTE, "late", failure=BUSY)
    except Exception as error:
        assert type(error).__name__ == "LeaseLost"
    assert (await history(store, job_id)).attempts == []


async def test_a_message_with_several_notices_is_an_attempt_of_each(store):
    owed = await owe(store, 3)
    await fail(store, told=2)
    assert [len((await history(store, each)).attempts) for each in owed] == [1, 1, 0]


async def test_attempts_are_bounded_by_number_and_by_age(store, clock):
    (job_id,) = await owe(store)
    for _ in range(KEPT_ATTEMPTS + 3):
        await fail(store)
        clock.now += MINUTE
    kept = (await history(store, job_id)).attempts
    assert len(kept) == KEPT_ATTEMPTS
    assert kept[-1].at == clock() - MINUTE
    clock.now += ATTEMPTS_KEPT_FOR
    assert (await history(store, job_id)).attempts == []
    await fail(store)
    assert len((await history(store, job_id)).attempts) == 1


async def test_a_requeued_letter_remembers_what_was_tried_before(store):
    (job_id,) = await owe(store)
    rejected = Failure(1, "Rejected", 404)
    await dead(store, await claim_one(store), 1, status=404, error="gone", failure=rejected)
    await store.requeue(job_id)
    assert [each.outcome for each in (await history(store, job_id)).attempts] == ["Rejected"]


async def test_a_history_says_how_the_queue_stands(store, clock):
    first, second = await owe(store, 2)
    claim = await claim_one(store)
    found = await history(store, second)
    first_place, place = (notice.seq for notice in claim.notices)
    assert (found.seq, found.lane.head, found.lane.tail) == (place, first_place - 1, place)
    assert found.lane.leased
    assert (found.owed_at, found.ahead) == (clock(), 1)
    await sent(store, claim, 1)
    assert (await history(store, first)).owed_at is None
    running = await start(store)
    found = await history(store, running.id)
    assert (found.seq, found.report.notice) == (None, None)
    assert await store.operators.histories.history(JobId(10**40)) is None


async def test_counts_and_pages_of_queues(store, clock):
    overviews = store.operators.overviews
    empty = await overviews.counts()
    assert empty[:6] == (0, 0, 0, 0, 0, 0)
    await start(store)
    await owe(store, 2, A)
    clock.now += MINUTE
    (late,) = await owe(store, 1, B)
    counts = await overviews.counts()
    assert (counts.jobs, counts.running, counts.waiting, counts.parked) == (4, 1, 2, 0)
    assert counts.due_since == clock() - MINUTE
    one, other = await overviews.waiting(limit=5)
    assert (one.lane, one.waiting, one.owed_at) == (A, 2, clock() - MINUTE)
    assert (other.lane, other.job_id) == (B, late)
    place = (int(one.due_at.timestamp() * 1_000_000), one.lane)
    assert await overviews.waiting(limit=5, after=place) == [other]


async def test_since_when_a_conversation_is_tried(store, clock):
    overviews = store.operators.overviews
    await owe(store, 1, A)
    assert (await overviews.counts()).tried_since is None
    tried_at = clock()
    for _ in range(2):
        await store.retry(await claim_one(store), MINUTE, "503")
        clock.now += MINUTE
    assert (await overviews.counts()).tried_since == tried_at
    await store.park(await claim_one(store), "blocked")
    assert (await overviews.counts()).tried_since is None


async def test_muted_conversations(store, clock):
    overviews = store.operators.overviews
    await start(store, B)
    await owe(store, 2, A)
    until = clock() + 5 * MINUTE
    await defer(store, until, A)
    await defer(store, until + MINUTE, B)
    assert await overviews.muted(limit=9) == [(A, until, 2), (B, until + MINUTE, 0)]
    assert (await overviews.counts()).muted == 2
    assert not await overviews.hasten(A)
    clock.now += 5 * MINUTE
    assert [each.lane for each in await overviews.muted(limit=9)] == [B]


async def test_a_queue_that_waits_is_tried_at_once_on_demand(store):
    await owe(store)
    await fail(store)
    assert await store.claim(9) == []
    assert await store.operators.overviews.hasten(A)
    assert not await store.operators.overviews.hasten(A)
    claim = await claim_one(store)
    assert not await store.operators.overviews.hasten(A)
    await store.park(claim, "403", failure=Failure(1, "Blocked", 403))
    assert await store.operators.overviews.hasten(A)
    assert (await claim_one(store)).parked


async def test_what_waits_for_a_job_system(store, clock):
    job = await start(store, webhook="ci")
    await start(store, webhook="ci")
    await start(store, webhook="ci2")
    claims = {claim.lane: claim for claim in await store.claim(9)}
    await store.retry(claims[webhook_lane("ci", job.id)], MINUTE, "Unavailable (502)")
    backlog = await store.operators.overviews.backlog("ci")
    assert (backlog.waiting, backlog.last_error) == (2, "Unavailable (502)")
    assert (await store.operators.overviews.backlog("other")).waiting == 0


async def test_jobs_with_how_people_stand(store):
    ids = [*await owe(store, 1, A), *await owe(store, 1, B), (await start(store, A)).id]
    found = await store.operators.overviews.reports([*ids, JobId(7)])
    assert dict(found) == {number: await store.find(number) for number in ids}
    assert await store.operators.overviews.reports([]) == {}
    many = [*ids, *map(JobId, range(1, 1_200))]
    assert dict(await store.operators.overviews.reports(many)) == dict(found)


async def test_what_nobody_wanted_was_no_attempt(store):
    (job_id,) = await owe(store)
    await fail(store, timedelta())
    assert await sent(store, await claim_one(store), 1, wanted=False) is None
    found = await history(store, job_id)
    assert found.report.notice.status is NoticeStatus.UNWANTED
    assert [each.outcome for each in found.attempts] == ["Unavailable"]
    asked = JobsAsked(size=9, telling=Telling.UNWANTED)
    assert [job.id for job in (await store.list_jobs(asked)).jobs] == [job_id]


async def test_quiet_hours_are_left_alone(store, clock):
    (job_id,) = await owe(store)
    assert await store.hold_back(await claim_one(store), frozenset(), MINUTE) is None
    (lane,) = await store.operators.overviews.waiting(limit=9)
    assert (lane.held, lane.due_at) == (True, clock() + MINUTE)
    assert (await history(store, job_id)).lane.held
    assert not await store.operators.overviews.hasten(A)


async def test_jobs_are_found_by_who_asked_and_by_how_people_stand(store):
    async def listed(**which):
        return [job.id for job in (await store.list_jobs(JobsAsked(size=9, **which))).jobs]

    told, waiting, given_up, purged, failed = [
        (await start(store, lane, requested_by=name)).id
        for lane, name in [(A, "Ann"), (A, "Bob"), (B, "ann lee"), (B, None), (B, "Éva")]
    ]
    await complete(store, told)
    await sent(store, await claim_one(store), 1)
    await complete(store, waiting)
    for job_id in (given_up, purged):
        await complete(store, job_id)
    claims = {claim.lane: claim for claim in await store.claim(9)}
    await dead(store, claims[B], 2, status=400, error="refused")
    letters = await store.dead_letters(limit=9)
    await store.purge_letters([letter for letter in letters if letter.job_id == purged])
    await finish(store, failed, JobStatus.FAILED)
    assert await listed(asker="ann*") == [given_up, told]
    assert await listed(telling=Telling.TOLD) == [told]
    assert await listed(telling=Telling.WAITING) == [failed, waiting]
    assert await listed(telling=Telling.GIVEN_UP) == [purged, given_up]
    assert await listed(statuses=frozenset({JobStatus.FAILED})) == [failed]
    assert await listed(statuses=frozenset({JobStatus.FAILED}), telling=Telling.TOLD) == []


async def test_the_record_of_acts_grows_and_is_read_page_by_page(store, clock):
    audit = store.operators.audit
    await audit.record(ANN, "requeue", "job:7")
    clock.now += MINUTE
    await audit.record(ANN, "purge", "reason:403", 12)
    last, first = await audit.entries(limit=9)
    assert last == AuditEntry(clock(), "Ann", "secret", "purge", "reason:403", 12, last.id)
    assert (first.act, first.changed) == ("requeue", 1)
    assert await audit.entries(limit=9, before=last.id) == [first]
    assert await audit.of("job:7", limit=9) == [first]


async def test_a_run_is_taken_by_one_at_a_time_and_goes_on_where_it_was(store, clock):
    runs = store.operators.letter_runs
    which = LetterFilter(reason="403", job_system="ci")
    begun = await runs.start(ANN, LetterAct.REQUEUE, which)
    assert (begun.which, begun.who, begun.started_at) == (which, "Ann", clock())
    taken = await runs.take(MINUTE)
    assert taken == begun
    assert await runs.take(MINUTE) is None
    place = LetterPlace(clock(), A, 7)
    await runs.advance(taken, changed=3, looked_at=500, after=place, pause=timedelta(seconds=1))
    assert await runs.take(MINUTE) is None
    clock.now += timedelta(seconds=1)
    taken = await runs.take(MINUTE)
    assert (taken.changed, taken.looked_at, taken.after) == (3, 500, place)
    clock.now += 2 * MINUTE  # Its process died.
    assert await runs.take(MINUTE) == taken
    assert await runs.switch(begun.id, stop=True)
    assert not await runs.switch(begun.id, stop=True)
    clock.now += 2 * MINUTE
    assert await runs.take(MINUTE) is None
    assert await runs.switch(begun.id, stop=False)
    taken = await runs.take(MINUTE)
    await runs.end(taken, changed=1, looked_at=2)
    (ended,) = await runs.runs(limit=9)
    assert (ended.state, ended.changed, ended.looked_at) == (RunState.DONE, 4, 502)
    assert not await runs.switch(begun.id, stop=False)


async def test_minutes_of_all_processes_are_added_up_and_old_ones_go(store, clock):
    minutes = store.operators.minutes
    waits = (2, *[0] * len(WAIT_BOUNDS))
    at = clock()
    await minutes.keep("one", Minute(at, 1, 2, 3, 4, waits))
    await minutes.keep("other", Minute(at, 10, 0, 0, 0, waits))
    await minutes.keep("other", Minute(at, 99, 0, 0, 0, waits))
    clock.now += MINUTE
    await minutes.keep("one", Minute(clock(), 5))
    first, second = await minutes.since(timedelta(hours=1))
    assert first == Minute(at, 11, 2, 3, 4, (4, *waits[1:]))
    assert second.sent == 5
    clock.now += timedelta(hours=47, minutes=59, seconds=30)
    await minutes.keep("one", Minute(clock()))
    assert [each.at for each in await minutes.since(timedelta(days=9))] == [second.at, clock()]


async def test_a_conversation_that_speaks_opens_its_queue_as_before(store):
    await owe(store)
    await store.park(await claim_one(store), "403", failure=Failure(1, "Blocked", 403))
    await speak(store)
    assert (await store.operators.overviews.counts()).parked == 0
