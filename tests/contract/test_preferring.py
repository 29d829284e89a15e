"""What conversations want to be told: nothing is lost, and nothing is told out of its order."""

from datetime import timedelta

import pytest

from jobs.changes import OweReply, SetPreferences
from jobs.job import JobStatus, NoticeReport, NoticeStatus
from jobs.notice import NoticeKind
from jobs.preferences import (
    QUIET,
    Only,
    Preferences,
    dump_awake_until,
    dump_only,
    dump_quiet,
    load_preferences,
)
from state.errors import LeaseLost
from state.owed_replies import dump_reply
from tests.contract.asking import URL, A, claim_one, defer, finish, job_ids, notice, owe, start
from tests.unit.jobs.test_preferences import BERLIN

HOUR = timedelta(hours=1)
PASSES = frozenset({NoticeKind.FAILED, NoticeKind.REPLY})


async def prefer(store, changes, lane=A):
    await store.commit([SetPreferences(lane=lane, changes=changes)])


async def ended(store, *statuses):
    """Start a job for each status, and end it so; return their numbers."""
    jobs = [await start(store) for _ in statuses]
    for job, status in zip(jobs, statuses, strict=True):
        await finish(store, job.id, status)
    return [job.id for job in jobs]


async def test_settings_are_kept_each_by_itself_and_can_be_taken_back(store):
    await prefer(store, dump_quiet(BERLIN))
    await prefer(store, dump_only(Only.FAILURES))
    assert (await store.held(A)).preferences == Preferences(quiet=BERLIN, only=Only.FAILURES)
    await prefer(store, dump_quiet(None))
    assert (await store.held(A)).preferences == Preferences(only=Only.FAILURES)
    await prefer(store, dump_only(None))
    assert (await store.held(A)).preferences == Preferences()


async def test_a_claim_says_what_the_conversation_wants(store):
    await owe(store)
    assert (await claim_one(store)).preferences is None
    await prefer(store, {QUIET: None})
    job = await start(store, lane="test/conversation-b")
    await prefer(store, dump_only(Only.CHANGES), "test/conversation-b")
    ours = {"token": "mine"}
    claim = (await finish(store, job.id, JobStatus.FAILED, **ours)).claim
    assert load_preferences(claim.preferences) == Preferences(only=Only.CHANGES)


async def test_what_does_not_pass_goes_behind_what_does(store, clock):
    done, failed, done_too, failed_too = await ended(
        store, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.SUCCEEDED, JobStatus.FAILED
    )
    claim = await store.hold_back(await claim_one(store), PASSES, HOUR)
    assert job_ids(claim) == [failed, failed_too, done, done_too]
    assert (await store.held(A)).notices == 4
    following = await store.sent(claim, claim.notices[1].seq)
    assert job_ids(following) == [done, done_too]
    assert (await notice(store, failed)).status is NoticeStatus.SENT
    assert (await notice(store, done)).status is NoticeStatus.QUEUED
    assert await store.hold_back(following, PASSES, HOUR) is None
    assert await store.claim(10) == []
    assert await notice(store, done) == NoticeReport(status=NoticeStatus.QUEUED, retry_at=clock() + HOUR)
    clock.now += HOUR
    last = await claim_one(store)
    assert job_ids(last) == [done, done_too]
    assert await store.sent(last, last.notices[-1].seq) is None
    assert (await store.held(A)).notices == 0


async def test_the_lane_is_due_when_something_is_owed_that_passes(store, clock):
    [done] = await ended(store, JobStatus.SUCCEEDED)
    assert await store.hold_back(await claim_one(store), PASSES, HOUR) is None
    [done_too] = await ended(store, JobStatus.SUCCEEDED)
    assert await store.claim(10) == []
    [failed] = await ended(store, JobStatus.FAILED)
    claim = await store.hold_back(await claim_one(store), PASSES, HOUR)
    assert job_ids(claim) == [failed, done, done_too]


async def test_so_it_is_when_a_reply_is_owed(store):
    [done] = await ended(store, JobStatus.SUCCEEDED)
    assert await store.hold_back(await claim_one(store), PASSES, HOUR) is None
    for kind in (NoticeKind.WATCHED, NoticeKind.REPLY):
        reply = OweReply(done, A, URL, dump_reply("Here.", "{}"), None, kind=kind)
        assert await store.claim(10) == []
        await store.commit([reply])
    claim = await store.hold_back(await claim_one(store), PASSES, HOUR)
    assert [each.kind for each in claim.notices] == [
        NoticeKind.REPLY,
        NoticeKind.SUCCEEDED,
        NoticeKind.WATCHED,
    ]


async def test_a_muted_conversation_stays_mute_for_what_passes(store, clock):
    await ended(store, JobStatus.SUCCEEDED)
    assert await store.hold_back(await claim_one(store), PASSES, HOUR) is None
    await defer(store, clock() + 2 * HOUR)
    await ended(store, JobStatus.FAILED)
    clock.now += HOUR
    assert await store.claim(10) == []


async def test_what_is_held_is_looked_at_again_when_a_setting_changes(store):
    owed = await owe(store)
    await prefer(store, dump_quiet(BERLIN))
    assert await store.hold_back(await claim_one(store), PASSES, HOUR) is None
    await prefer(store, dump_awake_until(store.clock() + HOUR))
    assert job_ids(await claim_one(store)) == owed


async def test_settings_end_no_lease(store):
    await owe(store)
    claim = await claim_one(store)
    await prefer(store, dump_quiet(BERLIN))
    assert await store.claim(10) == []
    assert await store.sent(claim, claim.notices[-1].seq) is None


async def test_who_lost_the_lease_holds_nothing_back(store, clock):
    await ended(store, JobStatus.SUCCEEDED, JobStatus.FAILED)
    lost = await claim_one(store)
    clock.now += HOUR
    claim = await claim_one(store)
    with pytest.raises(LeaseLost):
        await store.hold_back(lost, PASSES, HOUR)
    assert (await store.held(A)).notices == 2
    assert await store.sent(claim, claim.notices[-1].seq) is None


async def test_a_long_night_keeps_its_order(store):
    held = await owe(store, 120)
    [failed] = await ended(store, JobStatus.FAILED)
    claim, told = await store.hold_back(await claim_one(store), PASSES, HOUR), []
    assert claim.notices[0].job_id == failed
    claim = await store.sent(claim, claim.notices[0].seq)
    while claim is not None:
        told += job_ids(claim)
        claim = await store.sent(claim, claim.notices[-1].seq)
    assert told == held


async def test_the_tries_of_one_notice_do_not_count_for_the_next(store, clock):
    await ended(store, JobStatus.SUCCEEDED, JobStatus.FAILED)
    await store.retry(await claim_one(store), HOUR, "503")
    clock.now += HOUR
    tried = await claim_one(store)
    assert tried.attempts == 1
    claim = await store.hold_back(tried, PASSES, HOUR)
    assert (claim.attempts, claim.tried_for) == (0, timedelta())
    await store.retry(claim, HOUR, "503")
    clock.now += HOUR
    assert (await claim_one(store)).attempts == 1


async def test_what_nobody_wants_is_settled_and_says_so(store):
    done, failed = await ended(store, JobStatus.SUCCEEDED, JobStatus.FAILED)
    claim = await claim_one(store)
    claim = await store.sent(claim, claim.notices[0].seq, wanted=False)
    assert job_ids(claim) == [failed]
    assert await notice(store, done) == NoticeReport(status=NoticeStatus.UNWANTED)
    assert (await store.find(done)).job.told_at is None
    await store.sent(claim, claim.notices[0].seq)
    assert await notice(store, failed) == NoticeReport(status=NoticeStatus.SENT)


async def test_a_job_system_hears_that_nobody_wanted_to_be_told(store):
    job = await start(store, webhook="ci")
    await finish(store, job.id, JobStatus.SUCCEEDED)
    claims = {claim.lane: claim for claim in await store.claim(10)}
    assert await store.sent(claims[A], claims[A].notices[-1].seq, wanted=False) is None
    [events] = [claim for lane, claim in claims.items() if lane != A]
    following = await store.sent(events, events.notices[-1].seq)
    assert [each.kind for each in following.notices] == [NoticeKind.NOTICE_UNWANTED]
    assert (await store.find(job.id)).job.told_at is None


async def test_whoever_lost_the_lease_calls_nothing_unwanted(store, clock):
    [done] = await ended(store, JobStatus.SUCCEEDED)
    lost = await claim_one(store)
    clock.now += HOUR
    claim = await claim_one(store)
    with pytest.raises(LeaseLost):
        await store.sent(lost, lost.notices[0].seq, wanted=False)
    await store.sent(claim, claim.notices[0].seq)
    assert (await notice(store, done)).status is NoticeStatus.SENT


@pytest.mark.parametrize("tenant", [A, "tenant-1"])
async def test_the_outcome_before_is_that_of_the_same_title_in_the_same_conversation(store, tenant):
    async def run(title, status, lane=A):
        job = await start(store, lane, title=title, tenant=lane if tenant == A else tenant)
        await finish(store, job.id, status)

    await run("nightly", JobStatus.FAILED)
    await run("nightly", JobStatus.CANCELLED)
    await run("other", JobStatus.SUCCEEDED)
    await run("nightly", JobStatus.SUCCEEDED, "test/conversation-b")
    await run("nightly", JobStatus.SUCCEEDED)
    await run("new", JobStatus.FAILED)
    claims = await store.claim(10)
    [claim] = [each for each in claims if each.lane == A]
    titled = [each for each in claim.notices if each.kind is not NoticeKind.CANCELLED]
    before = await store.outcomes_before(A, titled)
    assert dict(zip([each.title + each.kind.value for each in titled], before, strict=True)) == {
        "nightlyfailed": None,
        "othersucceeded": None,
        "nightlysucceeded": JobStatus.FAILED,
        "newfailed": None,
    }
