"""Reading: one job, the log page by page, and who was welcomed where."""

from datetime import timedelta

import pytest

from jobs.changes import Bookmark, ForgetMembers, WelcomeMembers
from jobs.job import COUNTED_JOBS, JobId, JobReport, NoticeReport, NoticeStatus
from jobs.listing import Position, Section, View
from tests.contract.asking import A, B, claim_one, complete, dead, notice, page, sent, start, start_job

QUEUED = NoticeReport(status=NoticeStatus.QUEUED)


async def start_many(store, count):
    """Start *count* jobs and return their numbers, newest first."""
    return [job.id for job in await store.commit([start_job() for _ in range(count)])][::-1]


def bookmark(lane, *shown, source_activity=None):
    """Return the change that remembers which jobs a conversation was shown last."""
    return Bookmark(
        lane=lane,
        end=Position(Section.ALL, shown[-1]),
        start=Position(Section.ALL, JobId(shown[0] + 1)),
        source_activity=source_activity,
    )


async def numbers_on(store, lane=A, **which):
    """Return the numbers on a page, whether more follow, and whether the lane has a bookmark."""
    seen = await page(store, lane, **which)
    return [job.id for job in seen.jobs], seen.has_more, seen.bookmarked


async def test_a_running_job_has_no_notice(store):
    job = await start(store)
    assert await store.find(job.id) == JobReport(job=job, notice=None)


async def test_a_notice_is_queued_until_it_is_sent_whoever_holds_it(store):
    job = await start(store)
    claim = (await complete(store, job.id, "mine")).claim
    assert await notice(store, job.id) == QUEUED
    await store.release(claim)
    assert await notice(store, job.id) == QUEUED
    claim = await claim_one(store)
    assert await notice(store, job.id) == QUEUED
    await sent(store, claim, 1)
    assert await notice(store, job.id) == NoticeReport(status=NoticeStatus.SENT)


async def test_a_dead_letter_stays_one_while_later_notices_are_sent_and_retried(store):
    first, second = [await start(store) for _ in range(2)]
    claim = (await complete(store, first.id, "mine")).claim
    await dead(store, claim, 1, status=404, error="404")
    claim = (await complete(store, second.id, "mine too")).claim
    await store.retry(claim, timedelta(seconds=1), "503")
    assert (await notice(store, first.id)).last_error == "404"
    assert (await notice(store, second.id)).last_error == "503"


async def test_an_empty_log_has_an_empty_page(store):
    assert (await page(store)).total == 0
    assert await numbers_on(store) == ([], False, False)
    assert await numbers_on(store, more=True) == ([], False, False)


async def test_the_newest_jobs_of_every_conversation_and_tenant_come_first(store):
    jobs = [await start(store, lane, tenant=tenant) for lane, tenant in [(A, "t1"), (B, "t2"), (A, "t1")]]
    await complete(store, jobs[1].id)
    seen = await page(store, B, size=2)
    assert list(seen.jobs) == [jobs[2], (await store.find(jobs[1].id)).job]
    assert (seen.total, seen.has_more) == (3, True)


async def test_a_tenants_page_and_total_are_of_its_own_jobs(store):
    t1, t2 = [[(await start(store, tenant=tenant)).id for _ in range(4)] for tenant in ("t1", "t2")]
    assert await numbers_on(store, tenant="t1") == (t1[:0:-1], True, False)
    assert await numbers_on(store, tenant="t1", more=True) == (t1[:1], False, False)
    await store.commit([bookmark(A, t2[1])])
    assert await numbers_on(store, tenant="t2", more=True) == (t2[:1], False, True)
    totals = [(await page(store, tenant=tenant)).total for tenant in ("t1", "t2", "t3", None)]
    assert totals == [4, 4, 0, 8]


async def test_a_job_whose_tenant_reads_like_a_conversation_is_on_no_page_of_that(store):
    """Rows from before a tenant had to be a GUID."""
    own = await start(store, A)
    await start(store, B, tenant=A)
    assert await numbers_on(store, A, tenant=A) == ([own.id], False, False)


async def test_the_jobs_of_a_conversation_without_a_tenant_are_counted_to_a_bound(store):
    """Not every store keeps their total, so the count has a limit."""
    await store.commit([start_job() for _ in range(COUNTED_JOBS)])
    await store.commit([start_job(B, tenant=tenant) for tenant in (B, "t1")])
    seen = await page(store, tenant=A)
    assert (seen.total, seen.beyond_total) == (COUNTED_JOBS, False)
    await start(store)
    seen = await page(store, tenant=A)
    assert (seen.total, seen.beyond_total) == (COUNTED_JOBS, True)
    assert [(await page(store, B, tenant=tenant)).total for tenant in (B, "t1")] == [1, 1]
    everybody = await page(store)
    assert (everybody.total, everybody.beyond_total) == (COUNTED_JOBS + 3, False)


async def test_a_page_that_just_fits_has_no_more(store):
    numbers = await start_many(store, 3)
    assert await numbers_on(store) == (numbers, False, False)


async def test_more_without_a_bookmark_is_the_second_page(store):
    """Without `show more` a conversation has seen at most the first page."""
    numbers = await start_many(store, 7)
    assert await numbers_on(store, more=True) == (numbers[3:6], True, False)


async def test_a_bookmark_reads_on_from_one_job_whatever_is_started_meanwhile(store):
    numbers = await start_many(store, 7)
    await store.commit([bookmark(A, numbers[2])])
    newer = await start_many(store, 5)
    assert await numbers_on(store, more=True) == (numbers[3:6], True, True)
    await store.commit([bookmark(A, numbers[5])])
    assert await numbers_on(store, more=True) == (numbers[6:], False, True)
    await store.commit([bookmark(A, numbers[6])])
    assert await numbers_on(store, more=True) == ([], False, True)
    assert await numbers_on(store) == (newer[:3], True, True)


async def test_the_activity_that_set_the_bookmark_is_shown_the_same_again(store):
    """A channel resends an activity that was not answered in time: no page may be skipped by that."""
    numbers = await start_many(store, 7)
    await store.commit([bookmark(A, *numbers[3:6], source_activity="activity-1")])
    for activity, expected in [
        ("activity-1", numbers[3:6]),
        ("activity-2", numbers[6:]),
        (None, numbers[6:]),
    ]:
        shown, _, bookmarked = await numbers_on(store, more=True, source_activity=activity)
        assert (shown, bookmarked) == (expected, True)
    assert (await numbers_on(store, source_activity="activity-1"))[0] == numbers[:3]


async def test_every_conversation_has_a_bookmark_of_its_own(store):
    numbers = await start_many(store, 7)
    await store.commit([bookmark(A, numbers[5]), bookmark(B, numbers[0])])
    assert (await numbers_on(store, A, more=True))[0] == numbers[6:]
    assert (await numbers_on(store, B, more=True))[0] == numbers[1:4]


async def test_a_bookmark_can_be_taken_out_also_where_there_is_none(store):
    numbers = await start_many(store, 7)
    await store.commit([bookmark(A, numbers[5])])
    for _ in range(2):
        assert await store.commit([Bookmark(lane=A, end=None)]) == [None]
        assert await numbers_on(store, more=True) == (numbers[3:6], True, False)


async def read_on(store, lane, view, *, size, tenant=None):
    """Read a view to its end, page by page; return the numbers on each page."""
    seen, pages = await page(store, lane, size=size, view=view, tenant=tenant), []
    while seen.jobs:
        pages.append([job.id for job in seen.jobs])
        await store.commit([Bookmark(lane=lane, end=seen.end, start=seen.start)])
        more = seen.has_more
        seen = await page(store, lane, size=size, more=True, tenant=tenant)
        assert bool(seen.jobs) == more
    await store.commit([Bookmark(lane=lane, end=None)])
    return pages


@pytest.mark.parametrize("tenant", [None, "t1"])
async def test_the_jobs_of_the_conversation_that_asks_come_first(store, tenant):
    ours, others = [], []
    for lane, jobs in [(A, ours), (B, others)] * 3 + [(B, others)] * 2:
        jobs.insert(0, (await start(store, lane, tenant="t1")).id)
    for size in (1, 2, 3, 4, 20):
        pages = await read_on(store, A, View.HERE_FIRST, size=size, tenant=tenant)
        assert [number for each in pages for number in each] == ours + others, size
        assert all(len(each) == size for each in pages[:-1])


async def test_a_tenants_view_has_no_job_of_another_tenant_in_any_section(store):
    ours = (await start(store, A, tenant="t1")).id
    await start(store, A, tenant="t2")
    other = (await start(store, B, tenant="t1")).id
    await start(store, B, tenant="t2")
    assert await read_on(store, A, View.HERE_FIRST, size=5, tenant="t1") == [[ours, other]]
    assert await read_on(store, A, View.ALL, size=5, tenant="t1") == [[other, ours]]
    assert await read_on(store, A, View.RUNNING, size=5, tenant="t1") == [[other, ours]]


async def test_a_conversation_that_is_its_own_tenant_sees_itself_in_every_view(store):
    mine = [(await start(store, A, tenant=A)).id for _ in range(3)][::-1]
    await start(store, B, tenant=B)
    for view in View:
        assert await read_on(store, A, view, size=2, tenant=A) == [mine[:2], mine[2:]]


@pytest.mark.parametrize("tenant", [None, "t1", A])
async def test_running_jobs_are_listed_and_counted_until_they_end(store, tenant):
    jobs = [(await start(store, tenant=tenant or "t1")).id for _ in range(4)]
    await complete(store, jobs[1])
    for _ in range(2):
        seen = await page(store, view=View.RUNNING, size=2, tenant=tenant)
        assert ([job.id for job in seen.jobs], seen.total, seen.has_more) == ([jobs[3], jobs[2]], 3, True)
    await complete(store, jobs[3])
    assert (await page(store, view=View.RUNNING, tenant=tenant)).total == 2


async def test_reading_on_continues_the_view_that_was_seen_last(store):
    numbers = await start_many(store, 4)
    await complete(store, numbers[1])
    seen = await page(store, size=2, view=View.RUNNING)
    await store.commit([Bookmark(lane=A, end=seen.end, start=seen.start)])
    assert await numbers_on(store, more=True) == ([numbers[3]], False, True)


async def test_a_member_is_new_once_in_each_conversation(store):
    async def welcome(lane, *members):
        return (await store.commit([WelcomeMembers(lane=lane, members=members)]))[0]

    assert await welcome(A, "zoe", "alex", "zoe") == ("zoe", "alex")
    assert await welcome(A, "alex", "kim") == ("kim",)
    assert await welcome(B, "alex") == ("alex",)
    assert await store.commit([ForgetMembers(lane=A, members=["alex", "stranger"])]) == [None]
    assert await welcome(A, "zoe", "alex") == ("alex",)
    assert await welcome(B, "alex") == ()


async def test_what_one_process_stored_the_other_reads(two_stores):
    one, other = two_stores
    job = await start(one)
    assert (await other.find(job.id)).job == job
    await complete(other, job.id)
    assert (await page(one)).jobs == ((await other.find(job.id)).job,)
