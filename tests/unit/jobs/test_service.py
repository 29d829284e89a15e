"""`JobService` from outside a turn, on the real store in memory."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from instants import utc_now
from jobs.changes import ReportResult, StartJob
from jobs.job import JobId, JobStatus, NoticeStatus
from jobs.lane import Heard, lane_key
from jobs.listing import PageAsked
from jobs.notice import NoticeKind
from jobs.service import JobService
from jobs.transitions import ReportKind
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore
from tests.fakes.noting_courier import NotingCourier

LANE = lane_key("emulator", "a")
SUCCEEDED = ReportKind.SUCCEEDED
REQUEST = StartJob(
    lane=LANE,
    tenant=LANE,
    title="nightly report",
    requested_by="Alex",
    reference="{}",
    source_activity="activity-1",
)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with open_sqlite(None, lease=timedelta(seconds=30)) as store:
        yield store


@pytest.fixture
def courier() -> NotingCourier:
    return NotingCourier()


@pytest.fixture
def service(store, courier) -> JobService:
    return JobService(store, courier)


async def test_a_started_job_is_in_the_log(service):
    job = await service.start(REQUEST)
    report = await service.find(job.id)
    assert (report.job, report.notice) == (job, None)
    assert (job.title, job.requested_by, job.status) == ("nightly report", "Alex", JobStatus.RUNNING)
    page = await service.page(PageAsked(lane=LANE, size=5))
    assert page.jobs == (job,)


async def test_the_same_activity_starts_one_job(service):
    assert await service.start(REQUEST) == await service.start(REQUEST)


async def test_a_report_is_committed_and_its_claim_is_with_the_courier_at_once(service, courier):
    """No caller has to take the claim out of the outcome and hand it over."""
    job = await service.start(REQUEST)
    assert await service.report(job.id, SUCCEEDED, source="webhook-1") is ReportResult.ACCEPTED
    assert [(claim.lane, claim.notices[0].job_id) for claim in courier.taken] == [(LANE, job.id)]
    assert (await service.find(job.id)).job.status is JobStatus.SUCCEEDED


async def test_a_repeated_report_changes_nothing_and_delivers_nothing(service, courier):
    job = await service.start(REQUEST)
    results = [await service.report(job.id, SUCCEEDED, source=source) for source in ("r1", "r1", "r2", None)]
    assert results == [
        ReportResult.ACCEPTED,
        ReportResult.REPEATED,
        ReportResult.ALREADY_FINISHED,
        ReportResult.ALREADY_FINISHED,
    ]
    assert len(courier.taken) == 1


async def test_a_report_for_an_unknown_job_says_so(service, courier):
    assert await service.report(JobId(1), SUCCEEDED, source=None) is ReportResult.UNKNOWN_JOB
    assert courier.taken == []


async def test_while_the_courier_has_no_room_the_notice_waits_in_the_outbox(service, courier, store):
    job = await service.start(REQUEST)
    courier.hands_full = True
    await service.report(job.id, SUCCEEDED, source=None)
    assert courier.taken == []
    assert [claim.lane for claim in await store.claim(10)] == [LANE]


async def test_without_a_courier_the_notice_waits_in_the_outbox(store):
    service = JobService(store)
    job = await service.start(REQUEST)
    await service.report(job.id, SUCCEEDED, source=None)
    service.hear(Heard(lane=LANE, service_url="https://channel.example", speaks=True))
    assert (await service.find(job.id)).notice.status is NoticeStatus.QUEUED


@pytest.mark.parametrize("kind", [ReportKind.FAILED, ReportKind.CANCELLED])
async def test_a_job_may_end_otherwise_and_its_notice_says_so(service, courier, kind):
    job = await service.start(REQUEST)
    assert await service.report(job.id, kind, source=None, body='{"exitCode": 3}') is ReportResult.ACCEPTED
    [notice] = courier.taken[0].notices
    assert (notice.kind.value, notice.body) == (kind.value, '{"exitCode": 3}')
    assert (await service.find(job.id)).job.status.value == kind.value


async def test_a_report_of_work_lets_a_queued_job_run_and_comes_too_late_for_an_ended_one(service, courier):
    job = await service.start(REQUEST._replace(status=JobStatus.QUEUED))
    for kind in (ReportKind.STARTED, ReportKind.PROGRESS, ReportKind.HEARTBEAT):
        assert await service.report(job.id, kind, source=None) is ReportResult.ACCEPTED
    assert (await service.find(job.id)).job.status is JobStatus.RUNNING
    assert courier.taken == []
    await service.report(job.id, SUCCEEDED, source=None)
    assert await service.report(job.id, ReportKind.PROGRESS, source=None) is ReportResult.ALREADY_FINISHED
    assert await service.report(JobId(1), ReportKind.STARTED, source=None) is ReportResult.UNKNOWN_JOB


async def test_a_notice_can_be_owed_beside_the_end(service, courier):
    job = await service.start(REQUEST)
    assert await service.owe(job.id, NoticeKind.STARTED)
    assert [notice.kind for notice in courier.taken[0].notices] == [NoticeKind.STARTED]
    assert not await service.owe(JobId(1), NoticeKind.STARTED)


async def test_a_deferred_conversation_is_told_nothing_until_it_is_let_go(service, courier, store):
    job = await service.start(REQUEST)
    await service.defer(LANE, utc_now() + timedelta(hours=1))
    await service.report(job.id, SUCCEEDED, source=None)
    assert (courier.taken, await store.claim(10)) == ([], [])
    await service.defer(LANE, None)
    assert [claim.lane for claim in await store.claim(10)] == [LANE]
