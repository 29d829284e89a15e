"""`JobService` from outside a turn, on the real store in memory."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from jobs.changes import CompletionResult, StartJob
from jobs.job import JobId, JobStatus, NoticeStatus
from jobs.lane import Heard, lane_key
from jobs.service import JobService
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore
from tests.fakes.noting_courier import NotingCourier

LANE = lane_key("emulator", "a")
REQUEST = StartJob(
    lane=LANE,
    tenant=LANE,
    title="nightly report",
    requested_by="Alex",
    reference="{}",
    service_url="https://channel.example",
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
    page = await service.page(LANE, size=5, more=False, tenant=None, source_activity=None)
    assert page.jobs == (job,)


async def test_the_same_activity_starts_one_job(service):
    assert await service.start(REQUEST) == await service.start(REQUEST)


async def test_a_report_is_committed_and_its_claim_is_with_the_courier_at_once(service, courier):
    """No caller has to take the claim out of the outcome and hand it over."""
    job = await service.start(REQUEST)
    completion = await service.report(job.id, source="webhook-1")
    assert completion.result is CompletionResult.COMPLETED
    assert [(claim.lane, claim.notices[0].job_id) for claim in courier.taken] == [(LANE, job.id)]
    assert (await service.find(job.id)).job.status is JobStatus.COMPLETED


async def test_a_repeated_report_changes_nothing_and_delivers_nothing(service, courier):
    job = await service.start(REQUEST)
    results = [(await service.report(job.id, source=source)).result for source in ("r1", "r1", "r2", None)]
    assert results == [
        CompletionResult.COMPLETED,
        CompletionResult.REPEATED,
        CompletionResult.ALREADY_COMPLETED,
        CompletionResult.ALREADY_COMPLETED,
    ]
    assert len(courier.taken) == 1


async def test_a_report_for_an_unknown_job_says_so(service, courier):
    assert (await service.report(JobId(1), source=None)).result is CompletionResult.UNKNOWN_JOB
    assert courier.taken == []


async def test_while_the_courier_has_no_room_the_notice_waits_in_the_outbox(service, courier, store):
    job = await service.start(REQUEST)
    courier.hands_full = True
    await service.report(job.id, source=None)
    assert courier.taken == []
    assert [claim.lane for claim in await store.claim(10)] == [LANE]


async def test_without_a_courier_the_notice_waits_in_the_outbox(store):
    service = JobService(store)
    job = await service.start(REQUEST)
    await service.report(job.id, source=None)
    service.hear(Heard(lane=LANE, service_url="https://channel.example", speaks=True))
    assert (await service.find(job.id)).notice.status is NoticeStatus.QUEUED
